"""The volumes of a group, and where its containers see them (aci.md, 2 and 5). Pure.

Names of files and folders in them become paths of this machine: none may lead out of its folder.
"""

import base64
import binascii
import math
import posixpath
import re
from collections.abc import Sequence

from aci_emulator.spec.model import AzureFile, EmptyDir, GitRepo, Mount, Secret, Volume
from aci_emulator.spec.names import read_volume_name
from aci_emulator.spec.reading import Place
from aci_emulator.spec.refusals import impossible, invalid, told
from aci_emulator.spec.terms import Terms

KINDS = ("azureFile", "emptyDir", "secret", "gitRepo")

SECRET_FILE = re.compile(r"(?!\.\.|\.\Z)[-._A-Za-z0-9]{1,253}")
STORAGE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}")
DIRECTORY = re.compile(r"(?!.*\.\.)[^/\\\x00-\x1f-][^\\\x00-\x1f]{0,254}")
REVISION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,254}")


def read_volumes(properties: Place, terms: Terms) -> tuple[Volume, ...]:
    """Return the volumes of a group, each of exactly one kind, no two of one name."""
    volumes: dict[str, Volume] = {}
    for place in properties.objects("volumes", terms.limits.volumes, "volumes in a group"):
        name = read_volume_name(place)
        if name in volumes:
            raise invalid(place.at("name"), name, "a name that no other volume of the group has")
        volumes[name] = _volume(place, name)
    return tuple(volumes.values())


def read_mounts(container: Place, volumes: Sequence[Volume]) -> tuple[Mount, ...]:
    """Return where a container sees which volumes."""
    names = [volume.name for volume in volumes]
    mounts: dict[str, Mount] = {}
    for place in container.objects("volumeMounts", math.inf, "mounts"):
        name, path = place.text("name"), _mount_path(place)
        if name not in names:
            raise invalid(place.at("name"), name, f"a volume of the group: {', '.join(names) or 'it has none'}")
        if path in mounts:
            raise invalid(place.at("mountPath"), path, "a path that no other mount of the container has")
        mounts[path] = Mount(name, path, read_only=place.flag("readOnly"))
    return tuple(mounts.values())


def _mount_path(place: Place) -> str:
    path = place.text("mountPath")
    if not path.startswith("/") or ":" in path or ".." in path.split("/") or not path.strip("/"):
        raise invalid(place.at("mountPath"), path, "an absolute path other than /, without ':' and '..'")
    return posixpath.normpath("/" + path.lstrip("/"))


def _volume(place: Place, name: str) -> Volume:
    if place.get("secretReference") is not None:
        raise impossible(f"Property '{place.at('secretReference')}' is not emulated.")
    given = [kind for kind in KINDS if place.get(kind) is not None]
    if len(given) != 1:
        found = " and ".join(given) or "none"
        raise impossible(f"Volume '{name}' ({place.path}) must have exactly one of {', '.join(KINDS)}; it has {found}.")
    inner = place.object(given[0])
    match given[0]:
        case "azureFile":
            return _azure_file(inner, name)
        case "secret":
            return Secret(name, {file: _content(inner, file) for file in inner.value})
        case "gitRepo":
            return _git_repo(inner, name)
    return EmptyDir(name)


def _azure_file(place: Place, name: str) -> AzureFile:
    for key in ("storageAccountName", "shareName"):
        if not STORAGE_NAME.fullmatch(place.text(key)):
            raise invalid(place.at(key), place.text(key), "1 to 63 letters, digits and hyphens, no hyphen first")
    if place.get("storageAccountKeyReference") is not None:
        raise impossible(f"Property '{place.at('storageAccountKeyReference')}' is not emulated.")
    place.maybe_text("storageAccountKey")
    account, share = place.text("storageAccountName"), place.text("shareName")
    return AzureFile(name, account=account, share=share, read_only=place.flag("readOnly"))


def _content(place: Place, file: str) -> bytes:
    where = f"{place.path}[{told(file)}]"
    if not SECRET_FILE.fullmatch(file):
        raise impossible(
            f"Property '{where}': a file is named with 1 to 253 of A-Z, a-z, 0-9, '-', '_' and '.', not '.' or '..'."
        )
    value = place.get(file)
    if not isinstance(value, str):
        raise impossible(f"Property '{where}' must be a string in base64.")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise impossible(f"Property '{where}' is not base64.") from None


def _git_repo(place: Place, name: str) -> GitRepo:
    """Return a clone to make; git would take a text that begins with a hyphen as an option."""
    repository = place.filled("repository")
    if repository.startswith("-") or any(
        character.isspace() or not character.isprintable() for character in repository
    ):
        raise impossible(f"Property '{place.at('repository')}' is not the address of a repository.")
    directory = place.maybe_text("directory") or ""
    if directory and not DIRECTORY.fullmatch(directory):
        raise invalid(place.at("directory"), directory, "'.' or a relative path without '..'")
    revision = place.maybe_text("revision") or ""
    if revision and not REVISION.fullmatch(revision):
        raise invalid(place.at("revision"), revision, "a commit, a branch or a tag")
    return GitRepo(name, repository, directory=directory, revision=revision)
