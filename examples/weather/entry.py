"""What the image starts first: it waits until the job's identity gives tokens, and then becomes the job.

    python /app/entry.py COMMAND ...

In the first seconds of a container group Azure's identity endpoint may not answer yet. Where AZURE_CLIENT_ID names the
identity, which Azure's SDKs read too, a token is asked for until one is given, for IDENTITY_SECONDS at most (120 unless
set; 0 = do not wait). Without AZURE_CLIENT_ID nothing is waited for, unless IDENTITY_SECONDS is set. Exit code 75: no
token came; 127: the command is not there; 2: it was set up wrongly. Otherwise the code is the command's.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPException
from types import FrameType
from typing import NoReturn
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

ENDPOINT = "http://169.254.169.254"
RESOURCE = "https://management.azure.com/"
DEFAULT_SECONDS, MOST_SECONDS = 120, 1800
ANSWER_SECONDS = 5
PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds between tries; the last one again and again."""
WRONG, NO_TOKEN, NOT_THERE = 2, 75, 127


def main(command: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """Wait for the identity where the job has one, then become the command; never returns."""
    if not command:
        _end(WRONG, "no command is given: python /app/entry.py COMMAND ... is allowed.")
    client, seconds = environment.get("AZURE_CLIENT_ID", "").strip(), _seconds(environment)
    if seconds:
        host = environment.get("AZURE_POD_IDENTITY_AUTHORITY_HOST", "").strip() or ENDPOINT
        _wait(_request(host, client), seconds)
    try:
        os.execvp(command[0], list(command))  # noqa: S606  to become the command is what this is for
    except OSError as error:
        _end(NOT_THERE, f"{command[0]!r} cannot be started: {error.strerror}.")


def _seconds(environment: Mapping[str, str]) -> int:
    text = environment.get("IDENTITY_SECONDS", "").strip()
    if not text:
        return DEFAULT_SECONDS if environment.get("AZURE_CLIENT_ID", "").strip() else 0
    if not (text.isascii() and text.isdecimal() and len(text) < len("10000") and int(text) <= MOST_SECONDS):
        _end(WRONG, f"IDENTITY_SECONDS is {text!r}: a whole number from 0 to {MOST_SECONDS} is allowed.")
    return int(text)


def _request(host: str, client: str) -> Request:
    asked = {"api-version": "2018-02-01", "resource": RESOURCE} | ({"client_id": client} if client else {})
    url = f"{host.rstrip('/')}/metadata/identity/oauth2/token?{urlencode(asked)}"
    if not url.startswith(("http://", "https://")):
        _end(WRONG, f"AZURE_POD_IDENTITY_AUTHORITY_HOST is {host!r}: an address such as http://HOST is allowed.")
    return Request(url, headers={"Metadata": "true"})  # noqa: S310  the scheme was checked above


def _wait(request: Request, seconds: int) -> None:
    """Ask until a token is given; ends the process when none was in time."""
    end, tries = time.monotonic() + seconds, 0
    while (why := _refusal(request)) is not None:
        pause = PAUSES[min(tries, len(PAUSES) - 1)]
        if time.monotonic() + pause >= end:
            _end(NO_TOKEN, f"the identity gave no token in {seconds} seconds: {why}.")
        tries += 1
        time.sleep(pause)
    print(f"entry: the identity gave a token, at try {tries + 1}", flush=True)


def _refusal(request: Request) -> str | None:
    """Ask once, past any proxy; None when a token was given, else what came instead. A token is never shown."""
    try:
        with build_opener(ProxyHandler({})).open(request, timeout=ANSWER_SECONDS) as answer:
            return None if "access_token" in json.load(answer) else "the answer held no token"
    except HTTPError as error:
        with error:
            return f"HTTP {error.code} {error.read(300).decode('utf-8', 'replace').strip()}"
    except (OSError, HTTPException, ValueError, TypeError) as error:
        return str(getattr(error, "reason", None) or error)


def _end(code: int, sentence: str) -> NoReturn:
    print(f"entry: {sentence}", file=sys.stderr, flush=True)
    raise SystemExit(code)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    """End when the platform asks: a container's first process ignores SIGTERM unless told otherwise."""
    raise SystemExit(128 + signal.SIGTERM)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    main(sys.argv[1:], os.environ)
