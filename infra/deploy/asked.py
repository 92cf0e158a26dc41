"""The command line: where to deploy, with which parameters, and how far to go."""

import argparse
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Self

from infra.deploy.finding import Fault

type Until = Literal["check", "what-if", "health"]

#: As ARM has it: 1 to 90 letters, digits and `_()-.`, no dot at the end.
_GROUP = re.compile(r"^[\w().-]{0,89}[\w()-]$")
#: The rule of main.bicep's parameter `name`: it becomes part of names that allow no more.
_NAME = re.compile(r"^[a-z][a-z0-9]{2,11}$")

TEMPLATE_FILE = Path(__file__).resolve().parents[1] / "main.bicep"
_SECURE = re.compile(r"^@secure\(\)\n(?:@.*\n)*param (\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Asked:
    """What the person asked for. `location` is '' where it was left out, and so on."""

    group: str
    location: str = ""
    name: str = ""
    subscription: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    until: Until = "health"
    #: Minutes to wait for roles to be known everywhere, and again for the first tick.
    patience: float = 15.0
    #: Seconds between two looks.
    pause: float = 15.0

    @classmethod
    def read(cls, words: Sequence[str] | None = None) -> Self:
        """Read the command line; a word that does not belong there ends the program with exit code 2."""
        parser = _parser()
        given = parser.parse_args(words)
        if not given.resource_group:
            parser.error("RESOURCE_GROUP is not given: make deploy RESOURCE_GROUP=crontable LOCATION=westeurope")
        parameters = {}
        for pair in given.parameters:
            name, equals, value = pair.partition("=")
            if not equals or not name:
                parser.error(f"PARAMETERS holds {pair!r}: write name=value, several with spaces between them")
            parameters[name] = value
        return cls(
            group=given.resource_group,
            location=given.location.replace(" ", "").lower(),
            name=given.name,
            subscription=given.subscription,
            parameters=parameters,
            until="check" if given.check else "what-if" if given.what_if else "health",
            patience=given.patience,
            pause=given.pause,
        )

    def secrets(self) -> list[str]:
        """Tell the values of parameters that main.bicep marks as secure: they are not shown."""
        names = set(_SECURE.findall(TEMPLATE_FILE.read_text()))
        return [value for name, value in self.parameters.items() if name in names]

    def command(self, **changes: str) -> str:
        """Tell what to type for this deployment; `changes` are fields that should be otherwise, '' leaves one out."""
        other = replace(self, **changes)  # type: ignore[arg-type]  # only texts are ever changed
        given = {
            "RESOURCE_GROUP": other.group,
            "LOCATION": other.location,
            "NAME": other.name,
            "SUBSCRIPTION": other.subscription,
            "PARAMETERS": shlex.join(f"{name}={value}" for name, value in other.parameters.items()),
        }
        return " ".join(["make deploy", *(f"{name}={_quoted(value)}" for name, value in given.items() if value)])

    def with_parameter(self, name: str, value: str) -> str:
        """Tell what to type for this deployment with a template parameter of this value."""
        return replace(self, parameters={**self.parameters, name: value}).command()

    def faults(self) -> Iterator[Fault]:
        """Find what is wrong with the words themselves, before anybody else is asked."""
        if not _GROUP.match(self.group):
            yield Fault(
                f"RESOURCE_GROUP is {self.group!r}.",
                "A resource group's name has 1 to 90 letters, digits and _ ( ) - . and does not end with a dot.",
                (self.command(group="crontable"),),
            )
        if self.name and not _NAME.match(self.name):
            yield Fault(
                f"NAME is {self.name!r}.",
                "It has 3 to 12 lower-case letters and digits, a letter first: it becomes part of every other name.",
                (self.command(name="crontable"),),
            )
        theirs = self.parameters.get("name", self.name)
        if self.name and theirs != self.name:
            yield Fault(
                f"NAME is {self.name!r}, and PARAMETERS says name={theirs!r}.",
                "NAME=… is short for PARAMETERS=name=…; give one of them.",
                (replace(self, parameters={k: v for k, v in self.parameters.items() if k != "name"}).command(),),
            )


def _quoted(text: str) -> str:
    """Quote for make and a shell; what holds quotes itself is easier to read in double ones."""
    text = text.replace("$", "$$")
    return f'"{text}"' if "'" in text and not set(text) & set('"$`\\!') else shlex.quote(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m infra.deploy",
        description="Check, deploy, publish and wait until Crontable runs. `make deploy` calls this.",
    )
    option = parser.add_argument
    option("--resource-group", default="", metavar="NAME", help="created when it is missing")
    option("--location", default="", metavar="REGION", help="where to create it; needed only then")
    option("--name", default="", help="part of every other name; default: as in infra/main.bicepparam")
    option("--subscription", default="", metavar="NAME_OR_ID", help="default: the one that az has chosen")
    option("--parameters", nargs="*", default=[], metavar="NAME=VALUE", help="parameters of infra/main.bicep")
    until = parser.add_mutually_exclusive_group()
    until.add_argument("--check", action="store_true", help="only look, and tell all that is in the way")
    until.add_argument("--what-if", action="store_true", help="look, and show what a deployment would change")
    option("--patience", type=_number, default=15.0, metavar="MINUTES", help="for roles, and for the first tick (15)")
    option("--pause", type=_number, default=15.0, metavar="SECONDS", help="between two looks (15)")
    return parser


def _number(text: str) -> float:
    """Read a number that may be waited for."""
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 < value <= 24 * 60:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number above 0 and at most 1440")
    return value
