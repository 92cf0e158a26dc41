"""The source: a file or an address, read whole or refused whole."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from weather import source as source_module

Run = Callable[..., CompletedProcess[str]]
Serve = Callable[..., str]
Snapshot = Callable[[], dict[str, bytes]]
HEADER = "date,precipitation,temp_max,temp_min,wind,weather\n"
GOOD = "2012/01/01,0.0,12.8,5.0,4.7,drizzle\n"


def body(data: bytes, *, length: int | None = None, status: int = 200) -> Callable[..., None]:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Length", str(len(data) if length is None else length))
        request.end_headers()
        request.wfile.write(data)

    return answer


def refused(run: Run, snapshot: Snapshot, place: str) -> str:
    """Return the sentence of a run that stored nothing and answered no watermark."""
    ended = run("extract", WEATHER_SOURCE=place)
    assert (ended.returncode, ended.stdout, snapshot()) == (1, "", {})
    assert ended.stderr.count("\n") == 1
    return ended.stderr


def test_the_same_table_over_http_and_from_a_file_gives_the_same_bytes(
    run: Run, serve: Serve, source: Path, snapshot: Snapshot
) -> None:
    run("extract")
    from_file = snapshot()
    place = serve(body(source.read_bytes())) + "/seattle-weather.csv"
    ended = run("extract", WEATHER_SOURCE=place)
    assert ended.stdout.splitlines()[-1] == "::watermark::2012-01-30"
    assert snapshot() == from_file


def test_both_spellings_of_a_day_any_order_of_rows_and_further_columns_are_read(
    run: Run, source: Path, snapshot: Snapshot
) -> None:
    run("extract")
    plain = snapshot()
    header, *rows = source.read_text("utf-8").replace("/", "-").splitlines()
    lines = [f"station,{header}", *(f"Seattle,{row}" for row in reversed(rows))]
    source.write_text("\ufeff" + "\r\n".join(lines), "utf-8", newline="")
    run("extract")
    assert snapshot() == plain


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("2012/02/30,0.0,1.0,1.0,1.0,sun", "has date '2012/02/30': a day such as"),
        ("soon,0.0,1.0,1.0,1.0,sun", "has date 'soon': a day such as 2012-01-31 or 2012/01/31"),
        ("2012/01/02,lots,1.0,1.0,1.0,sun", "has precipitation 'lots': a decimal number from 0 is allowed"),
        ("2012/01/02,-0.1,1.0,1.0,1.0,sun", "has precipitation '-0.1': a decimal number from 0 is allowed"),
        ("2012/01/02,0.0,nan,1.0,1.0,sun", "has temp_max 'nan': a decimal number is allowed"),
        ("2012/01/02,0.0,1.0,,1.0,sun", "has temp_min '': a decimal number is allowed"),
        ("2012/01/02,0.0,1.0,1.0,inf,sun", "has wind 'inf': a decimal number from 0 is allowed"),
        ("2012/01/02,0.0,1.0,1.0,1.0,ra", "has weather 'ra': drizzle, fog, rain, snow, sun are allowed"),
        ("2012/01/02,0.0,1.0", "has no temp_min, wind, weather; needed are date, precipitation"),
        ("2012/01/02,0.0,1.0,1.0,1.0,sun,7", "has more fields than its 6 columns"),
        ("2012-01-01,0.0,1.0,1.0,1.0,sun", "repeats 2012-01-01: one row a day"),
    ],
)
def test_a_malformed_row_is_named(run: Run, source: Path, snapshot: Snapshot, row: str, sentence: str) -> None:
    source.write_text(HEADER + GOOD + row, "utf-8")
    said = refused(run, snapshot, str(source))
    assert "Line 3 of the source" in said
    assert sentence in said


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ('2012/01/02,"0.0', "is not CSV after line 2: unexpected end of data."),
        (
            "2012/01/02,0.0,1.0,1.0,1.0," + "x" * 200_000,
            "is not CSV after line 2: field larger than field limit",
        ),
    ],
    ids=["open quote", "endless field"],
)
def test_text_that_is_not_csv_is_refused(run: Run, source: Path, snapshot: Snapshot, row: str, sentence: str) -> None:
    source.write_text(HEADER + GOOD + row, "utf-8")
    assert sentence in refused(run, snapshot, str(source))


def test_a_fault_in_the_last_row_stores_no_row(run: Run, source: Path, snapshot: Snapshot) -> None:
    source.write_text(source.read_text("utf-8") + "2012/04/10,0.0,1.0,1.0,1.0,hail\n", "utf-8")
    assert "Line 102 of the source" in refused(run, snapshot, str(source))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            b"",
            "has no column date, precipitation, temp_max, temp_min, wind, weather: its first line must name",
        ),
        (b"<html>busy</html>", "has no column date"),
        (b"date,precipitation,temp_max,temp_min,wind\n", "has no column weather"),
        (HEADER.encode() + b"\xff\xfe", "is not UTF-8 text at byte 50."),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(
    run: Run, source: Path, snapshot: Snapshot, data: bytes, sentence: str
) -> None:
    source.write_bytes(data)
    assert sentence in refused(run, snapshot, str(source))


def test_a_file_that_is_not_there_is_named(run: Run, snapshot: Snapshot) -> None:
    said = refused(run, snapshot, "no/such.csv")
    assert "The source 'no/such.csv' cannot be read: No such file or directory" in said


def test_a_folder_is_not_a_source(run: Run, tmp_path: Path, snapshot: Snapshot) -> None:
    assert "cannot be read: Is a directory" in refused(run, snapshot, str(tmp_path))


def test_an_answer_other_than_200_is_named(run: Run, serve: Serve, snapshot: Snapshot) -> None:
    place = serve(body(b"gone", status=404))
    assert "cannot be read: it answered HTTP 404." in refused(run, snapshot, place)


def test_a_table_cut_short_at_the_end_of_a_row_does_not_pass_for_the_end_of_the_data(
    run: Run, serve: Serve, source: Path, snapshot: Snapshot
) -> None:
    data = source.read_bytes()
    whole_rows = data[: data.index(b"2012/01/20")]
    place = serve(body(whole_rows, length=len(data)))
    assert "bytes too early." in refused(run, snapshot, place)


def test_a_server_that_is_not_there_is_named(run: Run, nobody: str, snapshot: Snapshot) -> None:
    assert "Connection refused" in refused(run, snapshot, f"{nobody}/table.csv")


def test_a_server_that_never_answers_is_given_up(
    run: Run, serve: Serve, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = threading.Event()
    monkeypatch.setattr(source_module, "TIMEOUT_SECONDS", 0.05)
    place = serve(lambda _request: done.wait())
    assert "timed out" in refused(run, snapshot, place)
    done.set()


def test_a_table_larger_than_allowed_is_refused(
    run: Run, serve: Serve, source: Path, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_module, "LARGEST_BYTES", 1000)
    place = serve(body(source.read_bytes()))
    assert "is larger than the 1000 bytes allowed." in refused(run, snapshot, place)


def test_the_signature_in_an_address_stays_out_of_the_log(run: Run, serve: Serve, snapshot: Snapshot) -> None:
    place = serve(body(b"no", status=403)).replace("//", "//user:secret@") + "/t.csv?sig=secret"
    said = refused(run, snapshot, place)
    assert "secret" not in said
    assert "/t.csv'" in said


@pytest.mark.parametrize(
    "place", ["http://[oops/?sig=secret", "http://127.0.0.1:x/?sig=secret", "http:// /?sig=secret"]
)
def test_an_impossible_address_is_refused_without_its_signature(run: Run, snapshot: Snapshot, place: str) -> None:
    assert "secret" not in refused(run, snapshot, place)


def test_another_kind_of_address_is_refused(run: Run) -> None:
    ended = run("extract", WEATHER_SOURCE="ftp://127.0.0.1/table.csv")
    assert ended.returncode == 2
    assert "is of no known kind: http://, https:// or a file's path is allowed." in ended.stderr
