"""The container groups as resources among others, and the `$filter` and `$top` of their list. Pure."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from aci_emulator.arm import PROVIDER, Answer, ArmError, Json
from aci_emulator.lookups.regions import region_name

GROUPS = f"{PROVIDER}/containerGroups"
"""The type of every resource here."""

_TERM = re.compile(r"\s*([A-Za-z/]+)\s+(eq|ne)\s+'((?:[^']|'')*)'\s*", re.IGNORECASE)
_AND = re.compile(r"and\s", re.IGNORECASE)
_HIGHEST_TOP = 1_000


@dataclass(frozen=True)
class Resource:
    """A container group as Azure Resource Manager lists it."""

    id: str
    name: str
    resource_group: str
    location: str
    tags: dict[str, str] = field(default_factory=dict)

    def body(self) -> Json:
        """Return the resource without its properties."""
        return {"id": self.id, "name": self.name, "type": GROUPS, "location": self.location, "tags": self.tags}


def resources(found: Iterable[Resource], text: str | None, top: str | None) -> Answer:
    """Return the list of those of `found` that `$filter` lets through, at most `$top`."""
    chosen = [each for each in found if all(term(each) for term in _terms(text or ""))]
    return Answer(200, {"value": [each.body() for each in chosen[: _top(top)]]})


type Term = Callable[[Resource], bool]


def _terms(text: str) -> list[Term]:
    """Return the conditions of a filter like `resourceType eq 'x' and name ne 'y'`; others are refused.

    A tagValue that follows a tagName is the value of that tag.
    """
    terms: list[Term] = []
    tag = ""
    rest = text.strip()
    while rest:
        match = _TERM.match(rest)
        if match is None or match[1].lower() not in _NAMES:
            raise _unreadable(text)
        name, value = match[1].lower(), match[3].replace("''", "'").lower()
        terms.append(_term(name, value, tag, equal=match[2].lower() == "eq"))
        tag = value if name == "tagname" else tag
        rest = rest[match.end() :]
        if rest:
            joint = _AND.match(rest)
            if joint is None:
                raise _unreadable(text)
            rest = rest[joint.end() :]
    return terms


_NAMES = {"location", "name", "resourcegroup", "resourcetype", "tagname", "tagvalue"}
"""What a filter may name."""


def _term(name: str, value: str, tag: str, *, equal: bool) -> Term:
    """Return one condition; texts are compared without case."""
    wanted = region_name(value) if name == "location" else value

    def holds(each: Resource) -> bool:
        return (wanted in {own.lower() for own in _values(each, name, tag)}) == equal

    return holds


def _values(each: Resource, name: str, tag: str) -> list[str]:
    """Return what a resource has under a name of _NAMES; `tag` narrows tagvalue to that tag."""
    match name:
        case "name":
            return [each.name]
        case "resourcegroup":
            return [each.resource_group]
        case "location":
            return [region_name(each.location)]
        case "tagname":
            return list(each.tags)
        case "tagvalue":
            return [value for key, value in each.tags.items() if tag in ("", key.lower())]
        case _:
            return [GROUPS]


def _unreadable(text: str) -> ArmError:
    sentence = (
        f"The filter '{text}' is invalid. Allowed are {', '.join(sorted(_NAMES))}, each with eq or ne and a text in "
        "single quotes, joined by and."
    )
    return ArmError(400, "InvalidFilterInQueryString", sentence, gateway=True)


def _top(text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= _HIGHEST_TOP:
        sentence = f"The query parameter '$top' is '{text}', not a number from 1 to {_HIGHEST_TOP}."
        raise ArmError(400, "InvalidTopInQueryString", sentence, gateway=True)
    return int(text)
