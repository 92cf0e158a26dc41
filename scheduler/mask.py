"""Secrets taken out of what a job printed and of what is said about it.

A secret is found as it is and in the forms that programs write it in: escaped as in JSON, quoted as in URLs, and in
base64, also inside a longer text in base64 and across its line breaks. What no rule can find is a secret that a job
changed on purpose.
"""

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

#: What stands in place of a secret.
STARS = "***"
#: A line of a secret that has several is looked for when it has so many characters: a `{` or an `EOF` is no secret.
LEAST_LINE = 4
#: A longer secret is looked for in the most usual spelling of each form only: a pattern of all is slow to build.
LONGEST_IN_ALL_SPELLINGS = 2048
#: A secret in base64 is looked for when so many characters of it are certain.
LEAST_BASE64 = 4
#: So much of a long secret in base64 tells it; what is in base64 behind that is masked as far as the secret goes.
TELLING_BASE64 = 48
#: How often a text is gone over: a secret with a `*` in it may arise anew beside the stars.
ROUNDS = 8

#: Gives every way in which a character may be written in some form, the most usual first; none begins with another.
type _Ways = Callable[[str], Iterable[bytes]]


@dataclass(frozen=True, repr=False)
class _Form:
    """One way to write a secret: its first byte, the pattern of the bytes behind that, and its greatest length."""

    first: bytes
    behind: bytes
    length: int


class Mask:
    """Replaces each of some secret values by `***` wherever it stands in a text; its repr does not show them.

    Values of white space and stars alone mask nothing: every text is full of them.
    """

    __slots__ = ("_found",)

    def __init__(self, values: Iterable[str]) -> None:
        forms = {form for value in set(values) for form in _forms(value)}
        # The longest first, or a secret that begins with another one would be left in part.
        ordered = sorted(forms, key=lambda form: (form.first, -form.length, form.behind))
        # By their first byte: the search skips to one of those, and tries only what begins with it.
        starts = [
            re.escape(first) + b"(?:" + b"|".join(form.behind for form in alike) + b")"
            for first, alike in groupby(ordered, key=lambda form: form.first)
        ]
        self._found = re.compile(b"|".join(starts)) if starts else None

    def __repr__(self) -> str:
        return "Mask()"

    def __call__[T: (str, bytes)](self, said: T) -> T:
        """Give a text, or bytes of any kind, without the secrets; done twice, it changes nothing more."""
        if isinstance(said, bytes):
            return self._masked(said)
        # Half a character, which a text can hold and UTF-8 cannot, must neither stop this nor be changed by it.
        return self._masked(_utf8(said)).decode(errors="surrogatepass")

    def _masked(self, said: bytes) -> bytes:
        if not self._found:
            return said
        for _ in range(ROUNDS):
            said, times = self._found.subn(STARS.encode(), said)
            if not times:
                return said
        return STARS.encode()  # only a text made for it comes here: rather nothing of it than a secret


def _forms(value: str) -> Iterator[_Form]:
    """Give all the forms of a value, with and without the white space around it, and of its lines."""
    stripped = value.strip()
    for whole in {value, stripped}:
        if _tells(whole):
            yield from _spelt(whole)
            yield from _encoded(_utf8(whole))
    for line in {line.strip() for line in stripped.splitlines()}:
        if _tells(line) and len(line) >= LEAST_LINE:
            yield from _spelt(line)


def _tells(text: str) -> bool:
    return any(not letter.isspace() and letter not in STARS for letter in text)


def _spelt(text: str) -> Iterator[_Form]:
    for ways in (_plain, _json, _quoted):
        yield from _written(text, ways)


def _written(text: str, ways: _Ways) -> Iterator[_Form]:
    """Give a form for each way of the first character, with every way of the others behind it."""
    spellings = slice(1 if len(text) > LONGEST_IN_ALL_SPELLINGS else None)
    first, *others = ([*dict.fromkeys(ways(letter))][spellings] for letter in text)
    behind = b"".join(map(_any_of, others))
    length = sum(max(map(len, other)) for other in others)
    for way in first:
        yield _Form(way[:1], re.escape(way[1:]) + behind, len(way) + length)


def _any_of(ways: list[bytes]) -> bytes:
    if len(ways) == 1:
        return re.escape(ways[0])
    return b"(?:" + b"|".join(map(re.escape, ways)) + b")"


def _plain(letter: str) -> Iterator[bytes]:
    yield _utf8(letter)


def _json(letter: str) -> Iterator[bytes]:
    """Write it as any JSON encoder may: some escape only what they must, some also what HTML would take wrongly."""
    if letter not in '"\\' and letter >= " ":
        yield _utf8(letter)
    if letter.isascii() and letter.isprintable() and letter not in "\"\\/&'+<>`":
        return
    yield json.dumps(letter)[1:-1].encode()
    if letter == "/":
        yield b"\\/"
    halves = letter.encode("utf-16-be", "surrogatepass")
    units = [int.from_bytes(halves[at : at + 2]) for at in range(0, len(halves), 2)]
    for digits in ("04x", "04X"):
        yield "".join(f"\\u{unit:{digits}}" for unit in units).encode()


def _quoted(letter: str) -> Iterator[bytes]:
    """Write it as in a URL or a form: some leave and some quote what has a meaning there."""
    if letter.isascii() and (letter.isalnum() or letter in "-._~"):
        yield letter.encode()
    if letter.isascii() and letter.isalnum():
        return
    for digits in ("02X", "02x"):
        yield "".join(f"%{byte:{digits}}" for byte in _utf8(letter)).encode()
    if letter == " ":
        yield b"+"
    if letter in "/!'()*$&+,:;=?@":
        yield letter.encode()


def _encoded(value: bytes) -> Iterator[_Form]:
    """Give what is certain of it in base64 behind 0, 1 or 2 other bytes, in both alphabets, in lines of any length."""
    for ahead in range(3):
        begin, end = -(-8 * ahead // 6), 8 * (ahead + len(value)) // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(bytes(ahead) + value)[begin:end]
            if len(text) >= LEAST_BASE64:
                telling = re.findall(b".", text[1:TELLING_BASE64])
                behind = b"".join(b"[\r\n]*" + re.escape(letter) for letter in telling)
                rest = b"(?:[\r\n]*[A-Za-z0-9+/_-]){0,%d}" % max(0, len(text) - TELLING_BASE64)
                yield _Form(text[:1], behind + rest, len(text))


def _utf8(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
