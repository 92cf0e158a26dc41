"""Transactions as text: what is sent is what the SDK would send, and every answer is read or refused."""

import email
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ServiceResponseError
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.data.tables import EdmType, EntityProperty, TableClient, UpdateMode
from hypothesis import given
from hypothesis import strategies as some

from scheduler.cloud import batch, cells
from scheduler.cloud.batch import Refusal, Write
from scheduler.row import Columns
from tests.servers import KEY

ACCOUNT = "http://127.0.0.1:1/account"
WHEN = datetime(2026, 11, 22, 9, 0, 0, 123456, UTC)
CELLS: Columns = {
    "Text": "Zürich\r\n--\"'%2f\u2028", "Whole": 5, "Most": 2**31 - 1, "Long": 2**31, "Least": -(2**31), "Yes": True,
    "Part": 0.5, "Round": 2.0, "When": WHEN, "Bytes": b"\x00\xff", "Much": float("inf"), "None": float("nan"),
}  # fmt: skip
ETAG = "W/\"datetime'2026-11-22T09%3A00%3A00.1234567Z'\""
KEYS = [("tëam o'x", "a b(1)"), ("team", "100% ü/?#'&+=,;"), ("", "")]


class Stopped(Exception):
    """The SDK would have sent this."""

    def __init__(self, kind: str, body: bytes) -> None:
        super().__init__(kind)
        self.kind, self.body = kind, body


class Stop(SansIOHTTPPolicy[Any, Any]):
    """Sends nothing."""

    def on_request(self, request: Any) -> None:
        """Hand the request to whoever waits for it."""
        whole = request.http_request
        raise Stopped(whole.headers["Content-Type"], whole.content)


def of_sdk(operations: Sequence[Any]) -> list[Mapping[str, Any]]:
    """Let the SDK compose a transaction."""
    account = f"DefaultEndpointsProtocol=http;AccountName=account;AccountKey={KEY};TableEndpoint={ACCOUNT}"
    with (
        TableClient.from_connection_string(account, "Jobs", per_retry_policies=[Stop()]) as client,
        pytest.raises(Stopped) as stopped,
    ):
        client.submit_transaction(operations)
    return list(parts(stopped.value.kind, stopped.value.body))


def parts(kind: str, body: bytes) -> Iterator[Mapping[str, Any]]:
    """Take a transaction apart with Python's own reader of such text: each row's request, its words and its cells."""
    outer: Any = email.message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    (changes,) = outer.get_payload()
    for part in changes.get_payload():
        assert part["Content-Transfer-Encoding"] == "binary"
        request, _, rest = part.get_payload().partition("\n")
        inside: Any = email.message_from_string(rest)
        assert int(inside["Content-Length"] or 0) == len(inside.get_payload())
        said = json.loads(inside.get_payload() or "null") or {}
        yield {
            "request": unquote(request.strip()),
            "if": inside["If-Match"],
            "kind": inside["Content-Type"] if said else None,
            "cells": {name: value for name, value in said.items() if value != "Edm.String"},
        }


def ours(*writes: Write) -> list[Mapping[str, Any]]:
    return list(parts(*batch.written(writes, ACCOUNT, uuid.uuid4().hex)))


@pytest.mark.parametrize("key", KEYS[:2])
def test_what_is_sent_is_what_the_sdk_would_send(key: tuple[str, str]) -> None:
    named = {"PartitionKey": key[0], "RowKey": key[1]}
    typed = {**CELLS, "When": EntityProperty(cells.instant(WHEN), EdmType.DATETIME)}
    typed["Long"] = EntityProperty(2**31, EdmType.INT64)
    only = {"etag": ETAG, "match_condition": MatchConditions.IfNotModified}
    theirs = of_sdk([
        ("create", {**named, **typed}),
        ("update", {**named, "X": 1}, {"mode": UpdateMode.MERGE, **only}),
        ("upsert", {**named, "X": 1}, {"mode": UpdateMode.REPLACE}),
        ("delete", named, only),
    ])  # fmt: skip
    said = cells.written({"X": 1})
    mine = ours(
        Write.insert("Jobs", key, cells.written(CELLS)), Write.merge("Jobs", key, said, ETAG),
        Write.replace("Jobs", key, said), Write.delete("Jobs", key, ETAG),
    )  # fmt: skip
    # The SDK repeats the key in the cells of a row whose address it is; the service asks for neither.
    alike = [{**one, "cells": {name: v for name, v in one["cells"].items() if name not in named}} for one in theirs[1:]]
    assert mine == [theirs[0], *alike]


