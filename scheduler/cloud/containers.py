"""`ports.Groups` on Azure Container Instances, or on the emulator.

The pipeline is put together here because the SDK's own has two parts that would be wrong: a retry policy, which
sends a PUT twice and so runs a job twice, and one that registers the resource provider and waits for it without end.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from threading import Lock
from typing import Any

from azure.core.credentials import AccessToken
from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import (
    ContentDecodePolicy,
    ProxyPolicy,
    RequestIdPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)
from azure.mgmt.containerinstance import ContainerInstanceManagementClient
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

from scheduler.cloud.refusals import Gone, Transitioning, verdict
from scheduler.cloud.wire import OnRequest, Tap, identity, transport
from scheduler.ports import Allowance, Unknown
from scheduler.settings import AZURE, Settings
from scheduler.spec import Body
from scheduler.view import Json, View

#: Seconds to wait for the answer to a PUT.
PATIENCE = 60
#: Seconds that ACI wants between two operations on one group (aci.md, 3.5).
PAUSE = 10
#: The same towards an emulator, which is quicker.
LOCAL_PAUSE = 0.2
#: How often a start is sent to a group that says each time that it is still transitioning.
TRIES = 4
#: By which headers a PUT says how many more groups ACI would create (aci.md, 5), but for the length of time.
REMAINING = "x-ms-ratelimit-remaining-subscription-resource-requests"
#: A longer number is none that a limit could have.
MOST_DIGITS = 10
#: What a token for ARM is asked for.
SCOPE = f"{AZURE}/.default"


class AzureGroups:
    """The container groups of the settings' resource group.

    Nothing is sent twice by itself, except a start that was refused as transitioning. `pause`: seconds between
    operations on one group, by default `PAUSE` towards Azure and `LOCAL_PAUSE` elsewhere.
    """

    def __init__(self, settings: Settings, on_request: OnRequest | None = None, pause: float | None = None) -> None:
        self._settings = settings
        self._on_request = on_request
        self._pause = (PAUSE if settings.arm_endpoint == AZURE else LOCAL_PAUSE) if pause is None else pause
        self._built: ContainerInstanceManagementClient | None = None
        self._building = Lock()

    def create(self, name: str, body: Body) -> Allowance:
        """PUT a group; gives what the answer's headers say of the creations that are left."""
        put: Callable[..., object] = self._client.container_groups.begin_create_or_update
        sent, heard = json.dumps(body).encode(), dict[str, str]()
        self._ask(
            f"create {name}",
            lambda: put(self._place, name, sent, polling=False, read_timeout=PATIENCE, heard=heard),
            creating=True,
        )
        return Allowance(_number(heard.get(f"{REMAINING}-pt5m")), _number(heard.get(f"{REMAINING}-pt1h")))

    def get(self, name: str) -> View | None:
        """GET a group with its states; None when ARM says that it is not there."""
        get: Callable[..., Any] = self._client.container_groups.get
        with suppress(Gone):
            return self._ask(f"get {name}", lambda: View.from_arm(get(self._place, name, cls=_json)))
        return None

    def tagged(self) -> Iterable[tuple[str, Mapping[str, str]]]:
        """List the groups' names and tags, all pages of them."""
        groups = self._client.container_groups.list_by_resource_group
        return self._ask("list", lambda: [(str(one.name), dict(one.tags or {})) for one in groups(self._place)])

    def delete(self, name: str) -> None:
        """Delete a group; one that is not there is deleted."""
        delete = self._client.container_groups.begin_delete
        with suppress(Gone):
            self._ask(f"delete {name}", lambda: delete(self._place, name, polling=False))

    def start(self, name: str, *, stop_first: bool) -> None:
        """Start an existing group, after a stop if asked, and again while it says that it is transitioning."""
        if stop_first:
            self._stop(name)
            time.sleep(self._pause)
        for _ in range(TRIES - 1):
            with suppress(Transitioning):
                self._start(name)
                return
            time.sleep(self._pause)
        self._start(name)

    def stop(self, name: str) -> None:
        """Stop a group; one that is not there is stopped."""
        with suppress(Gone):
            self._stop(name)

    def log(self, name: str, container: str, *, timestamps: bool = False) -> bytes:
        """Read what is left of a container's log, each line behind its instant if asked; b'' when there is none."""
        logs: Callable[..., Any] = self._client.containers.list_logs
        how = {"timestamps": True} if timestamps else {}
        with suppress(Gone):
            return self._ask(
                f"read the log of {name}", lambda: _content(logs(self._place, name, container, cls=_json, **how))
            )
        return b""

    def close(self) -> None:
        """Close the connections, if there were any."""
        if self._built:
            self._built.close()

    def _start(self, name: str) -> None:
        start = self._client.container_groups.begin_start
        self._ask(f"start {name}", lambda: start(self._place, name, polling=False))

    def _stop(self, name: str) -> None:
        stop = self._client.container_groups.stop
        self._ask(f"stop {name}", lambda: stop(self._place, name))

    def _ask[T](self, asked: str, call: Callable[[], T], *, creating: bool = False) -> T:
        try:
            return call()
        except HttpResponseError as error:
            raise verdict(asked, error, creating=creating) from error
        except (AzureError, ValueError, TypeError, AttributeError, LookupError) as error:  # no answer, or an odd one
            raise Unknown(f"{asked}: {error}") from error

    @property
    def _place(self) -> str:
        return self._settings.resource_group

    @property
    def _client(self) -> ContainerInstanceManagementClient:
        """The client, built on first use, so that a world without groups needs no Azure settings."""
        with self._building:
            if self._built is None:
                self._settings.need_azure()
                self._built = self._build()
        return self._built

    def _build(self) -> ContainerInstanceManagementClient:
        at = self._settings.arm_endpoint
        credential = identity(self._settings.client_id) if at.startswith("https://") else _Nobody()
        policies = [
            RequestIdPolicy(),
            UserAgentPolicy("crontable"),
            ProxyPolicy(),
            ContentDecodePolicy(),
            _Unsigned() if isinstance(credential, _Nobody) else ARMChallengeAuthenticationPolicy(credential, SCOPE),
            _Headers(),
            Tap(self._on_request),
        ]
        return ContainerInstanceManagementClient(
            credential, self._settings.subscription, base_url=at, policies=policies, transport=transport("ARM_ENDPOINT")
        )


