"""`ports.Table` on Azure Table Storage, or on Azurite: the SDK asks, and its pipeline carries what `batch` writes."""

import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Self

from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import ContentDecodePolicy, SansIOHTTPPolicy
from azure.core.rest import HttpRequest, HttpResponse
from azure.data.tables import TableClient

from scheduler import cursor
from scheduler.cloud import batch, cells
from scheduler.cloud.batch import Write
from scheduler.cloud.wire import OnRequest, Tap, identity, storage, transport
from scheduler.ports import MOST_IN_BATCH, BatchRefused, Change, Delete, Insert, Page, Slice, Where
from scheduler.row import ILLEGAL_IN_KEY, UNSET, Columns, Key, Row
from scheduler.settings import Settings

_INDEX = re.compile(r"^(\d+):")
#: The most rows that the service puts into one answer.
_PAGE = 1_000
#: 1 KiB of UTF-16.
_LONGEST_KEY = 512
_KEYS = ("PartitionKey", "RowKey")
_ALWAYS = (*_KEYS, "Timestamp")
#: Statuses that say nothing of the change itself: the caller's tick fails, and the next one tries again.
_NOT_OF_THE_CHANGE = frozenset({401, 403, 408, 429})
_ERRORS: Mapping[int, type[HttpResponseError]] = {
    HTTPStatus.UNAUTHORIZED: ClientAuthenticationError, HTTPStatus.FORBIDDEN: ClientAuthenticationError,
    HTTPStatus.NOT_FOUND: ResourceNotFoundError,
}  # fmt: skip