def test_a_row_that_is_added_or_merged_has_no_condition() -> None:
    (one,) = ours(Write.merge("Jobs", KEYS[0], {"X": 1}))
    assert one["request"].startswith("PATCH ")
    assert one["if"] is None


@given(some.lists(some.tuples(some.text(max_size=30), some.text(max_size=200)), min_size=1, max_size=5))
def test_any_text_comes_through(texts: list[tuple[str, str]]) -> None:
    writes = [Write.insert("Jobs", ("p", "r"), {f"X{name}": text}) for name, text in texts]
    kind, body = batch.written(writes, ACCOUNT, "0123456789abcdef")
    assert body.count(b"\r\n--changeset_0123456789abcdef\r\n") == len(texts)
    assert body.isascii()
    for (name, text), one in zip(texts, parts(kind, body), strict=True):
        assert one["cells"][f"X{name}"] == text or text == "Edm.String"


def answer(*inside: str, quoted: str = "") -> bytes:
    """Write an answer as the service does: each part is the status, headers and body of one change."""
    told = "".join(
        f"--changesetresponse_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n{one}\r\n"
        for one in inside
    )
    head = f"--batchresponse_1\r\nContent-Type: multipart/mixed; boundary={quoted}changesetresponse_1{quoted}\r\n\r\n"
    return f"{head}{told}--changesetresponse_1--\r\n--batchresponse_1--\r\n".encode()


DONE = f"HTTP/1.1 204 No Content\r\nDataServiceVersion: 1.0;\r\nETag: {ETAG}\r\n\r\n"
GONE = "HTTP/1.1 204 No Content\r\nDataServiceVersion: 1.0;\r\n\r\n"


@pytest.mark.parametrize("quoted", ["", '"'])
def test_the_new_etags_come_in_order(quoted: str) -> None:
    other = DONE.replace("09%3A", "10%3A").replace("ETag", "etag")
    assert batch.etags(202, answer(DONE, GONE, other, quoted=quoted), 3) == [ETAG, "", ETAG.replace("09%3A", "10%3A")]


def test_a_refusal_is_the_refused_parts() -> None:
    said = {"odata.error": {"code": "EntityAlreadyExists", "message": {"lang": "en-US", "value": "2:It is there."}}}
    refused = f"HTTP/1.1 409 Conflict\r\nContent-ID: 3\r\nContent-Type: application/json\r\n\r\n{json.dumps(said)}"
    with pytest.raises(Refusal) as refusal:
        batch.etags(202, answer(refused), 5)
    assert (refusal.value.status, refusal.value.code, refusal.value.sentence) == (
        409, "EntityAlreadyExists", "2:It is there.",
    )  # fmt: skip


def test_a_refusal_that_stands_alone_in_the_answer_is_read_too() -> None:
    said = {"odata.error": {"code": "InvalidInput", "message": {"lang": "en-US", "value": "0:Too long."}}}
    alone = (
        "--batchresponse_1\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 400 Bad Request\r\n"
        f"DataServiceVersion: 3.0;\r\n\r\n{json.dumps(said)}\r\n--batchresponse_1--\r\n"
    )
    with pytest.raises(Refusal) as refusal:
        batch.etags(202, alone.encode(), 5)
    assert (refusal.value.status, refusal.value.sentence) == (400, "0:Too long.")


@pytest.mark.parametrize("said", [b"", b"<html>502</html>", answer(DONE), answer(DONE, "nonsense"), answer()])
def test_what_is_no_answer_may_have_been_done(said: bytes) -> None:
    """Scenario: a proxy cuts an answer short. Taken for done, two rows would have no ETag that anybody knows."""
    with pytest.raises(ServiceResponseError, match="2 rows"):
        batch.etags(202, said, 2)


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b'{"odata.error": []}', b"\xff"])
def test_an_error_without_a_body_still_has_its_status(body: bytes) -> None:
    with pytest.raises(Refusal) as refusal:
        batch.etags(503, body, 1)
    assert (refusal.value.status, refusal.value.code, refusal.value.sentence) == (503, "", "")
    assert not isinstance(refusal.value, HttpResponseError)
