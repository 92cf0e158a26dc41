"""A place that does not answer, told in a sentence: its host and port, why, and what to do.

The SDK's own words hold the pool, the whole address and three errors in one another. They go to the log at debug
level, without the address's signature.
"""

import logging
import re
from typing import Any
from urllib.parse import urlsplit

import requests
from azure.core.exceptions import AzureError, IncompleteReadError, ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import RequestsTransport
from urllib3.exceptions import NameResolutionError

_log = logging.getLogger("crontable.reach")
_PORTS = {"http": 80, "https": 443}
_SIGNATURE = re.compile(r"(sig=)[^&\s)]*")
_HERE = frozenset({"127.0.0.1", "localhost", "::1"})


class Telling(RequestsTransport):  # type: ignore[misc]  # the SDK gives it lazily, without its type
    """The SDK's transport, whose errors are such sentences and keep their class, by which the SDK tries again.

    `named`: the setting that says where the place is.
    """

    def __init__(self, named: str, **how: Any) -> None:  # noqa: ANN401 - as the SDK's own takes them
        super().__init__(**how)
        self._named = named

    def send(self, request: Any, **how: Any) -> Any:  # noqa: ANN401 - two kinds of request, each with its answer
        """Send a request."""
        try:
            return super().send(request, **how)
        except (ServiceRequestError, ServiceResponseError, IncompleteReadError) as error:
            _log.debug("%s", _SIGNATURE.sub(r"\1***", str(error)))
            cause = error.inner_exception
            raise type(error)(sentence(request.url, error, self._named), error=cause) from None


def sentence(url: str, error: AzureError, named: str) -> str:
    """Say which host and port it was, why, and what to do."""
    place = urlsplit(url)
    host = place.hostname or ""
    at = f"{f'[{host}]' if ':' in host else host}:{place.port or _PORTS.get(place.scheme, '')}"
    if not isinstance(error, ServiceRequestError):
        return (
            f"{at} gave no whole answer ({_why(error)}). If that goes on, look at the network and at what runs there."
        )
    if host in _HERE:
        do = f"Start what should listen there (on a laptop: make run), or mend {named}."
    else:
        do = f"Check {named}, the network's DNS and the firewalls on the way."
    return f"{at} cannot be reached ({_why(error)}). {do}"


def _why(error: AzureError) -> str:
    """Find the reason in what the layers below have wrapped."""
    cause = error.inner_exception
    if isinstance(cause, requests.Timeout):
        return "no answer in time"
    if isinstance(cause, requests.exceptions.SSLError):
        return "its certificate is refused"
    if isinstance(cause, requests.exceptions.ProxyError):
        return "the proxy does not let it through"
    reason = getattr(cause.args[0] if cause and cause.args else None, "reason", None)
    if isinstance(reason, NameResolutionError):
        return "its name is not known"
    beneath = getattr(reason, "__cause__", None)
    told = getattr(beneath, "strerror", None)
    return str(told).lower() if told else "the connection broke off"
