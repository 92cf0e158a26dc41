"""A base image in place of `python:3.13-slim`, made of this machine's own Python: no registry is asked.

It holds what a Dockerfile expects of such a base: Python 3.13 with pip as `python`, a shell, CA certificates. Each
library that Python needs is copied from here, so the image fits this machine's engine. Making it takes some seconds;
an engine that has it already is not asked twice.
"""

import functools
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import pip

from tests.emulator.engine import BUSYBOX

#: The programs that may talk to the engine; the first that is there does.
CLIENTS = ("docker", "/usr/bin/docker")
#: The tag says what it is made of: another Python or another edition of this file makes another image.
BASE = "crontable-test/python:" + hashlib.sha256(f"{sys.version}{Path(__file__).read_text()}".encode()).hexdigest()[:12]
#: What compiled packages of the index expect of any Linux beside the C library, and python:3.13-slim has.
EXPECTED = (
    "libgcc_s.so.1",
    "libstdc++.so.6",
    "libm.so.6",
    "libdl.so.2",
    "libpthread.so.0",
    "librt.so.1",
    "libutil.so.1",
)
#: What the standard library can do without here; none of it is asked for by a job, and it is nine tenths of the bytes.
LEFT_OUT = re.compile(r"(^|/)(test|tests|idlelib|tkinter|turtledemo|ensurepip|config-3[^/]*|__pycache__)(/|$)|_tkinter")
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
IN_IMAGE = "/etc/ssl/certs/ca-certificates.crt"
INDEX = "https://pypi.org/simple/"
INDEX_SECONDS = 10


def client() -> str:
    """Give the program that talks to the engine; '' when there is none."""
    return next((found for name in CLIENTS if (found := shutil.which(name))), "")


def docker(*words: str, given: bytes | None = None) -> str:
    """Run the engine's client; gives what it prints. RuntimeError, with its error output, when it refuses."""
    ended = subprocess.run([client(), *words], input=given, capture_output=True, check=False)
    if ended.returncode:
        raise RuntimeError(f"docker {' '.join(words)} ended with {ended.returncode}: {ended.stderr.decode()}")
    return ended.stdout.decode().strip()


@functools.cache
def why_no_base() -> str:
    """Make the base image ready; return why that cannot be, or nothing. Needs an engine that answers."""
    if not client():
        return "the command docker is not there: install docker.io, or docker's own client"
    try:
        if not docker("images", "--quiet", BASE):
            settings = [f"ENV {name}={value}" for name, value in {"PATH": "/usr/local/bin:/bin"}.items()]
            changes = [word for line in [*settings, 'CMD ["python"]'] for word in ("--change", line)]
            docker("import", *changes, "-", BASE, given=_root())
        docker("run", "--rm", "--network", "none", BASE, "python", "-c", "import ssl, zlib, sqlite3, ctypes, pip")
    except (RuntimeError, OSError) as fault:
        return f"the base image could not be made: {fault}"
    return ""


@functools.cache
def why_no_index() -> str:
    """Return why no package can be had from this machine, or nothing."""
    try:
        with urllib.request.urlopen(INDEX + "six/", timeout=INDEX_SECONDS):
            return ""
    except OSError as fault:
        return f"the package index {INDEX} does not answer: {fault}"


def index_arguments() -> list[str]:
    """Give the words for a build that asks the package index: this machine's network and certificates."""
    return ["--network", "host", "--build-arg", f"PIP_CERT={IN_IMAGE}"]


def _root() -> bytes:
    """Give the image's files as a tar."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as tar:
        for name, mode in {"tmp": 0o1777, "etc": 0o755, "root": 0o700}.items():
            _add(tar, name, tarfile.DIRTYPE, mode=mode)
        _add(tar, "etc/passwd", content=b"root:x:0:0:root:/root:/bin/sh\n")
        _add(tar, "etc/group", content=b"root:x:0:\n")
        _add(tar, "etc/nsswitch.conf", content=b"hosts: files dns\n")
        for where, source in _files().items():
            _add(tar, where, content=source.read_bytes(), mode=0o755 if os.access(source, os.X_OK) else 0o644)
        applets = subprocess.run([str(BUSYBOX), "--list"], check=True, capture_output=True, text=True).stdout.split()
        for link, target in {**{f"bin/{name}": "busybox" for name in applets if name != "busybox"}, **_PYTHONS}.items():
            _add(tar, link, tarfile.SYMTYPE, target=target)
    return whole.getvalue()


_PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
_PYTHONS = {f"usr/local/bin/{name}": _PYTHON for name in ("python", "python3")}


def _files() -> Mapping[str, Path]:
    """Give each file of the image, by its place there."""
    python = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    library = Path(sysconfig.get_path("stdlib", vars={"installed_base": sys.base_prefix, "base": sys.base_prefix}))
    found = {f"usr/local/lib/{_PYTHON}/{path}": library / path for path in _below(library)}
    packages = Path(pip.__file__).parents[1]
    found |= {
        f"usr/local/lib/{_PYTHON}/site-packages/pip/{path}": packages / "pip" / path
        for path in _below(packages / "pip")
    }
    libraries = _libraries([python, *(path for path in found.values() if path.suffix == ".so")])
    for needed in [*libraries, *_expected(next(path for path in libraries if path.name == "libc.so.6").parent)]:
        # An interpreter must be where the programs name it; the others are where any loader looks.
        found[str(needed)[1:] if needed.name.startswith("ld-") else f"lib/{needed.name}"] = needed
    certificates = {IN_IMAGE[1:]: CERTIFICATES} if CERTIFICATES.exists() else {}
    return {**found, f"usr/local/bin/{_PYTHON}": python, "bin/busybox": BUSYBOX, **certificates}


def _below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and "site-packages" not in inside.parts and not LEFT_OUT.search(inside.as_posix()):
            yield inside


def _libraries(programs: list[Path]) -> set[Path]:
    """Give what the loader would load for these, by the paths that it names."""
    said = subprocess.run(["ldd", *map(str, programs)], check=True, capture_output=True, text=True).stdout
    return {Path(named) for named in re.findall(r"(?:=> |^\t)(/\S+) \(0x", said, re.MULTILINE)}


def _expected(place: Path) -> Iterator[Path]:
    """Give the libraries that packages expect; `place`: where the C library is, they are beside it or in /usr."""
    for name in EXPECTED:
        both = (place / name, Path("/usr") / place.relative_to("/") / name)
        yield from [path for path in both if path.exists()][:1]


def _add(
    tar: tarfile.TarFile,
    name: str,
    kind: bytes = tarfile.REGTYPE,
    *,
    content: bytes = b"",
    mode: int = 0o644,
    target: str = "",
) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.size, entry.linkname = kind, mode, len(content), target
    tar.addfile(entry, io.BytesIO(content))
