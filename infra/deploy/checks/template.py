"""The template compiles, and takes the parameters that were given."""

import difflib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from infra.deploy.asked import Asked
from infra.deploy.azure import Az, AzError
from infra.deploy.finding import Fault, Finding
from infra.deploy.plan import PARAMETER_FILE, Template

_BOOLEANS = {"true": True, "false": False}
#: What a text is read as, by ARM's type; others are left as they are.
_READ: Mapping[str, Callable[[str], Any]] = {"int": int, "bool": lambda text: _BOOLEANS[text.lower()]}


def find(az: Az, asked: Asked) -> tuple[Template | None, list[Finding]]:
    """Compile the parameter file with its template, and hold the given parameters against it."""
    try:
        told = json.loads(az.text("bicep", "build-params", "--file", PARAMETER_FILE, "--stdout"))
        template = _read(told)
    except AzError as error:
        found = f"{PARAMETER_FILE} does not compile: " + "; ".join(one.message for one in error.refusals)
        mend = (f"az bicep build-params --file {PARAMETER_FILE} --stdout",)
        return None, [Fault(found, "a template that compiles; the command shows all that is wrong", mend)]
    except (ValueError, KeyError, TypeError) as error:
        found = f"az bicep build-params answered with something else than parameters and a template: {error!r}"
        return None, [Fault(found, "Bicep's own answer", ("az bicep upgrade",))]
    return template, list(_faults(template, asked))


def refused(template: Template, asked: Asked) -> set[str]:
    """Tell the parameters whose given values the template does not take."""
    given = asked.parameters.items()
    return {name for name, text in given if name in template.declared and _needed(template.declared[name], text)}


def _read(told: Mapping[str, str]) -> Template:
    given = json.loads(told["parametersJson"])["parameters"]
    declared = json.loads(told["templateJson"])["parameters"]
    values = {name: parameter["value"] for name, parameter in given.items() if "value" in parameter}
    return Template(declared, values)


def _faults(template: Template, asked: Asked) -> Iterator[Fault]:
    for name, text in asked.parameters.items():
        parameter = template.declared.get(name)
        if parameter is None:
            yield _unknown(name, text, template, asked)
        elif needed := _needed(parameter, text):
            yield Fault(f"The parameter {name} is {text!r}.", f"it must be {needed}", (_left_out(name, asked),))


def _unknown(name: str, text: str, template: Template, asked: Asked) -> Fault:
    near = difflib.get_close_matches(name, template.declared, 1)
    rest = {key: value for key, value in asked.parameters.items() if key != name}
    other = Asked(asked.group, asked.location, asked.name, asked.subscription, rest)
    mend = other.with_parameter(near[0], text) if near else other.command()
    return Fault(
        f"infra/main.bicep has no parameter {name}.", f"one of {', '.join(sorted(template.declared))}", (mend,)
    )


def _left_out(name: str, asked: Asked) -> str:
    return asked.with_parameter(name, "VALUE")


def _needed(parameter: Mapping[str, Any], text: str) -> str:
    """Tell what a value must be where it is something else, '' where it is fine."""
    kind = parameter.get("type", "string")
    try:
        value = _READ.get(kind, str)(text)
    except (ValueError, KeyError):
        return "a whole number" if kind == "int" else "true or false"
    allowed = parameter.get("allowedValues")
    if allowed is not None and value not in allowed:
        return "one of " + ", ".join(map(str, allowed))
    if kind == "int":
        return _bounded(value, parameter.get("minValue"), parameter.get("maxValue"), "")
    if kind == "string":
        return _bounded(len(text), parameter.get("minLength"), parameter.get("maxLength"), " characters")
    return ""


def _bounded(size: int, least: int | None, most: int | None, unit: str) -> str:
    if least is not None and size < least:
        return f"at least {least:,}{unit}"
    return f"at most {most:,}{unit}" if most is not None and size > most else ""
