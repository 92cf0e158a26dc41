"""A webhook's address: what may be one, who listens there, and how it is shown. Whoever knows it may post: a secret."""

import re
from enum import StrEnum

#: Instead of an address: nobody is told.
NONE = "none"
ALLOWED = f"it must be the https address of a webhook, such as https://HOST/PATH, or {NONE}."
_LONGEST = 2_000
#: What stands for the secret part where an address is shown: whoever saves that has no address.
_STARS = "***"
_ADDRESS = re.compile(
    r"(https?)://([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:[0-9]{1,5})?(/[!-~]*)?", re.IGNORECASE | re.ASCII
)
_HERE = ("localhost", "127.0.0.1", "[::1]")
_SLACK = ("hooks.slack.com", "hooks.slack-gov.com")
_TEAMS = (".logic.azure.com", ".powerplatform.com", ".powerautomate.com", ".webhook.office.com", ".logic.azure.us")


class Format(StrEnum):
    """In whose words a webhook is told."""

    TEAMS = "teams"
    SLACK = "slack"
    JSON = "json"


def address(text: str) -> str:
    """Read an address; `ValueError` with a sentence that does not repeat it. `http` is for this machine alone."""
    found = _ADDRESS.fullmatch(text.strip())
    if (
        not found
        or len(text) > _LONGEST
        or _STARS in text
        or (found[1].lower() == "http" and found[2].lower() not in _HERE)
    ):
        raise ValueError(ALLOWED)
    return found[0]


def open_to(text: str, *, emulated: bool) -> bool:
    """Say whether it may be posted to: without TLS only where ACI is an emulator too, on a person's own machine."""
    return emulated or text.lower().startswith("https://")


def spoken(text: str) -> Format:
    """Tell by the host who listens."""
    found = _ADDRESS.fullmatch(text)
    host = found[2].lower() if found else ""
    if host in _SLACK:
        return Format.SLACK
    return Format.TEAMS if host.endswith(_TEAMS) else Format.JSON


def masked(text: object) -> str:
    """Show an address as far as its port, and not what opens it.

    What is none is hidden whole, and `none` and nothing are no secrets.
    """
    typed = str(text).strip()
    if typed.lower() in ("", NONE):
        return typed
    found = _ADDRESS.fullmatch(typed)
    return f"{found[1].lower()}://{found[2].lower()}{found[3] or ''}/{_STARS}" if found else _STARS
