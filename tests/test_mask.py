"""Secrets that a job prints, in all the ways in which programs write them."""

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.mask import Mask

ODD = 'p/a"s\\s w+o%r&d=<é€😀>\t'
PEM = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC+/xx\nqrst\nab\n-----END KEY-----\n"


def test_a_secret_is_masked_wherever_it_stands() -> None:
    mask = Mask(["hunter2"])
    assert mask("hunter2 and 'hunter2',hunter2hunter2\nxhunter2x") == "*** and '***',******\nx***x"
    assert mask(b"password=hunter2\n") == b"password=***\n"
    assert mask("nothing of it: hunter") == "nothing of it: hunter"


def test_the_longest_secret_is_masked_whole() -> None:
    mask = Mask(["pass", "password1", "word1234"])
    assert mask("pass password1 password") == "*** *** ***word"


def test_values_of_nothing_mask_nothing() -> None:
    text = "a b\n\n ** *** c"
    for mask in (Mask([]), Mask([""]), Mask(["", " ", "\n", "*", "***", "** *"])):
        assert mask(text) == text


def test_a_short_value_is_masked_too() -> None:
    assert Mask(["7"])("port 7070, 0x37") == "port ***0***0, 0x3***"


def test_a_value_is_found_without_the_white_space_around_it() -> None:
    assert Mask(["hunter2\n"])("got hunter2, and\nhunter2\n") == "got ***, and\n***"
    assert Mask(["abc\n"])("x abc y YWJj") == "x *** y ***"


def test_the_lines_of_a_secret_are_masked_one_by_one() -> None:
    mask = Mask([PEM])
    assert mask(PEM) == "***"
    masked = [mask(f"12:00 | {line}") for line in PEM.splitlines()]
    assert masked == ["12:00 | ***", "12:00 | ***", "12:00 | ***", "12:00 | ab", "12:00 | ***"]
    assert mask(PEM.replace("\n", "\r\n")) == "***\r\n***\r\n***\r\nab\r\n***\r\n"


@pytest.mark.parametrize(
    "secret", [ODD, PEM, "a/b", 'say "hi"', "C:\\new", "tab\tand\x01", "naïve", "\N{GRINNING FACE}", "DB=1;PW='+/x'"]
)
def test_a_secret_in_json_is_masked(secret: str) -> None:
    mask = Mask([secret])
    encodings = [
        json.dumps({"pw": secret}),
        json.dumps({"pw": secret}, ensure_ascii=False),
        json.dumps({"pw": secret}).replace("/", "\\/"),
        json.dumps({"pw": secret}).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"),
        json.dumps({"pw": secret}).replace("+", "\\u002B").replace("'", "\\u0027"),
    ]
    for written in encodings:
        assert mask(written) == '{"pw": "***"}'
        assert mask(written.encode()) == b'{"pw": "***"}'


@pytest.mark.parametrize("secret", [ODD, PEM, "a/b c", "100%", "naïve", "user:p@ss!~*(x)"])
def test_a_secret_in_a_url_is_masked(secret: str) -> None:
    mask = Mask([secret])
    for quoted in (quote(secret), quote(secret, safe=""), quote_plus(secret), quote(secret, safe="!~*'()")):
        assert mask(f"GET /x?pw={quoted}#y") == "GET /x?pw=***#y"
        assert mask(f"?pw={_lower_hex(quoted)}&") == "?pw=***&"


