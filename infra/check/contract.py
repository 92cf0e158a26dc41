"""Modules held against the files that they name, and a .bicepparam against its main file: what is given and needed."""

from collections.abc import Iterator, Mapping

from infra.check import bicep, tree
from infra.check.facts import Facts
from infra.check.guess import Guess, Guesser
from infra.check.members import Find
from infra.check.names import nearest

_OF_A_MODULE = {"name", "params", "scope", "dependsOn", "identity", "extensionConfigs"}


def problems(file: bicep.File, facts: Facts, find: Find) -> Iterator[bicep.Problem]:
    """Name what is wrong with the modules of a file, and with the kinds of its own defaults and outputs."""
    contract = _Contract(file, facts)
    for parameter in file.of(bicep.Parameter).values():
        if parameter.default is not None:
            yield from contract.fits(parameter.default, parameter, "The default of")
    for output in file.of(bicep.Output).values():
        guess = contract.guesser.guess(output.value)
        if _clash(guess, output.kind):
            sentence = f"The output {output.name} is declared as {output.kind.text}, and its value is {guess.word}."
            yield file.problem(output, "BCP033", sentence)
    for module in file.of(bicep.Module).values():
        yield from contract.module(module, find)


def given(file: bicep.File, main: bicep.File, facts: Facts) -> Iterator[bicep.Problem]:
    """Hold the values of a .bicepparam file against the main file that it uses."""
    values = {variable.name: variable.value for variable in file.of(bicep.Variable).values()}
    yield from _Contract(file, facts).parameters(tree.Node(1), main.path.name, values, main)


class _Contract:
    """What one file gives to others."""

    def __init__(self, file: bicep.File, facts: Facts) -> None:
        self.file = file
        self.guesser = Guesser(file, facts)

    def module(self, module: bicep.Module, find: Find) -> Iterator[bicep.Problem]:
        """Hold one module against the file that it names."""
        target = None if ":" in module.source else find(module)
        if ":" in module.source:
            sentence = f"The module {module.name} is {module.source}: a registry's module cannot be checked without it."
            yield self.file.problem(module, "registry", sentence)
        elif target is None:
            sentence = f"The module {module.name} is {module.source!r}: no such file is there."
            yield self.file.problem(module, "BCP091", sentence)
        else:
            yield from self._body(module, target)

    def _body(self, module: bicep.Module, target: bicep.File) -> Iterator[bicep.Problem]:
        known = module.body.known if module.body else {}
        for key in sorted(known.keys() - _OF_A_MODULE):
            yield self.file.problem(module, "BCP037", f"The module {module.name} has no property {key}.")
        params = known.get("params")
        values = params.known if isinstance(params, tree.Object) else {}
        if not any(problem.code == "syntax" for problem in target.problems):
            yield from self.parameters(module, f"The module {module.name}", values, target)

    def parameters(
        self, at: tree.Node, label: str, values: Mapping[str, tree.Node], target: bicep.File
    ) -> Iterator[bicep.Problem]:
        """Hold what is given to a file against its parameters."""
        parameters = target.of(bicep.Parameter)
        for name, value in values.items():
            if name in parameters:
                yield from self.fits(value, parameters[name], f"{label} is given")
            else:
                sentence = f"{label} has no parameter {name}{nearest(name, list(parameters))}"
                yield self.file.problem(value, "BCP037", sentence)
        missing = [name for name, parameter in parameters.items() if parameter.needed and name not in values]
        if missing:
            yield self.file.problem(at, "BCP035", f"{label} lacks the parameters {', '.join(missing)}.")

    def fits(self, value: tree.Node, parameter: bicep.Parameter, label: str) -> Iterator[bicep.Problem]:
        """Hold a value against the parameter that it is given to: its kind, its texts, its size."""
        guess, name = self.guesser.guess(value), parameter.name
        if _clash(guess, parameter.kind):
            sentence = f"{label} {name}: it must be {parameter.kind.text}, and is {guess.word}."
            yield self.file.problem(value, "BCP036", sentence)
            return
        for text in guess.values:
            if parameter.allowed and text not in parameter.allowed:
                sentence = f"{label} {name} = {text!r}: it must be one of {', '.join(map(repr, parameter.allowed))}."
                yield self.file.problem(value, "BCP036", sentence)
            yield from self._sized(value, parameter, len(text), f"{label} {name} = {text!r}")
        if isinstance(value, tree.Number):
            yield from self._sized(value, parameter, value.value, f"{label} {name} = {value.value}")

    def _sized(self, value: tree.Node, parameter: bicep.Parameter, size: int, label: str) -> Iterator[bicep.Problem]:
        """Hold a text's length or a number against @minLength and the like."""
        for decorator in parameter.decorators:
            bound = decorator.arguments[0] if decorator.arguments else None
            sign = {"min": 1, "max": -1}.get(decorator.name[:3], 0)
            if sign and isinstance(bound, tree.Number) and sign * (size - bound.value) < 0:
                yield self.file.problem(value, "BCP332", f"{label}: @{decorator.name}({bound.value}) bounds it.")


def _clash(guess: Guess, kind: tree.Kind) -> bool:
    """Say whether a value can never be of this type; a null may be where the type is optional."""
    if guess.word == "null":
        return not kind.optional and kind.word != ""
    return bool(guess.word and kind.word and guess.word != kind.word)
