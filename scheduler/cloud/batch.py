"""Entity group transactions as the service reads and answers them: multipart text of HTTP requests and answers.

The SDK composes and reads this text with Python's e-mail package and a pipeline for each row, at about half a
millisecond of CPU a row: most of what a busy tick would cost. Only the text is made here; the SDK's pipeline sends it,
so that identity, signature, retries and time-outs are the SDK's. The format: "Performing entity group transactions" of
the Table service's REST reference.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from azure.core.exceptions import ServiceResponseError

from scheduler.row import Key

_PARTS = re.compile(rb"boundary=\"?([^\"\r\n;]+)")
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")
_ETAG = re.compile(rb"\n[Ee][Tt][Aa][Gg]:[ \t]*([^\r\n]*)")
#: Of every request that changes a row.
HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json;odata=minimalmetadata",
    "Prefer": "return-no-content",
    "DataServiceVersion": "3.0;",
}
_HEAD = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())


@dataclass(frozen=True)
class Write:
    """One row's request: its method, the path behind the account's address, its cells as JSON, its headers."""

    method: str
    path: str
    cells: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def insert(cls, table: str, key: Key, cells: Mapping[str, Any]) -> "Write":
        """Add a row that must not be there."""
        return cls("POST", table, {**_named(key), **cells})

    @classmethod
    def merge(cls, table: str, key: Key, cells: Mapping[str, Any], etag: str = "") -> "Write":
        """Change cells of a row; without an ETag it is added when it is missing."""
        return cls("PATCH", _row(table, key), cells, _only_if(etag))

    @classmethod
    def replace(cls, table: str, key: Key, cells: Mapping[str, Any]) -> "Write":
        """Write a row whole, whatever stood there."""
        return cls("PUT", _row(table, key), cells)

    @classmethod
    def delete(cls, table: str, key: Key, etag: str) -> "Write":
        """Remove a row that must have this ETag."""
        return cls("DELETE", _row(table, key), None, _only_if(etag))


class Refusal(Exception):
    """The service refused a transaction whole: the status and the body of the answer that says so."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status)
        self.status = status
        self.code, self.sentence = error(body)


def written(writes: Iterable[Write], account: str, unique: str) -> tuple[str, bytes]:
    """Compose a transaction for the account at that address; gives its Content-Type and its body.

    `unique` must stand in no row: it separates the parts.
    """
    outer, inner = f"batch_{unique}", f"changeset_{unique}"  # Azurite knows them by these words
    parts = [_part(index, write, account) for index, write in enumerate(writes)]
    changes = "".join(f"--{inner}\r\n{part}\r\n" for part in parts)
    head = f"--{outer}\r\nContent-Type: multipart/mixed; boundary={inner}\r\n\r\n"
    return f"multipart/mixed; boundary={outer}", f"{head}{changes}--{inner}--\r\n--{outer}--\r\n".encode()


def etags(status: int, answer: bytes, changes: int) -> Sequence[str]:
    """Read the answer to a transaction of so many changes: their new ETags in order, '' for a row that is gone.

    Raises `Refusal` when it was refused, and ServiceResponseError for what is no answer: then it may have been done.
    """
    if status != HTTPStatus.ACCEPTED:
        raise Refusal(status, answer)
    found, alone = _PARTS.search(answer), _STATUS.search(answer)
    if not found and alone and int(alone.group(1)) >= HTTPStatus.BAD_REQUEST:
        raise Refusal(int(alone.group(1)), _body(answer).partition(b"\r\n--")[0])
    parts = answer.split(b"--" + found.group(1).strip())[1:-1] if found else []
    told = [int(said.group(1)) if (said := _STATUS.search(part)) else 0 for part in parts]
    for part, one in zip(parts, told, strict=True):
        if one >= HTTPStatus.BAD_REQUEST:
            raise Refusal(one, _body(part))
    if len(parts) != changes or not all(told):
        why = f"the answer to a transaction of {changes} rows tells of {len(parts)}: {answer[:200]!r}"
        raise ServiceResponseError(why)
    return [said.group(1).decode() if (said := _ETAG.search(part)) else "" for part in parts]


def error(body: bytes) -> tuple[str, str]:
    """Read the code and the sentence of an error; both '' when it has none in the service's form."""
    try:
        said = json.loads(body)["odata.error"]
        return str(said["code"]), str(said["message"]["value"])
    except (ValueError, LookupError, TypeError):
        return "", ""


def _part(index: int, write: Write, account: str) -> str:
    body = "" if write.cells is None else json.dumps(write.cells)
    own = "".join(f"{name}: {value}\r\n" for name, value in write.headers.items())
    return (
        f"Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: {index}\r\n\r\n"
        f"{write.method} {account}/{write.path} HTTP/1.1\r\n"
        f"{_HEAD}{own}Content-Length: {len(body)}\r\n\r\n{body}"
    )


def _body(part: bytes) -> bytes:
    """Cut off the headers of a part, and those of the answer within."""
    return part.split(b"\r\n\r\n", 2)[-1]


def _named(key: Key) -> Mapping[str, str]:
    return {"PartitionKey": key[0], "RowKey": key[1]}


def _row(table: str, key: Key) -> str:
    partition, name = (quote(text.replace("'", "''"), safe="") for text in key)
    return f"{table}(PartitionKey='{partition}',RowKey='{name}')"


def _only_if(etag: str) -> Mapping[str, str]:
    return {"If-Match": etag} if etag else {}
