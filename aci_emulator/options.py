"""The command line's options: read, checked, each fault one sentence."""

import argparse
import json
import ssl
from pathlib import Path
from typing import NoReturn

from aci_emulator.faults import KINDS, Fault, FaultError, read_fault, read_faults
from aci_emulator.limits import LimitError, Limits, names, read_limit

DEFAULT_PORT = 10010
HIGHEST_PORT = 65_535
RUNTIMES = ("auto", "docker", "process")
AUTO = "auto, the default, is docker if an engine answers and there are no --images"
LONGEST_DELAY = 3_600.0


class OptionError(Exception):
    """An option that cannot be used; the sentence says which and why."""


class Options(argparse.ArgumentParser):
    """A parser that answers a bad option with one sentence."""

    def error(self, message: str) -> NoReturn:
        """End with status 2."""
        raise OptionError(message)


def read(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options; OptionError when one cannot be used."""
    options = _parser().parse_args(arguments)
    if (options.cert is None) != (options.key is None):
        raise OptionError("--cert and --key go together: a certificate and its key, both PEM files")
    _check_certificate(options.cert, options.key)
    options.limits = _limits(options.limit)
    options.fault = [*options.faults, *options.fault]
    return options


def _parser() -> Options:
    parser = Options(
        prog="python -m aci_emulator",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="A local Azure Container Instances: ARM's endpoint for container groups.",
        epilog=_epilog(),
    )
    add = parser.add_argument
    add("--port", type=_port, default=DEFAULT_PORT, help="0 picks a free one (default: %(default)s)")
    add(
        "--runtime",
        type=_runtime,
        default="auto",
        metavar=f"{{{','.join(RUNTIMES)}}}",
        help="default auto: docker if an engine answers and there are no --images",
    )
    add("--images", type=_file, metavar="FILE", help="process runtime: what each image runs; else any image is there")
    add("--speed", type=_speed, default=0.1, help="1: Azure's delays, 0: none (default: %(default)s)")
    add(
        "--clock", choices=("wall", "virtual"), default="wall", help="virtual: time moves by POST /_emulator/clock only"
    )
    add("--data", type=_folder, metavar="DIR", help="keep all state here, as Azurite does (default: keep none)")
    add("--files", type=_shares, metavar="DIR", help="azureFile volumes are the folders DIR/ACCOUNT/SHARE")
    add("--limit", type=_limit, action="append", default=[], metavar="NAME=NUMBER", help="change a limit; or NAME=none")
    add("--fault", type=_fault, action="append", default=[], metavar="KIND[,NAME=VALUE]", help="add a fault, see below")
    add("--faults", type=_faults, default=[], metavar="FILE", help="add the faults of a JSON file, a list of objects")
    add("--require-token", action="store_true", help="refuse a request without a bearer token for ARM")
    add("--identity-delay", type=_delay, default=0.0, metavar="SECONDS", help="identities answer so long after a start")
    add("--cert", type=_file, metavar="FILE", help="serve https: the certificate, PEM")
    add("--key", type=_file, metavar="FILE", help="serve https: its key, PEM")
    return parser


def _epilog() -> str:
    kinds = "\n".join(f"  {name:20} {kind.about}" for name, kind in KINDS.items())
    return f"""\
The images file is a JSON object, image name or glob to {{"command": [...], "folder": PATH}}, both optional; a folder
is relative to the file. It is read again when it changed. A container's own command replaces the image's.

Faults, on demand: KIND, then any of name=GLOB (of container groups), operation=WORD, count=N (how often; for ever
unless given), skip=N (let so many pass first), probability=P, seed=N, seconds=S, restart=false:
{kinds}
Later ones: POST /_emulator/faults. What happened: GET /_emulator/journal.

Limits: {", ".join(names())}; or all."""


def _limits(changes: list[dict[str, object]]) -> Limits:
    whole: dict[str, object] = {}
    for change in changes:
        whole |= change
    return Limits().adjusted(whole)


def _check_certificate(cert: Path | None, key: Path | None) -> None:
    """Refuse files that cannot serve https."""
    if cert is None or key is None:
        return
    for name, path in (("--cert", cert), ("--key", key)):
        if not path.is_file():
            raise OptionError(f"{name} {path}: No such file")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key)
    except (OSError, ValueError) as fault:
        raise OptionError(f"--cert {cert} is no certificate with its key in --key {key}: {fault}") from None


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to {HIGHEST_PORT}")
    return int(text)


def _runtime(text: str) -> str:
    if text not in RUNTIMES:
        raise argparse.ArgumentTypeError(f"{text!r} is not a runtime; there are {', '.join(RUNTIMES)}")
    return text


def _speed(text: str) -> float:
    return _number(text, 1)


def _delay(text: str) -> float:
    return _number(text, LONGEST_DELAY)


def _number(text: str, most: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= most:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to {most:g}")
    return number


def _file(text: str) -> Path:
    return Path(text)


def _shares(text: str) -> Path:
    """Return the folder of shares; who mistypes it would else wonder where they are."""
    if not text or not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is not a folder")
    return Path(text).resolve()


def _folder(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("'' is not the name of a folder")
    path = Path(text)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise argparse.ArgumentTypeError(f"{text!r} cannot be used as a folder: {fault.strerror}") from None
    return path.resolve()


def _limit(text: str) -> dict[str, object]:
    try:
        return read_limit(text)
    except LimitError as fault:
        raise argparse.ArgumentTypeError(str(fault)) from None


def _fault(text: str) -> Fault:
    try:
        return read_fault(text)
    except FaultError as fault:
        raise argparse.ArgumentTypeError(str(fault)) from None


def _faults(text: str) -> list[Fault]:
    try:
        return read_faults(json.loads(Path(text).read_text(encoding="utf-8")))
    except OSError as fault:
        raise argparse.ArgumentTypeError(f"{text!r}: {fault.strerror}") from None
    except (ValueError, RecursionError) as fault:
        raise argparse.ArgumentTypeError(f"{text!r} is not JSON: {fault}") from None
    except FaultError as fault:
        raise argparse.ArgumentTypeError(f"{text!r}: {fault}") from None
