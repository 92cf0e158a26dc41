"""The tags of a group (aci.md, 5). Pure."""

from aci_emulator.arm import Json
from aci_emulator.limits import Limits
from aci_emulator.spec.casing import GROUP, canonical
from aci_emulator.spec.reading import Place, check_count, check_depth
from aci_emulator.spec.refusals import impossible, invalid, mistyped, told

LONGEST_NAME, LONGEST_VALUE = 512, 256
"""Characters of a tag's name and of its value."""


def read_tags(body: Json, limits: Limits = Limits()) -> dict[str, str] | None:
    """Return the tags of a PUT's or PATCH's body, None when it has none; ArmError 400 names the tag that is wrong."""
    check_depth(body)
    place = Place(canonical(body, GROUP)).maybe_object("tags")
    if place is None:
        return None
    check_count(place.path, len(place.value), limits.tags, "tags")
    return {name: _tag(place, name) for name in place.value}


def check_tags(body: Json, limits: Limits = Limits()) -> None:
    """Refuse tags that are too many, too long or no strings."""
    read_tags(body, limits)


def _tag(place: Place, name: str) -> str:
    if not 0 < len(name) <= LONGEST_NAME:
        sentence = f"Property '{place.path}' has the name {told(name)}. Allowed: 1 to {LONGEST_NAME} characters."
        raise impossible(sentence)
    value = place.get(name)
    where = f"{place.path}[{told(name)}]"
    if not isinstance(value, str):
        raise mistyped(where, value, "a string")
    if len(value) > LONGEST_VALUE:
        raise invalid(where, value, f"{LONGEST_VALUE} characters at most")
    return value
