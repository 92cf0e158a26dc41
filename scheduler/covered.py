"""A container group as people may see it: stars in place of its secrets, wherever they were typed. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Any

from scheduler.arm import HIDDEN, SECRETS, is_reference
from scheduler.mask import LEAST_LINE, STARS, Mask

_SECRETS, _HIDDEN = ({name.casefold() for name in names} for names in (SECRETS, HIDDEN))
#: The properties whose value may have to be hidden.
_TOLD_APART = _SECRETS | _HIDDEN | {"secret", "repository"}
#: So much of secrets is looked for in every spelling, and the rest as it is: a pattern of more takes seconds to build.
_SPELT = 4_000


def covered(tree: object) -> Any:  # noqa: ANN401 - any JSON value
    """Give a tree as people may see it: stars for each secret that is no reference, and wherever else it was typed.

    Names are taken in any case, so that a tree which nobody has found good yet shows no more than another.
    """
    secrets: set[str] = set()
    starred = _starred(tree, "", secrets)
    if not secrets:
        return starred
    longest = max(map(len, _texts(starred)), default=0)
    spelt, plain, room = list[str](), list[str](), _SPELT
    for one in sorted(secrets, key=len):
        # None is built of a secret that no other text has the room for.
        if any(len(part.strip()) <= longest for part in (one, *one.splitlines())):
            room -= sum(1 if letter.isalnum() and letter.isascii() else 8 for letter in one)
            (spelt if room >= 0 else plain).append(one)
    return _each(starred, Mask(spelt), plain[::-1]) if spelt or plain else starred


def unhidden(text: str) -> bool:
    """Say of a tree, written as JSON in ASCII, that it has nothing to cover; False where that has to be looked for.

    Every property behind which something is hidden stands in the text by its name, in some case, or with a letter
    escaped that folds to one of the name's.
    """
    folded = text.lower()
    return "\\u" not in folded and not any(name in folded for name in _TOLD_APART)


def has_login(address: str) -> bool:
    """Say whether a repository's address names a user, and so maybe a password or a token."""
    return "@" in address.partition("://")[2].partition("/")[0]


def _starred(tree: object, name: str, secrets: set[str]) -> Any:  # noqa: ANN401 - as above
    """Copy a tree with stars in place of secrets, and note these; `name` is the property that holds it."""
    name = name.casefold()
    if name in _TOLD_APART and tree not in (None, "") and not (isinstance(tree, str) and is_reference(tree)):
        hidden = _hidden(tree, name)
        if hidden is not None:
            secrets.update(hidden)
            return STARS
    if isinstance(tree, str | float | int):
        return tree
    if isinstance(tree, Mapping):
        files = name == "secret"
        return {inner: _starred(value, SECRETS[0] if files else inner, secrets) for inner, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [_starred(item, name, secrets) for item in tree]
    return tree


def _hidden(tree: object, name: str) -> Iterable[str] | None:
    """List the texts that become known as secrets where this property's value is to be hidden whole, else None."""
    if name in _SECRETS or (name == "secret" and isinstance(tree, str)):
        return _texts(tree)
    if name in _HIDDEN:
        return (text for text in _texts(tree) if len(text) >= LEAST_LINE)
    if name == "repository" and isinstance(tree, str) and has_login(tree):
        return (tree,)
    return None


def _texts(tree: object) -> Iterator[str]:
    """List the texts in a tree that a person may have to keep to themselves."""
    if isinstance(tree, str) and not is_reference(tree):
        yield tree
    inside = tree.values() if isinstance(tree, Mapping) else tree if isinstance(tree, list | tuple) else ()
    for inner in inside:
        yield from _texts(inner)


def _each(tree: object, mask: Mask, plain: Sequence[str]) -> Any:  # noqa: ANN401 - as above
    """Mask every text in a tree: some secrets in all their spellings, the plain ones, longest first, as they are."""
    if isinstance(tree, Mapping):
        return {name: _each(value, mask, plain) for name, value in tree.items()}
    if isinstance(tree, list):
        return [_each(item, mask, plain) for item in tree]
    if not isinstance(tree, str) or is_reference(tree):
        return tree
    return mask(reduce(lambda text, one: text.replace(one, STARS) if one.strip("* \n") else text, plain, tree))