class AzureTable:
    """One table, created by the first request that finds it missing.

    Errors that are not of the asked change (no network, no rights, 5xx after the SDK's retries) leave as
    `azure.core.exceptions.AzureError`: a tick that cannot reach its tables fails as a whole.
    """

    def __init__(self, client: TableClient) -> None:
        self._client = client

    @classmethod
    def open(cls, settings: Settings, name: str, on_request: OnRequest | None = None) -> Self:
        """Open the table `name` of the account that the settings name; no request is sent."""
        how: dict[str, Any] = {
            "transport": transport(storage(settings)),
            "retry_total": 3,
            "per_call_policies": [_Answers()],
            "per_retry_policies": [Tap(on_request)],
        }
        if settings.connection:
            return cls(TableClient.from_connection_string(settings.connection, name, **how))
        endpoint = f"https://{settings.account}.table.core.windows.net"
        return cls(TableClient(endpoint, name, credential=identity(settings.client_id), **how))

    def read(self, key: Key) -> Row | None:
        """Read one row whole; None when it is not there, as is every row whose key the service cannot hold."""
        if _illegal(key):
            return None
        answers: list[_Answer] = []
        try:
            self._there(lambda: self._client.get_entity(*key, answers=answers))
        except ResourceNotFoundError:
            return None
        return cells.row(answers[0].body)

    def query(self, where: Where, select: Sequence[str] = (), limit: int | None = None) -> Page:
        """Read every row that matches (the first `limit`), cut to `select`, with the date of the first page."""
        columns = [*_ALWAYS, *select] if select else None
        return self._there(lambda: self._pages(cells.filtered(where), columns, limit))

    def page(self, where: Where, select: Sequence[str], limit: int, after: str = "") -> Slice:
        """Read at most `limit` rows in one request; a table that is missing has none, and is not created."""
        begin = dict(zip(_KEYS, cursor.read(after), strict=True)) if after else None
        columns = [*_ALWAYS, *select] if select else None
        answers: list[_Answer] = []
        pages = self._asked(cells.filtered(where), columns, limit, answers).by_page(begin)
        try:
            next(pages, None)
        except HttpResponseError as error:
            if _code(error) == "TableNotFound":
                return Slice(())
            if after and error.status_code == HTTPStatus.BAD_REQUEST:
                raise ValueError(cursor.refused(after)) from error
            raise
        rows = [cells.row(entity) for entity in answers[0].body["value"]]
        following = pages.continuation_token or {}
        return Slice(rows, cursor.write((following.get(_KEYS[0]), following.get(_KEYS[1]))))

    def submit(self, changes: Sequence[Change]) -> Sequence[str]:
        """Write changes as one entity group transaction; gives the ETags that they now have, in order."""
        if not changes:
            return []
        if len(changes) > MOST_IN_BATCH:
            raise ValueError(f"{len(changes)} changes: one transaction takes at most {MOST_IN_BATCH}")
        if len({change.key[0] for change in changes}) > 1:
            raise ValueError("the changes of one transaction must have one PartitionKey")
        writes = [self._write(index, change) for index, change in enumerate(changes)]
        return self._there(lambda: self._transact(writes))

    def keep(self, key: Key, columns: Columns) -> None:
        """Merge cells into a row whatever its ETag, and add it when it is missing; ValueError for an illegal key."""
        if wrong := _illegal(key):
            raise ValueError(wrong)
        write = Write.merge(self._client.table_name, key, cells.written(columns))
        self._there(lambda: self._alone(write))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _pages(self, query: str, select: list[str] | None, limit: int | None) -> Page:
        """Ask for page after page; one without rows is not the last while it has a continuation token.

        Each page is read and let go before the next: ten thousand rows are held once, and not as JSON beside that.
        """
        answers: list[_Answer] = []
        rows: list[Row] = []
        date: datetime | None = None
        for _ in self._asked(query, select, limit, answers).by_page():
            answer = answers.pop()
            date = date or answer.date
            rows += map(cells.row, answer.body["value"])
            if limit and len(rows) >= limit:
                break
        return Page(rows[:limit], date or UNSET)

    def _asked(self, query: str, select: list[str] | None, limit: int | None, answers: "list[_Answer]") -> Any:  # noqa: ANN401 - the SDK's own
        """Prepare a query without sending it."""
        how: dict[str, Any] = {"select": select, "results_per_page": limit and min(limit, _PAGE), "answers": answers}
        return self._client.query_entities(query, **how) if query else self._client.list_entities(**how)

    def _write(self, index: int, change: Change) -> Write:
        if wrong := _illegal(change.key):
            raise BatchRefused(index, HTTPStatus.BAD_REQUEST, wrong)
        table, said = self._client.table_name, cells.written(change.columns)
        if isinstance(change, Insert):
            return Write.insert(table, change.key, said)
        if isinstance(change, Delete):
            return Write.delete(table, change.key, change.etag)
        return Write.merge(table, change.key, said, change.etag)

    def _transact(self, writes: Sequence[Write]) -> Sequence[str]:
        kind, body = batch.written(writes, self._account, uuid.uuid4().hex)
        answer = self._sent("POST", "$batch", {"Content-Type": kind}, body)
        try:
            return batch.etags(answer.status_code, answer.content, len(writes))
        except batch.Refusal as refusal:
            raise _refused(refusal, len(writes)) or _failed(answer, refusal) from None

    def _alone(self, write: Write) -> None:
        """Send one row's request by itself."""
        answer = self._sent(write.method, write.path, write.headers, json.dumps(write.cells).encode())
        if answer.status_code >= HTTPStatus.BAD_REQUEST:
            raise _failed(answer, batch.Refusal(answer.status_code, answer.content))

    def _sent(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> HttpResponse:
        """Send a request through the SDK's pipeline, which signs it, repeats it and counts it.

        The SDK offers no public way into it; its own transactions go in by this one.
        """
        head = {"x-ms-version": self._client.api_version, **batch.HEADERS, **headers}
        request = HttpRequest(method, f"{self._account}/{path}", headers=head, content=body)
        answer: HttpResponse = self._client._client.send_request(request, stream=True)  # noqa: SLF001 - as above
        answer.read()
        return answer

    @property
    def _account(self) -> str:
        """Give the address of the account's tables."""
        return self._client.url.partition("?")[0].rstrip("/")

    def _there[T](self, ask: Callable[[], T]) -> T:
        """Ask, and when the table is missing create it and ask once more."""
        try:
            return ask()
        except HttpResponseError as error:
            if _code(error) != "TableNotFound":
                raise
        with suppress(ResourceExistsError):  # another tick was quicker
            self._client.create_table()
        return ask()


@dataclass(frozen=True)
class _Answer:
    date: datetime
    body: Mapping[str, Any]


class _Answers(SansIOHTTPPolicy[Any, Any]):
    """Puts what the service answers into the list that a call gives as `answers`.

    The SDK is left an empty answer to convert: see `cells` for why. Its paging goes by headers.
    """

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Keep the list away from the transport, which refuses options that it does not know."""
        request.context["answers"] = request.context.options.pop("answers", None)

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:
        """Take the body, decoded by the policies within."""
        answers, answer = request.context["answers"], response.http_response
        if answers is None or answer.status_code != HTTPStatus.OK:
            return
        body = response.context[ContentDecodePolicy.CONTEXT_NAME]
        answers.append(_Answer(parsedate_to_datetime(answer.headers["Date"]), body))
        response.context[ContentDecodePolicy.CONTEXT_NAME] = {"value": []}


def _illegal(key: Key) -> str:
    """Say why the service cannot hold a row of this key; '' when it can."""
    if not ILLEGAL_IN_KEY.search("".join(key)) and max(map(len, key)) <= _LONGEST_KEY:
        return ""
    for column, text in zip(("PartitionKey", "RowKey"), key, strict=True):
        if found := ILLEGAL_IN_KEY.search(text):
            return f"{column} is {text[:80]!r}: {found.group()!r} is not allowed in a key."
        if len(text) > _LONGEST_KEY:
            return f"{column} is {text[:80]!r}...: it has {len(text)} characters, at most {_LONGEST_KEY} are allowed."
    return ""


def _refused(refusal: batch.Refusal, changes: int) -> BatchRefused | None:
    """Read a refusal of the batch; None when the error is not of the changes."""
    status = refusal.status
    client_error = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    of_the_table = refusal.code.startswith(("Table", "Account"))
    if not client_error or status in _NOT_OF_THE_CHANGE or of_the_table:
        return None
    told = _INDEX.match(refusal.sentence)
    only = 0 if changes == 1 else None
    index = only if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or not told else int(told.group(1))
    return BatchRefused(index, status, _INDEX.sub("", refusal.sentence).partition("\n")[0])


def _failed(answer: HttpResponse, refusal: batch.Refusal) -> HttpResponseError:
    """Make of an answer the error that the SDK would have raised."""
    kind: Any = _ERRORS.get(refusal.status, HttpResponseError)
    failed: HttpResponseError = kind(message=refusal.sentence or None, response=answer)
    failed.status_code, failed.error_code = refusal.status, refusal.code  # type: ignore[attr-defined]
    return failed


def _code(error: HttpResponseError) -> str:
    code = getattr(error, "error_code", "")
    return str(getattr(code, "value", code) or "")
