"""Asking the scheduler for the active run, for a container group that is started and not created.

Such a group keeps the environment that it was provisioned with: a start takes no parameters. So the run asks
`GET {address}/api/context/{PartitionKey}/{RowKey}` with the function key that the group was given.
"""

import json
import re
import time
from collections.abc import Mapping
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from weather.faults import BadSettingError, WeatherError, shown

TIMEOUT_SECONDS = 20
PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds between tries while the scheduler cannot be reached: five tries."""
PASSING = {408, 429, 500, 502, 503, 504}
"""Answers that a later try may better: the app is busy or waking up."""
LARGEST_BYTES = 64 * 1024
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}"


class _NoRedirect(HTTPRedirectHandler):
    """Follows nothing: a redirect would carry the key to another host."""

    def redirect_request(self, *_args: object, **_named: object) -> None:
        """Say that there is no request to go on with."""


def active_run(environment: Mapping[str, str]) -> dict[str, object] | None:
    """Return what the scheduler says about the active run of CRONTABLE_JOB, or None when no run is active.

    Tries again, with growing pauses, while the scheduler cannot be reached. WeatherError when it stays away,
    refuses the key or answers something else; BadSettingError for a CRONTABLE_ variable that cannot be right.
    """
    job = environment["CRONTABLE_JOB"].strip()
    request = _request(environment, job)
    tries = len(PAUSES) + 1
    for number in range(tries):
        try:
            return _ask(request, job)
        except (OSError, HTTPException) as error:
            why = f"HTTP {error.code}" if isinstance(error, HTTPError) else getattr(error, "reason", None) or error
            if number == len(PAUSES):
                raise WeatherError(
                    f"The scheduler at {_address(request)} did not answer in {tries} tries: {why}."
                ) from error
        time.sleep(PAUSES[number])
    raise AssertionError  # the last try returned or raised


def _request(environment: Mapping[str, str], job: str) -> Request:
    if re.fullmatch(f"{NAME}/{NAME}", job) is None:
        raise BadSettingError(
            f"CRONTABLE_JOB is {shown(job)}: PartitionKey/RowKey, such as weather/summarise, is allowed."
        )
    url = environment["CRONTABLE_URL"].strip().rstrip("/")
    if re.fullmatch(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?", url) is None:
        raise BadSettingError(
            f"CRONTABLE_URL is {shown(url.split('?')[0].rpartition('@')[2])}: "
            "an address such as https://NAME, without user or query, is allowed."
        )
    key = environment.get("CRONTABLE_KEY", "").strip()
    if not (key.isascii() and (key.isprintable() or not key)):
        raise BadSettingError("CRONTABLE_KEY holds characters that a header cannot carry: printable ASCII is allowed.")
    headers = {"x-functions-key": key} if key else {}
    return Request(f"{url}/api/context/{job}", headers=headers)  # noqa: S310  the scheme was checked above


def _ask(request: Request, job: str) -> dict[str, object] | None:
    """Try once; OSError or HTTPException when a later try may go better."""
    try:
        with build_opener(_NoRedirect).open(request, timeout=TIMEOUT_SECONDS) as response:
            return _answer(response.read(LARGEST_BYTES), job, request)
    except HTTPError as error:
        error.close()
        if error.code == 404:  # noqa: PLR2004  the contract's word for "no active run"
            return None
        if error.code in PASSING:
            raise
        hint = " (is CRONTABLE_KEY right?)" if error.code in {401, 403} else ""
        raise WeatherError(
            f"The scheduler at {_address(request)} answered HTTP {error.code}{hint}: 200 or 404 is allowed."
        ) from error


def _answer(body: bytes, job: str, request: Request) -> dict[str, object]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict) or answer.get("job") != job or "watermark" not in answer:
        raise WeatherError(
            f"The scheduler at {_address(request)} answered {shown(body.decode('utf-8', 'replace'))}: "
            f"a JSON object with job {shown(job)} and a watermark is allowed."
        )
    return answer


def _address(request: Request) -> str:
    return shown(request.full_url)
