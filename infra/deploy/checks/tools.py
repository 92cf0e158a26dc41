"""az with Bicep, and func: there, able to run, new enough."""

import json
import re
import sys
from collections.abc import Iterator

from infra.deploy.finding import Fault
from infra.deploy.programs import Answer, Programs

type Version = tuple[int, ...]

#: The first az with `functionapp list-flexconsumption-runtimes` (seen in its packages: 2.55 has none).
AZ: Version = (2, 60, 0)
#: The first Bicep that takes a module without a name. (Parameters beside a .bicepparam file need 0.22.6.)
BICEP: Version = (0, 34, 1)
#: The oldest func of which its makers wrote that it takes Python 3.10 to 3.14 (azure-functions-core-tools issue 4810).
FUNC: Version = (4, 8, 0)
_NUMBERS = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_MAC = sys.platform == "darwin"
_GET_AZ = "brew install azure-cli" if _MAC else "pipx install azure-cli"
_GET_FUNC = "npm install --global azure-functions-core-tools@4"
_GET_NODE = "brew install node" if _MAC else "sudo apt install nodejs npm"


def az(programs: Programs) -> Iterator[Fault]:
    """Find what is wrong with az."""
    needed = f"the Azure CLI, {_text(AZ)} or newer"
    program = programs.find("az")
    if program is None:
        yield Fault("az is not on PATH.", needed, (_GET_AZ,))
        return
    answer = _run(programs, program, "version", "--output", "json")
    version = _az_version(answer)
    if version is None:
        yield Fault(f"{program} does not work: {_said(answer)}", needed, (_GET_AZ,))
    elif version < AZ:
        yield Fault(f"az is {_text(version)}.", needed, ("az upgrade",))
    else:
        yield from _bicep(programs, program)


def _bicep(programs: Programs, program: str) -> Iterator[Fault]:
    needed = f"Bicep {_text(BICEP)} or newer, in az"
    answer = _run(programs, program, "bicep", "version")
    version = _numbers(answer.words) if not answer.code else None
    if version is None and "on PATH" in answer.words:
        mend = ("az config set bicep.use_binary_from_path=False", "az bicep install")
        yield Fault("az is told to use the bicep on PATH, and there is none.", needed, mend)
    elif version is None:
        yield Fault(f"az has no Bicep: {_said(answer)}", needed, ("az bicep install",))
    elif version < BICEP:
        yield Fault(f"az has Bicep {_text(version)}.", needed, ("az bicep upgrade",))


def func(programs: Programs) -> Iterator[Fault]:
    """Find what is wrong with func."""
    needed = f"Azure Functions Core Tools, {_text(FUNC)} or newer, of version 4"
    program = programs.find("func")
    node = () if programs.find("npm") else (_GET_NODE,)
    if program is None:
        yield Fault("func is not on PATH.", needed, (*node, _GET_FUNC))
        return
    answer = _run(programs, program, "--version")
    version = _numbers(answer.words) if not answer.code else None
    if version is None and "node" in answer.err:
        # npm's func is a script of Node's that starts the real one.
        yield Fault(f"{program} needs Node, which is not there: {_said(answer)}", "Node 20 or newer", (_GET_NODE,))
    elif version is None:
        yield Fault(f"{program} does not work: {_said(answer)}", needed, (*node, _GET_FUNC))
    elif version < FUNC or version[0] != FUNC[0]:
        yield Fault(f"func is {_text(version)}.", needed, (*node, _GET_FUNC))


def _run(programs: Programs, *command: str) -> Answer:
    try:
        return programs.run(command)
    except OSError as error:
        return Answer(126, "", str(error))


def _az_version(answer: Answer) -> Version | None:
    try:
        return _numbers(json.loads(answer.out)["azure-cli"])
    except (ValueError, KeyError, TypeError):
        return None


def _numbers(text: str) -> Version | None:
    found = _NUMBERS.search(text)
    return tuple(map(int, found.groups())) if found else None


def _text(version: Version) -> str:
    return ".".join(map(str, version))


def _said(answer: Answer) -> str:
    lines = [line for line in (answer.err or answer.out).splitlines() if line.strip()]
    return lines[0].strip() if lines else f"it ended with exit code {answer.code}."
