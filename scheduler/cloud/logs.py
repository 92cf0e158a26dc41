"""`ports.Logs` on Azure Blob Storage, or on Azurite."""

from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from azure.core import MatchConditions
from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobBlock, BlobClient, ContainerClient, ContentSettings

from scheduler.cloud.wire import CONNECT, SILENCE, identity, storage, transport
from scheduler.ports import LogPart, Unknown
from scheduler.settings import Settings

#: The blob's metadata that holds a log's note.
NOTE = "crontable"
_DIGITS = 6
#: Of a range that begins behind the last byte.
_BEHIND_THE_END = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
_GONE = (HTTPStatus.ACCEPTED, HTTPStatus.NOT_FOUND)
_PLAIN = ContentSettings(content_type="text/plain; charset=utf-8")


class AzureLogs:
    """One container of block blobs, created by the first write that finds it missing. Each part of a log is a block.

    `tries`: how often the SDK repeats a request that got no answer.
    """

    def __init__(self, settings: Settings, tries: int = 3) -> None:
        how: dict[str, Any] = {
            "transport": transport(storage(settings)),
            "retry_total": tries,
            "connection_timeout": CONNECT,
            "read_timeout": SILENCE,
        }
        if settings.connection:
            self._container = ContainerClient.from_connection_string(
                settings.connection, settings.logs_container, **how
            )
        else:
            self._container = ContainerClient(
                f"https://{settings.account}.blob.core.windows.net",
                settings.logs_container,
                credential=identity(settings.client_id),
                **how,
            )

    def note(self, name: str) -> tuple[str, str]:
        """Give the note that a log's last part was written with, and the log's ETag; ('', '') when there is no log."""
        try:
            kept = self._container.get_blob_client(name).get_blob_properties()
        except ResourceNotFoundError:
            return "", ""
        except AzureError as error:
            raise Unknown(f"the blob {name} cannot be looked at: {_first_line(error)}") from error
        return str((kept.metadata or {}).get(NOTE, "")), str(kept.etag)

    def write(self, name: str, log: bytes, part: int = 0, *, note: str = "", etag: str | None = None) -> None:
        """Keep part `part` of a log behind the parts before it, in place of it and of all behind it.

        `note`: ASCII text of at most 8 KB that is kept with it. `etag`: what the log must still be, '' = not there;
        None = whatever it is. Whatever goes wrong is `Unknown`; then nothing, or all of it, was written.
        """
        blob = self._container.get_blob_client(name)
        condition: dict[str, Any] = {} if etag is None else {"match_condition": MatchConditions.IfMissing}
        if etag:
            condition = {"etag": etag, "match_condition": MatchConditions.IfNotModified}
        about = {"content_settings": _PLAIN, "metadata": {NOTE: note} if note else None, **condition}
        try:
            self._there(lambda: blob.commit_block_list(_staged(blob, log, part), **about))
        except AzureError as error:
            raise Unknown(f"the blob {name} was not written: {_first_line(error)}") from error

    def read(self, name: str, start: int, length: int) -> LogPart:
        """Read some bytes of a log in one request; behind its end a second one tells where that is."""
        blob = self._container.get_blob_client(name)
        try:
            if not length:
                return LogPart(b"", blob.get_blob_properties().size)
            asked = blob.download_blob(start, length, max_concurrency=1)
            return LogPart(asked.readall(), _whole(str(asked.properties.content_range)))
        except ResourceNotFoundError:
            return LogPart(b"", 0)
        except AzureError as error:
            if length and isinstance(error, HttpResponseError) and error.status_code == _BEHIND_THE_END:
                return self.read(name, 0, 0)
            raise Unknown(f"the blob {name} cannot be read: {_first_line(error)}") from error

    def remove(self, *names: str) -> None:
        """Delete up to 256 logs in one request, with whatever snapshots somebody made of them."""
        several = dict.fromkeys(names)
        if not several:
            return
        try:
            answers = self._container.delete_blobs(*several, delete_snapshots="include", raise_on_any_failure=False)
            stayed = [name for name, one in zip(several, answers, strict=True) if one.status_code not in _GONE]
        except AzureError as error:
            raise Unknown(f"the logs were not removed: {_first_line(error)}") from error
        if stayed:
            raise Unknown(f"{len(stayed)} of {len(several)} logs were not removed, {stayed[0]} among them")

    def close(self) -> None:
        """Close the connections."""
        self._container.close()

    def _there[T](self, ask: Callable[[], T]) -> T:
        """Ask, and when the container is missing create it and ask once more."""
        try:
            return ask()
        except ResourceNotFoundError:
            with suppress(ResourceExistsError):  # another tick was quicker
                self._container.create_container()
            return ask()


def _staged(blob: BlobClient, log: bytes, part: int) -> list[BlobBlock]:
    """Put the part's block beside the blob and give the list that makes it a part of it.

    Scenario: two ticks stage the same part. Were its block named by its number alone, the one that commits
    first would commit the other's text. A block without bytes is refused by the service, and not needed.
    """
    before = [block for block in _committed(blob) if _number(block) < part] if part else []
    if not log:
        return before
    block = BlobBlock(f"{part:0{_DIGITS}d}-{uuid4().hex}")
    blob.stage_block(block.id, log)
    return [*before, block]


def _committed(blob: BlobClient) -> list[BlobBlock]:
    try:
        return blob.get_block_list("committed")[0]
    except ResourceNotFoundError:
        return []


def _number(block: BlobBlock) -> int:
    """Read a block's part; one of another's making, as a copy of the blob has them, comes before all of ours."""
    digits = block.id[:_DIGITS]
    return int(digits) if digits.isdecimal() else 0


def _whole(content_range: str) -> int:
    """Read the whole size out of `bytes 0-9/10`."""
    return int(content_range.rpartition("/")[2])


def _first_line(error: AzureError) -> str:
    return (str(error).splitlines() or [repr(error)])[0][:300]
