"""The api-versions of Azure Resource Manager's own operations: any date will do. Pure."""

import re
from datetime import date

from aci_emulator.arm import ArmError


def check_date_version(version: str | None) -> None:
    """Refuse a request without `api-version`, or with one that is no date, like 2021-04-01 or 2021-04-01-preview."""
    if not version:
        sentence = "The api-version query parameter (?api-version=) is required for all requests."
        raise ArmError(400, "MissingApiVersionParameter", sentence, gateway=True)
    if not is_date_version(version):
        sentence = (
            f"The api-version '{version}' is invalid. It is a date, like '2021-04-01', which '-preview' may follow."
        )
        raise ArmError(400, "InvalidApiVersionParameter", sentence, gateway=True)


def is_date_version(version: str) -> bool:
    """Return whether `version` is a date that the calendar has, with or without a word like -preview."""
    match = re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(-[a-z]{1,20})?", version, re.IGNORECASE)
    if match is None:
        return False
    try:
        date.fromisoformat(match[1])
    except ValueError:
        return False
    return True
