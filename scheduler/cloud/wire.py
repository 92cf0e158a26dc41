"""What the clients of all services share: a pool of connections, an identity, and a look at each request sent."""

from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import requests
from azure.core.credentials import TokenCredential
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy
from requests.adapters import HTTPAdapter

from scheduler.cloud.reach import Telling
from scheduler.settings import Settings

#: Told the method and the path of each request that leaves, the SDK's repetitions included.
type OnRequest = Callable[[str, str], None]

#: The most threads of a tick that use one client at a time.
CONNECTIONS = 32
#: Seconds to get a connection, and of silence after which an answer is given up.
CONNECT, SILENCE = 10, 30


class Tap(SansIOHTTPPolicy[Any, Any]):
    """Tells of every request really sent; place it inside the retry policy."""

    def __init__(self, told: OnRequest | None) -> None:
        self._told = told

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Tell of one request."""
        if self._told:
            self._told(request.http_request.method, urlsplit(request.http_request.url).path)


def storage(settings: Settings) -> str:
    """Give the setting that says where tables and logs are."""
    return "AzureWebJobsStorage" if settings.connection else "AzureWebJobsStorage__accountName"


def transport(named: str) -> Telling:
    """Build a transport whose connections outlive a request and suffice for a tick's threads.

    `named`: the setting that says where it leads.
    """
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_connections=2, pool_maxsize=CONNECTIONS, max_retries=0))
    return Telling(named, session=session, connection_timeout=CONNECT, read_timeout=SILENCE)


@cache
def identity(client_id: str) -> TokenCredential:
    """Give the process's identity: the managed one in Azure (`client_id`: which), else who is signed in."""
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415  slow to load, and not needed with a key

    return DefaultAzureCredential(managed_identity_client_id=client_id or None)
