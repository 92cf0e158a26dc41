"""`ports.Logs` on Azure Blob Storage, or on Azurite."""

from contextlib import suppress
from typing import Any

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import ContainerClient, ContentSettings

from scheduler.cloud.wire import CONNECT, SILENCE, identity, transport
from scheduler.ports import Unknown
from scheduler.settings import Settings


class AzureLogs:
    """One container of blobs, created by the first write that finds it missing."""

    def __init__(self, settings: Settings) -> None:
        how: dict[str, Any] = {
            "transport": transport(),
            "retry_total": 3,
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

    def write(self, name: str, log: bytes) -> None:
        """Keep a log under `name`; writing it again replaces it. Whatever goes wrong is `Unknown`."""
        try:
            self._kept(name, log)
        except AzureError as error:
            raise Unknown(f"the blob {name} was not written: {str(error).splitlines()[0][:300]}") from error

    def _kept(self, name: str, log: bytes) -> None:
        try:
            self._upload(name, log)
        except ResourceNotFoundError:
            with suppress(ResourceExistsError):  # another tick was quicker
                self._container.create_container()
            self._upload(name, log)

    def close(self) -> None:
        """Close the connections."""
        self._container.close()

    def _upload(self, name: str, log: bytes) -> None:
        plain = ContentSettings(content_type="text/plain; charset=utf-8")
        self._container.upload_blob(name, log, overwrite=True, content_settings=plain)
