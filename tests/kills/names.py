"""What a request is called: the same in every play of a story, whatever tables and groups it goes to."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

#: A group's name ends with a hash, and a run's key counts down to the year 10000: both tell of the time of day.
_MASKED = ((re.compile(r"(ct-[a-z0-9-]+)-[0-9a-f]{16}"), r"\1"), (re.compile(r"\|\d{15}\|"), "|"))
_PART = re.compile(rb"^(POST|PUT|PATCH|MERGE|DELETE) (\S+) HTTP/1.1\r\n(.*?)\r\n--", re.MULTILINE | re.DOTALL)
_ROW = re.compile(r"PartitionKey='(.*?)',RowKey='(.*?)'")
_INSERTED = re.compile(rb'"(PartitionKey|RowKey)": ?"(.*?)"')
_VERBS = {"POST": "insert", "PATCH": "merge", "MERGE": "merge"}


@dataclass(frozen=True)
class Asked:
    """A request as it came in: which of the servers it is for, its method, target and body."""

    server: str
    method: str
    target: str
    body: bytes = b""


class Names:
    """Names the requests of one tick. `known`: the story's word for each name that is only this play's."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = known
        self._given: Counter[str] = Counter()

    def give(self, asked: Asked) -> str:
        """Name the next request; the second of a name is `... (2)`."""
        name = self._name(asked)
        self._given[name] += 1
        return name if self._given[name] == 1 else f"{name} ({self._given[name]})"

    def _name(self, asked: Asked) -> str:
        path = unquote(urlsplit(asked.target).path)
        if asked.server == "table" and path.endswith("/$batch"):
            return f"table: {', '.join(self._parts(asked.body))}"
        if asked.server == "arm":
            path = path.partition("/containerGroups")[2].lstrip("/") or "list"
        else:
            path = path.lstrip("/").partition("/")[2]
        return f"{asked.server}: {asked.method} {self._plain(path)}"

    def _parts(self, body: bytes) -> Iterator[str]:
        for verb, target, rest in _PART.findall(body):
            path, inserted = unquote(urlsplit(target.decode()).path), dict(_INSERTED.findall(rest))
            row = _ROW.search(path)
            key = row.groups() if row else tuple(inserted[name].decode() for name in (b"PartitionKey", b"RowKey"))
            table = path.rpartition("/")[2].partition("(")[0]
            yield self._plain(f"{_VERBS.get(verb.decode(), verb.decode())} {table} {'/'.join(key)}")

    def _plain(self, text: str) -> str:
        for pattern, instead in _MASKED:
            text = pattern.sub(instead, text)
        return re.sub(r"\w+", lambda word: self._known.get(word.group(), word.group()), text)
