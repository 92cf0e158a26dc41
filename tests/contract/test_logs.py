"""Where logs are kept, in the world of stories and in Azurite alike."""

from collections.abc import Callable, Iterator

import pytest
from azure.storage.blob import BlobBlock, ContainerClient

from scheduler.cloud.logs import AzureLogs
from scheduler.cloud.wire import transport
from scheduler.ports import LogPart, Unknown
from scheduler.settings import Settings
from tests.contract.canned import Answer, canned
from tests.servers import Azurite
from tests.world import Journal, MemoryLogs

NAME = "weather/extract/ct-weather-1.log"


class Shelf:
    """Logs, and a way to read them back as a person does."""

    def __init__(self, logs: AzureLogs | MemoryLogs, read: Callable[[str], bytes]) -> None:
        self.logs = logs
        self.read = read


@pytest.fixture(params=["world", pytest.param("azurite", marks=pytest.mark.azurite)])
def shelf(request: pytest.FixtureRequest, fresh: Callable[[str], str]) -> Iterator[Shelf]:
    """A place for logs that is not there yet."""
    if request.param == "world":
        memory = MemoryLogs(Journal())
        yield Shelf(memory, lambda name: memory.blobs[name])
        return
    connection = request.getfixturevalue("azurite").connection
    settings = Settings(connection=connection, logs_container=fresh("logs"))
    logs = AzureLogs(settings)
    with ContainerClient.from_connection_string(connection, settings.logs_container) as container:
        yield Shelf(logs, lambda name: container.download_blob(name).readall())
    logs.close()


def test_the_last_of_two_logs_of_one_name_is_kept(shelf: Shelf) -> None:
    shelf.logs.write(NAME, b"a longer first")
    shelf.logs.write(NAME, "zweite, fünf".encode())
    assert shelf.read(NAME).decode() == "zweite, fünf"


@pytest.mark.azurite
def test_a_log_is_plain_text(azurite: Azurite, fresh: Callable[[str], str]) -> None:
    settings = Settings(connection=azurite.connection, logs_container=fresh("logs"))
    logs = AzureLogs(settings)
    logs.write(NAME, b"one")
    logs.write(NAME, b"two", 1)
    logs.close()
    with ContainerClient.from_connection_string(azurite.connection, settings.logs_container) as container:
        kind = container.get_blob_client(NAME).get_blob_properties().content_settings.content_type
    assert kind == "text/plain; charset=utf-8"


@pytest.mark.azurite
def test_a_log_that_was_copied_by_another_program_is_written_on(azurite: Azurite, fresh: Callable[[str], str]) -> None:
    settings = Settings(connection=azurite.connection, logs_container=fresh("logs"))
    logs = AzureLogs(settings)
    with ContainerClient.from_connection_string(azurite.connection, settings.logs_container) as container:
        container.create_container()
        blob = container.get_blob_client(NAME)
        blob.stage_block("abc", b"one\n")
        blob.commit_block_list([BlobBlock("abc")])
        logs.write(NAME, b"two\n", 1)
        logs.close()
        assert blob.download_blob().readall() == b"one\ntwo\n"


def test_parts_stand_behind_each_other(shelf: Shelf) -> None:
    for number, text in enumerate([b"one\n", b"two\n", b"three\n"]):
        shelf.logs.write(NAME, text, number)
    assert shelf.read(NAME) == b"one\ntwo\nthree\n"


def test_a_part_written_again_replaces_itself_and_drops_what_is_behind_it(shelf: Shelf) -> None:
    """So that a tick that died after a write may do it again, with more to say by then."""
    for number, text in enumerate([b"one\n", b"two\n", b"three\n"]):
        shelf.logs.write(NAME, text, number)
    shelf.logs.write(NAME, b"two and a half\n", 1)
    assert shelf.read(NAME) == b"one\ntwo and a half\n"
    shelf.logs.write(NAME, b"", 1)
    assert shelf.read(NAME) == b"one\n"
    shelf.logs.write(NAME, b"")
    assert shelf.read(NAME) == b""


def test_parts_that_somebody_removed_are_not_waited_for(shelf: Shelf) -> None:
    shelf.logs.write(NAME, b"three\n", 2)
    assert shelf.read(NAME) == b"three\n"
    shelf.logs.write(NAME, b"four\n", 3)
    assert shelf.read(NAME) == b"three\nfour\n"


def test_there_may_be_dozens_of_parts(shelf: Shelf) -> None:
    for number in range(24):
        shelf.logs.write(NAME, f"{number}\n".encode(), number)
    assert shelf.read(NAME) == "".join(f"{number}\n" for number in range(24)).encode()


def test_a_note_is_kept_with_the_part_it_was_written_with(shelf: Shelf) -> None:
    assert shelf.logs.note(NAME) == ("", "")
    shelf.logs.write(NAME, b"one\n", note='{"parts": 1}')
    note, first = shelf.logs.note(NAME)
    assert (note, bool(first)) == ('{"parts": 1}', True)
    shelf.logs.write(NAME, b"two\n", 1, note='{"parts": 2, "said": "\\u00fc"}')
    note, second = shelf.logs.note(NAME)
    assert note == '{"parts": 2, "said": "\\u00fc"}'
    assert second != first
    shelf.logs.write(NAME, b"all\n")
    assert shelf.logs.note(NAME)[0] == ""


