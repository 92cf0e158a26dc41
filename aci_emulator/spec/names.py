"""The rules of names (aci.md, 5). Pure."""

import re

from aci_emulator.spec.reading import Place
from aci_emulator.spec.refusals import invalid, refused, told
from aci_emulator.spec.terms import Terms

GROUP_NAME = re.compile(r"(?!.*--)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
CONTAINER_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
VOLUME_NAME = re.compile(r"(?!.*--)[a-z0-9][a-z0-9-]{3,61}[a-z0-9]")
VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


def check_group_name(name: str) -> None:
    """Refuse a name that ACI refuses."""
    if not GROUP_NAME.fullmatch(name):
        raise refused(
            "InvalidContainerGroupName",
            f"The container group name {told(name)} is invalid: 1 to 63 lowercase letters, digits and hyphens, "
            "no hyphen first or last, no two hyphens in a row.",
        )


def read_container_name(place: Place, terms: Terms) -> str:
    """Return the name of a container."""
    name = place.text("name")
    if not CONTAINER_NAME.fullmatch(name):
        raise refused(
            "InvalidContainerName",
            f"The container name {told(name)} in {terms.group} is invalid. The container name must contain no more "
            f"than 63 characters and must match the regex '[a-z0-9]([-a-z0-9]*[a-z0-9])?'. ({place.at('name')})",
        )
    return name


def read_volume_name(place: Place) -> str:
    """Return the name of a volume."""
    name = place.text("name")
    if not VOLUME_NAME.fullmatch(name):
        allowed = "5 to 63 lowercase letters, digits and hyphens, no hyphen first or last, no two in a row"
        raise invalid(place.at("name"), name, allowed)
    return name


def read_variable_name(place: Place, container: str, terms: Terms) -> str:
    """Return the name of an environment variable of `container`."""
    name = place.text("name")
    if not VARIABLE_NAME.fullmatch(name):
        raise refused(
            "InvalidContainerEnvironmentVariable",
            f"The environment variable name in container '{container}' of {terms.group} is invalid. A valid "
            "environment variable name must start with alphabetic character or '_', followed by a string of "
            f"alphanumeric characters or '_'. ({place.at('name')} is {told(name)}; 63 characters at most)",
        )
    return name