def _lower_hex(quoted: str) -> str:
    head, *parts = quoted.split("%")
    return "%".join([head, *(part[:2].lower() + part[2:] for part in parts)])


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("secret", ["hunter2", "~~~???>>>", ODD, PEM, "x" * 500])
@pytest.mark.parametrize("before", ["", "u", "me", "me:", "user"])
@pytest.mark.parametrize("after", ["", ":", "\n--"])
def test_a_secret_within_base64_is_masked(encode: object, secret: str, before: str, after: str) -> None:
    assert callable(encode)
    written = encode((before + secret + after).encode()).decode()
    masked = Mask([secret])(f"Basic {written} end")
    assert "***" in masked
    # All but the characters that it shares with its neighbours is gone.
    assert len(masked) <= len("Basic *** end") + 4 * (len(before) // 3 + len(after) // 3 + 2)


@pytest.mark.parametrize("width", [10, 64, 76])
def test_a_secret_in_base64_of_many_lines_is_masked(width: int) -> None:
    secret = "".join(chr(33 + number * 7 % 90) for number in range(300))
    written = base64.b64encode(b"begin " + secret.encode() + b" and the end of it").decode()
    text = "\r\n".join(written[at : at + width] for at in range(0, len(written), width))
    masked = Mask([secret])(f"log\n{text}\nmore of the log\n")
    assert masked.startswith("log\nYmVnaW4g***")
    assert masked.replace("\r\n", "").endswith("GFuZCB0aGUgZW5kIG9mIGl0\nmore of the log\n")
    assert len(masked) < 80


@pytest.mark.parametrize("secret", [b"hunter2".decode(), "naïve-secret"])
def test_bytes_that_are_no_text_do_not_break_it(secret: str) -> None:
    junk = bytes(range(256)) * 3
    assert Mask([secret])(junk + secret.encode() + junk) == junk + b"***" + junk
    assert Mask([secret])(b"\xc3" + secret.encode() + b"\xa9\xff") == b"\xc3***\xa9\xff"


def test_half_characters_do_not_break_it() -> None:
    assert Mask(["hunter2"])("\ud83d hunter2 \ude00") == "\ud83d *** \ude00"
    assert Mask(["pw\ud83d!"])("x pw\ud83d! \ude00") == "x *** \ude00"
    assert Mask(["pw\ud83d!"])('"pw\\ud83d!"') == '"***"'


def test_neither_mask_nor_error_shows_a_value() -> None:
    mask = Mask(["#hunter2"])
    assert "unter2" not in f"{mask!r}{mask!s}{mask.__class__}"
    with pytest.raises(TypeError):
        vars(mask)


def test_a_secret_with_a_star_never_arises_from_the_mask_itself() -> None:
    assert Mask(["x*"])("xxx* y") == "******* y"
    assert "ab*" not in Mask(["ab*", "c"])("abc")


def test_a_text_made_to_be_masked_for_ever_is_withheld() -> None:
    assert Mask(["x*"])("x" * 100_000 + "*") == "***"


def test_a_long_secret_is_masked_in_its_usual_forms() -> None:
    secret = json.dumps({f"key {number}": "é/+" * 4 for number in range(600)}, ensure_ascii=False)
    mask = Mask([secret])
    for written in (secret, json.dumps(secret, ensure_ascii=False)[1:-1], quote(secret, safe=""), secret[5:-5]):
        masked = mask(f"[{written}]")
        assert masked == ("[***]" if written != secret[5:-5] else f"[{written}]")


SECRETS = st.lists(st.text(alphabet='ab*\\"/+% \n1é\N{GRINNING FACE}', max_size=8), max_size=4)


@given(SECRETS, st.lists(st.text(alphabet='ab*\\"/+% \n1é2Fu0', max_size=6), max_size=6))
def test_no_secret_is_left_and_a_second_time_changes_nothing(secrets: list[str], between: list[str]) -> None:
    pieces = [piece for pair in zip(between, [*secrets, *[""] * 6], strict=False) for piece in pair]
    forms = [*pieces, *(json.dumps(secret) for secret in secrets), *(quote(secret) for secret in secrets)]
    mask = Mask(secrets)
    masked = mask("-".join(forms))
    assert mask(masked) == masked
    assert mask(masked.encode()) == masked.encode()
    for secret in secrets:
        if secret.strip(" \n*"):
            assert secret not in masked
            assert json.dumps(secret)[1:-1] not in masked


@given(st.binary(max_size=60))
def test_bytes_without_a_secret_are_left_as_they_are(junk: bytes) -> None:
    assert Mask(["hunter2-and-more"])(junk) == junk


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_a_secret_between_any_bytes_is_masked(before: bytes, after: bytes) -> None:
    mask = Mask(["hunter2-\N{EURO SIGN}"])
    assert mask(before + "hunter2-\N{EURO SIGN}".encode() + after) == before + b"***" + after
    assert b"hunter2" not in base64.b64decode(_padded(mask(base64.b64encode(before + "hunter2-€".encode() + after))))


def _padded(text: bytes) -> bytes:
    kept = text.replace(b"***", b"").rstrip(b"=")
    kept = kept[: len(kept) - (len(kept) % 4 == 1)]
    return kept + b"=" * (-len(kept) % 4)