def test_of_two_ticks_that_keep_the_same_part_one_is_told_that_it_came_too_late(shelf: Shelf) -> None:
    """Else the slower one would put its shorter text over the other's, and lines would be lost."""
    shelf.logs.write(NAME, b"quick\n", note="quick", etag="")
    with pytest.raises(Unknown, match="was not written"):
        shelf.logs.write(NAME, b"slow\n", note="slow", etag="")
    _, etag = shelf.logs.note(NAME)
    shelf.logs.write(NAME, b"quicker\n", 1, note="quicker", etag=etag)
    with pytest.raises(Unknown, match="was not written"):
        shelf.logs.write(NAME, b"slower\n", 1, note="slower", etag=etag)
    assert shelf.read(NAME) == b"quick\nquicker\n"
    assert shelf.logs.note(NAME)[0] == "quicker"


@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.parametrize("text", [b"one", b""])
def test_the_first_write_makes_the_place(shelf: Shelf, part: int, text: bytes) -> None:
    shelf.logs.write(NAME, text, part)
    assert shelf.read(NAME) == text


def test_no_block_without_bytes_is_sent() -> None:
    """The service refuses one, and Azurite does not."""
    with canned(Answer(201)) as told:
        there = f"DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;BlobEndpoint={told.url}/a"
        logs = AzureLogs(Settings(connection=there))
        logs.write("a.log", b"")
        logs.close()
    assert (told.requests, told.queries) == (["PUT a.log"], ["comp=blocklist"])


@pytest.mark.parametrize("part", [0, 1])
def test_a_place_that_is_out_of_reach_is_unknown(part: int) -> None:
    nowhere = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:1/a"
    logs = AzureLogs(Settings(connection=nowhere), tries=0)
    with pytest.raises(Unknown, match="was not written"):
        logs.write(NAME, b"one", part)
    with pytest.raises(Unknown, match="cannot be looked at"):
        logs.note(NAME)
    with pytest.raises(Unknown, match="cannot be read"):
        logs.read(NAME, 0, 10)
    with pytest.raises(Unknown, match="were not removed"):
        logs.remove(NAME)
    logs.close()


@pytest.mark.parametrize(
    ("start", "length", "data"),
    [(0, 4, b"one\n"), (2, 6, b"e\nzwei"), (6, 99, b"ei\n"), (0, 0, b""), (9, 5, b""), (99, 5, b"")],
)
def test_a_part_of_a_log_is_read_and_its_whole_size(shelf: Shelf, start: int, length: int, data: bytes) -> None:
    for number, text in enumerate([b"one\n", b"zwei\n"]):
        shelf.logs.write(NAME, text, number)
    assert shelf.logs.read(NAME, start, length) == LogPart(data, 9)


def test_a_log_that_is_empty_or_not_there_has_no_bytes(shelf: Shelf) -> None:
    assert shelf.logs.read(NAME, 0, 10) == shelf.logs.read(NAME, 0, 0) == LogPart(b"", 0)
    shelf.logs.write(NAME, b"")
    assert shelf.logs.read(NAME, 0, 10) == shelf.logs.read(NAME, 5, 10) == LogPart(b"", 0)


@pytest.mark.azurite
def test_of_a_log_of_50_mb_only_the_bytes_that_were_asked_for_travel(
    azurite: Azurite, fresh: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths: list[int] = []
    sent = transport("AzureWebJobsStorage")
    sent.session.hooks["response"].append(lambda answer, **_: lengths.append(len(answer.content)))
    monkeypatch.setattr("scheduler.cloud.logs.transport", lambda _: sent)
    logs = AzureLogs(Settings(connection=azurite.connection, logs_container=fresh("logs")))
    megabyte = b"0123456789abcdef" * 65_536
    for number in range(50):
        logs.write(NAME, megabyte, number)
    lengths.clear()
    assert logs.read(NAME, 25 * 2**20 + 8, 1_000) == LogPart(megabyte[8:1_008], 50 * 2**20)
    assert logs.read(NAME, 0, 256 * 1_024).size == 50 * 2**20
    logs.close()
    assert lengths == [1_000, 256 * 1_024], "one answer each, of so many bytes"


def test_logs_are_removed_though_some_are_gone_already(shelf: Shelf) -> None:
    others = ["weather/ü b%c.log", "weather/extract/other.log"]
    for name in (NAME, *others):
        shelf.logs.write(name, b"one")
    shelf.logs.remove(NAME, "never/there.log", others[0], NAME)
    assert [shelf.logs.read(name, 0, 9).size for name in (NAME, *others)] == [0, 0, 3]
    shelf.logs.remove(NAME)
    shelf.logs.remove()
    shelf.logs.write(NAME, b"again", note="anew", etag="")
    assert shelf.logs.note(NAME)[0] == "anew"


def test_256_logs_go_at_once(shelf: Shelf) -> None:
    shelf.logs.write(NAME, b"one")
    shelf.logs.remove(*(f"many/{number}.log" for number in range(255)), NAME)
    assert shelf.logs.read(NAME, 0, 0).size == 0


@pytest.mark.azurite
def test_logs_of_a_place_that_was_never_made_are_removed(azurite: Azurite, fresh: Callable[[str], str]) -> None:
    logs = AzureLogs(Settings(connection=azurite.connection, logs_container=fresh("logs")))
    logs.remove(NAME)
    logs.close()