class _Nobody:
    """Whose token an emulator over http gets: the SDK's own policies refuse to send one there."""

    def get_token(self, *_scopes: str, **_options: object) -> AccessToken:
        """Give a token that never ends."""
        return AccessToken("local", 2**31)


class _Unsigned(SansIOHTTPPolicy[Any, Any]):
    """Signs as nobody."""

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Set the header that ARM wants to see."""
        request.http_request.headers["Authorization"] = "Bearer local"


class _Headers(SansIOHTTPPolicy[Any, Any]):
    """Puts an answer's headers, in lower case, into the dict that a call gives as `heard`: the SDK keeps them away."""

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Keep the dict away from the transport, which refuses options that it does not know."""
        request.context["heard"] = request.context.options.pop("heard", {})

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:
        """Take the headers."""
        headers = response.http_response.headers.items()
        request.context["heard"].update({name.lower(): value for name, value in headers})


def _number(said: str | None) -> int | None:
    """Read what a header says is left; None when it is missing or odd."""
    return int(said) if said and said.isascii() and said.isdigit() and len(said) <= MOST_DIGITS else None


def _content(said: Json) -> bytes:
    return str(said.get("content") or "").encode(errors="replace")


def _json(response: PipelineResponse[Any, Any], _model: object, _headers: object) -> Json:
    """Take an answer as it was sent: the SDK's models drop what they do not know."""
    said: Json = json.loads(response.http_response.text())
    return said
