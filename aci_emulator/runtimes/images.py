"""The images file of the process runtime: image name or glob -> what to run."""

import hashlib
import json
import sys
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any


class ImagesError(Exception):
    """The images file cannot be used; the sentence says why."""


@dataclass(frozen=True)
class Image:
    """What stands for an image: its command, perhaps empty, and the folder with its files, perhaps none."""

    command: tuple[str, ...]
    folder: Path | None
    definition: str

    def digest(self, name: str) -> str:
        """Return a digest that changes with the name and with the definition, as a pushed image's does."""
        return "sha256:" + hashlib.sha256(f"{name}\0{self.definition}".encode()).hexdigest()


class Catalogue:
    """All images there are: an exact name wins, then the first matching glob in the file's order."""

    def __init__(self, images: dict[str, Image]) -> None:
        self._images = images

    def find(self, name: str) -> Image | None:
        """Return the image called `name`, or None."""
        exact = self._images.get(name)
        if exact is not None:
            return exact
        matches = (image for pattern, image in self._images.items() if fnmatchcase(name, pattern))
        return next(matches, None)


class ImagesFile:
    """The images file as it is now: whoever edits it need not start the emulator anew.

    ImagesError when it cannot be used at the start. One that is broken later is said on standard error,
    and what it held before stays good.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fault = ""
        self._stamp = _stamp(path)
        self._catalogue = read_catalogue(path)

    def find(self, name: str) -> Image | None:
        """Return the image called `name`, or None; the file is read again when it changed, or was broken."""
        stamp = _stamp(self.path)
        if self.fault or stamp != self._stamp:
            self._stamp = stamp
            self._read()
        return self._catalogue.find(name)

    def why_missing(self, name: str) -> str:
        """Say why `find` has no image called `name`: the file's fault, or that no line is for it."""
        return self.fault or f"images file {self.path} has no line for {name!r}"

    def _read(self) -> None:
        before, self.fault = self.fault, ""
        try:
            self._catalogue = read_catalogue(self.path)
        except ImagesError as fault:
            self.fault = str(fault)
            if self.fault != before:
                sys.stderr.write(f"aci_emulator: {fault}; what it held before is used until it is mended\n")
                sys.stderr.flush()


def _stamp(path: Path) -> tuple[int, int] | None:
    """When the file was last written, in nanoseconds, and its size; None when it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def read_catalogue(path: Path) -> Catalogue:
    """Read the images file at `path`; its folders are relative to its own. ImagesError if unusable."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise ImagesError(f"images file {path}: {fault.strerror}") from None
    except (ValueError, RecursionError) as fault:
        raise ImagesError(f"images file {path} is not JSON: {fault}") from None
    if not isinstance(content, dict):
        raise ImagesError(f'images file {path} must hold a JSON object: {{"IMAGE": {{"command": [...], ...}}}}')
    return Catalogue({name: _image(path, name, entry) for name, entry in content.items()})


def _image(path: Path, name: str, entry: Any) -> Image:  # noqa: ANN401 - any JSON value: this checks it
    where = f"images file {path}, image {name!r}"
    if not isinstance(entry, dict):
        raise ImagesError(f'{where}: must be an object like {{"command": ["python", "-m", "job"], "folder": "job"}}')
    unknown = sorted(set(entry) - {"command", "folder"})
    if unknown:
        raise ImagesError(f"{where}: unknown key {unknown[0]!r}; allowed are command and folder")
    command = entry.get("command", [])
    if not isinstance(command, list) or not all(isinstance(word, str) for word in command):
        raise ImagesError(f"{where}: command must be an array of strings")
    folder = entry.get("folder")
    if folder is not None and not isinstance(folder, str):
        raise ImagesError(f"{where}: folder must be a string")
    inside = None if folder is None else (path.parent / folder).resolve()
    if inside is not None and not inside.is_dir():
        raise ImagesError(f"{where}: folder {inside} is not a folder")
    return Image(tuple(command), inside, json.dumps(entry, sort_keys=True))
