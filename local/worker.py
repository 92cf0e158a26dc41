"""The Functions host's side of its conversation with azure-functions-runtime.

The runtime is the library to which Azure's Python worker (3.13 and later) hands every
request. It builds its answers from message classes that the worker injects as "protos";
plain objects with the same field names do, so neither grpc nor protobuf is needed.

The runtime keeps its registry in module globals: one `Worker` per process.
"""

import json
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import azure_functions_runtime as runtime  # type: ignore[import-untyped]  # it ships no types

type Fields = Mapping[str, Any]

SAME_SITE = ("", "Lax", "Strict", "None")
"""The Set-Cookie attribute for each value of the message's SameSite; the first means: not given."""


class Message(SimpleNamespace):
    """A protobuf message by its field names. As a oneof it has exactly one field, and can say which."""

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802  protobuf's name
        """Name the field that is set."""
        return next(iter(vars(self)), None)


class Parameter(Message):
    """A ParameterBinding: its oneof `rpc_data` always holds plain data, never shared memory."""

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802  protobuf's name
        """Name the only kind of data that is sent here."""
        return "data"


class StatusResult(Message):
    """How a request ended."""

    Failure, Success, Cancelled = range(3)


class BindingInfo(Message):
    """One binding; the constants are its directions."""

    undefined, out, inout = range(3)


class Cookie(Message):
    """An RpcHttpCookie."""

    SameSite = SimpleNamespace(None_=0, Lax=1, Strict=2, ExplicitNone=3)


setattr(Cookie.SameSite, "None", 0)  # a keyword of Python cannot be written as a field


class Protos:
    """Every message class that the runtime asks for by name; most need no more than their fields."""

    StatusResult = StatusResult
    BindingInfo = BindingInfo
    RpcHttpCookie = Cookie
    ParameterBinding = Parameter

    def __getattr__(self, name: str) -> type[Message]:
        if name == "TypedData" or name.startswith(("Rpc", "Nullable", "Function", "Worker", "Invocation")):
            return Message
        if name == "Timestamp":
            return Message
        raise AttributeError(name)


class FunctionFailedError(Exception):
    """The worker answered with a failure; `trace` is what the host would log."""

    def __init__(self, failure: Message) -> None:
        super().__init__(failure.message)
        self.trace: str = failure.stack_trace


@dataclass(frozen=True)
class Function:
    """One function as indexed. `bindings` are the raw dictionaries that the host reads, trigger included."""

    name: str
    bindings: tuple[dict[str, Any], ...]
    metadata: Message

    @property
    def trigger(self) -> dict[str, Any]:
        """The binding that starts it."""
        return next(b for b in self.bindings if str(b["type"]).lower().endswith("trigger"))


@dataclass(frozen=True)
class Reply:
    """What an HTTP function answered. `headers` holds each Set-Cookie on its own."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Worker:
    """A loaded function app. Make it with `await Worker.load(folder)`."""

    def __init__(self, functions: Mapping[str, Function]) -> None:
        self.functions = functions

    @classmethod
    async def load(cls, folder: Path) -> Self:
        """Index and load the app in `folder` as the host does at its start.

        Raises FunctionFailedError when the runtime refuses the app, e.g. for an import error.
        """
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
        runtime.start_threadpool_executor()
        _checked(
            await runtime.worker_init_request(
                _ask(worker_init_request=Message(capabilities={}, function_app_directory=str(folder)))
            )
        )
        found = _checked(await runtime.functions_metadata_request(_ask()))
        functions = [_function(metadata) for metadata in found.function_metadata_results or ()]
        for function in functions:
            load = Message(function_id=function.metadata.function_id, metadata=function.metadata)
            _checked(await runtime.function_load_request(_ask(function_load_request=load)))
        return cls({function.name: function for function in functions})

    def close(self) -> None:
        """Let go of the thread pool that runs plain `def` functions."""
        runtime.stop_threadpool_executor()

    async def timer(self, name: str, *, past_due: bool = False, parent: str = "") -> None:
        """Fire the timer function `name` once, in the trace of `parent`. Raises FunctionFailedError as it raised."""
        timer = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": None, "IsPastDue": past_due}
        await self._invoke(self.functions[name], Message(json=json.dumps(timer)), parent)

    async def http(
        self, name: str, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Reply:
        """Send one HTTP request to the function `name`; `url` is absolute. Raises FunctionFailedError."""
        http = Message(
            method=method,
            url=url,
            params={},
            headers={key.lower(): value for key, value in (headers or {}).items()},
            query=dict(parse_qsl(urlsplit(url).query, keep_blank_values=True)),
            body=Message(bytes=body) if body else Message(),
        )
        answer = await self._invoke(self.functions[name], Message(http=http))
        return _reply(answer.http)

    async def _invoke(self, function: Function, data: Message, parent: str = "") -> Message:
        request = Message(
            invocation_id=str(uuid.uuid4()),
            function_id=function.metadata.function_id,
            input_data=[Parameter(name=function.trigger["name"], data=data)],
            trigger_metadata={},
            trace_context=Message(trace_parent=parent, trace_state="", attributes={}),
            retry_context=Message(retry_count=0, max_retry_count=0, exception=None),
        )
        answer = _checked(await runtime.invocation_request(_ask(invocation_request=request)))
        value: Message = answer.return_value
        return value


def _ask(**content: Message) -> Message:
    return Message(request=Message(**content), properties={"host": "127.0.0.1", "protos": Protos()})


def _checked(answer: Message) -> Message:
    if answer.result.status != StatusResult.Success:
        raise FunctionFailedError(answer.result.exception)
    return answer


def _function(metadata: Message) -> Function:
    bindings = tuple(json.loads(text) for text in metadata.raw_bindings)
    return Function(metadata.name, bindings, metadata)


def _reply(http: Message) -> Reply:
    """The message as HTTP; a body of another kind than bytes is text."""
    body = next(iter(vars(http.body).values()), b"") if http.body is not None else b""
    cookies = tuple(("set-cookie", _set_cookie(cookie)) for cookie in http.cookies or ())
    return Reply(
        status=int(http.status_code),
        headers=tuple(http.headers.items()) + cookies,
        body=body if isinstance(body, bytes) else str(body).encode(),
    )


def _set_cookie(cookie: Message) -> str:
    """Write the Set-Cookie header again that the worker had taken apart."""
    morsel = SimpleCookie({cookie.name: cookie.value})[cookie.name]
    attributes: Fields = {
        "domain": _value(cookie.domain),
        "path": _value(cookie.path),
        "expires": _http_date(_value(cookie.expires)),
        "max-age": _whole(_value(cookie.max_age)),
        "secure": _value(cookie.secure),
        "httponly": _value(cookie.http_only),
        "samesite": SAME_SITE[cookie.same_site],
    }
    for name, value in attributes.items():
        if value is not None and value is not False and value != "":
            morsel[name] = value
    return morsel.OutputString()


def _value(nullable: Message | None) -> Any:  # noqa: ANN401  a string, a number, a truth or a Timestamp
    return None if nullable is None else nullable.value


def _whole(number: float | None) -> str | None:
    return None if number is None else str(int(number))


def _http_date(timestamp: Message | None) -> str | None:
    if timestamp is None:
        return None
    return datetime.fromtimestamp(timestamp.seconds, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
