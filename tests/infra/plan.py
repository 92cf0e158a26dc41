"""What a deployment of a main file would make: its modules, loops and conditions followed with given parameters.

A policy that reads the files as texts can be fooled by a variable, a loop or a module's parameter; this one reads what
comes out of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.check import bicep, tree
from infra.check.read import read
from tests.infra.functions import FUNCTIONS, text
from tests.infra.later import GROUP, SUBSCRIPTION, Deployed, Later


@dataclass
class Plan:
    """All resources that a deployment makes, in the order of the files, and what the main file puts out."""

    resources: list[Deployed] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)  # values that a file's parameters do not take
    opener: Callable[[Path], bicep.File] = read

    def of(self, kind: str) -> list[Deployed]:
        """Those of a type that are made, not found."""
        return [r for r in self.resources if r.type.lower() == kind.lower() and not r.existing]

    @property
    def made(self) -> list[Deployed]:
        return [r for r in self.resources if not r.existing]


def plan(main: Path, given: Mapping[str, Any] | None = None, opener: Callable[[Path], bicep.File] = read) -> Plan:
    """Plan a deployment of `main` into the resource group GROUP, with these parameters and the defaults of others."""
    found = Plan(opener=opener)
    found.outputs = _Sheet(found, main.resolve(), f"{SUBSCRIPTION}/resourceGroups/{GROUP}", dict(given or {})).outputs()
    return found


@dataclass(frozen=True)
class _ModuleMade:
    """A module that was deployed: what it puts out."""

    name: str
    outputs: Mapping[str, Any]


class _Sheet:
    """One file, deployed into one scope with its parameters."""

    def __init__(self, found: Plan, path: Path, scope: str, given: dict[str, Any]) -> None:
        self.found, self.path, self.scope = found, path, scope
        self.file = found.opener(path)
        assert not self.file.problems, self.file.problems
        self.declared = {d.name: d for d in self.file.declared if not isinstance(d, bicep.Output)}
        self.known: dict[str, Any] = given
        self.made: dict[str, list[Deployed]] = {}

    def outputs(self) -> dict[str, Any]:
        for parameter in self.file.of(bicep.Parameter).values():
            value, where = self.name(parameter.name), f"{self.path.name}: {parameter.name}"
            self.found.refused += [f"{where} is {value!r}: {bound}" for bound in refusals(parameter, value)]
        for declared in self.file.declared:
            if isinstance(declared, bicep.Resource | bicep.Module):
                self.name(declared.name)
        return {output.name: self.value(output.value, {}) for output in self.file.of(bicep.Output).values()}

    def name(self, name: str) -> Any:
        """Give what a name stands for, worked out once."""
        if name not in self.known:
            self.known[name] = self._worked_out(self.declared[name])
        return self.known[name]

    def _worked_out(self, declared: tree.Declared) -> Any:
        match declared:
            case bicep.Parameter(default=default):
                if declared.needed:
                    raise LookupError(f"{self.path.name}: the parameter {declared.name} is not given.")
                return None if default is None else self.value(default, {})
            case bicep.Variable(value=value):
                return self.value(value, {})
            case bicep.Resource() | bicep.Module():
                return self._made(declared, declared.value, {})
        raise LookupError(f"{self.path.name}: {declared.name} cannot be worked out.")

    def _made(self, declared: bicep.Resource | bicep.Module, value: tree.Node, local: Mapping[str, Any]) -> Any:
        """Make a resource or module; none where its condition does not hold, a list of them for a loop."""
        if isinstance(declared, bicep.Resource) and declared.inside_of and self._outer(declared) is None:
            return None  # inside one that is not made
        match value:
            case tree.When(condition=condition, body=body):
                holds = self.value(condition, local)
                assert isinstance(holds, bool), f"{self.path.name}:{value.line}: the condition is {holds}"
                return self._made(declared, body, local) if holds else None
            case tree.Loop(body=body):
                return [self._made(declared, body, each) for each in self._turns(value, local)]
            case tree.Object() if isinstance(declared, bicep.Resource):
                return self._resource(declared, value, local)
            case tree.Object():
                return self._module(declared, value, local)
        raise TypeError(value)

    def _turns(self, loop: tree.Loop, local: Mapping[str, Any]) -> list[dict[str, Any]]:
        rows = self.value(loop.over, local)
        return [{**local, **dict(zip(loop.names, (row, number), strict=False))} for number, row in enumerate(rows)]

    def _module(self, declared: tree.Declared, body: tree.Object, local: Mapping[str, Any]) -> _ModuleMade:
        assert isinstance(declared, bicep.Module)
        scope, params = body.get("scope"), body.get("params")
        given = self.value(params, local) if params else {}
        within = self._scope(self.value(scope, local)) if scope else self.scope
        given = {name: value for name, value in given.items() if value is not None}
        sheet = _Sheet(self.found, (self.path.parent / declared.source).resolve(), within, given)
        return _ModuleMade(declared.name, sheet.outputs())

    @staticmethod
    def _scope(scope: Any) -> str:
        return scope.id if isinstance(scope, Deployed) else str(scope["id"])

    def _resource(self, declared: bicep.Resource, body: tree.Object, local: Mapping[str, Any]) -> Deployed:
        kind, _, version = declared.kind.partition("@")
        parent, scope = body.get("parent"), body.get("scope")
        within, above = self.scope, self._outer(declared)
        if parent:
            above = self.value(parent, local)
        elif scope:
            given = self.value(scope, local)
            above, within = (given, self.scope) if isinstance(given, Deployed) else (None, self._scope(given))
        name = text(self.value(body.get("name") or tree.Text(body.line, ("",)), local))
        made = Deployed(
            self.path.name, declared.name, kind, version, name, above.group if above else within,
            above.id if above else "", existing=declared.existing, line=declared.line,
        )  # fmt: skip
        self.found.resources.append(made)
        skipped = {"parent", "scope", "dependsOn", "name"}
        pairs = tuple(pair for pair in body.pairs if pair.key not in skipped)
        made.body = {} if declared.existing else self.value(tree.Object(body.line, pairs), local)
        return made

    def _outer(self, declared: bicep.Resource) -> Any:
        """Give the resource that this one stands in."""
        for other in self.file.of(bicep.Resource).values():
            if other.body and declared in other.body.nested:
                return self.name(other.name)
        return None

    def value(self, node: tree.Node, local: Mapping[str, Any]) -> Any:
        """Work an expression out."""
        match node:
            case tree.Text(parts=parts):
                return "".join(part if isinstance(part, str) else text(self.value(part, local)) for part in parts)
            case tree.Number(value=value) | tree.Truth(value=value):
                return value
            case tree.Null():
                return None
            case tree.Object(pairs=pairs):
                return {self.value(pair.name, local): self.value(pair.value, local) for pair in pairs}
            case tree.Array(items=items):
                return [self.value(item, local) for item in items]
            case tree.Name(name=name):
                return local[name] if name in local else self.name(name)
            case tree.Choice(condition=condition, yes=yes, no=no):
                return self.value(yes if self.value(condition, local) else no, local)
            case tree.Loop(body=body):
                return [self.value(body, each) for each in self._turns(node, local)]
            case tree.Lambda(names=names, body=body):
                return lambda *row: self.value(body, {**local, **dict(zip(names, row, strict=False))})
        return self._compound(node, local)

    def _compound(self, node: tree.Node, local: Mapping[str, Any]) -> Any:
        match node:
            case tree.Unary(sign="!", of=of):
                return not self.value(of, local)
            case tree.Unary(of=of):
                return -self.value(of, local)
            case tree.Binary():
                return self._binary(node, local)
            case tree.Member(of=of, name=name, safe=safe):
                whole = self.value(of, local)
                if whole is None and not safe:
                    self.found.refused.append(f"{self.path.name}:{node.line}: .{name} is taken of what is not made")
                return member(whole, name)
            case tree.Index(of=of, at=at):
                whole, place = self.value(of, local), self.value(at, local)
                return member(whole, place) if isinstance(whole, dict | Later) else whole[place]
            case tree.Inner(name=name):
                return self.name(name)
            case tree.Call():
                return self._call(node, local)
        raise TypeError(f"{self.path.name}:{node.line}: {node} cannot be worked out.")

    def _binary(self, node: tree.Binary, local: Mapping[str, Any]) -> Any:
        left = self.value(node.left, local)
        match node.sign:
            case "&&":
                return left and self.value(node.right, local)
            case "||":
                return left or self.value(node.right, local)
            case "??":
                return self.value(node.right, local) if left is None else left
        right = self.value(node.right, local)
        both = (left.lower(), right.lower()) if isinstance(left, str) and isinstance(right, str) else (left, right)
        plain: Mapping[str, Callable[[], Any]] = {
            "==": lambda: left == right,
            "!=": lambda: left != right,
            "=~": lambda: both[0] == both[1],
            "!~": lambda: both[0] != both[1],
            "+": lambda: left + right,
            "-": lambda: left - right,
            "*": lambda: left * right,
            "/": lambda: left // right,
            "%": lambda: left % right,
            "<": lambda: left < right,
            "<=": lambda: left <= right,
            ">": lambda: left > right,
            ">=": lambda: left >= right,
        }
        return plain[node.sign]()

    def _call(self, call: tree.Call, local: Mapping[str, Any]) -> Any:
        arguments = [self.value(argument, local) for argument in call.arguments]
        if call.of is not None:
            owner = self.value(call.of, local)
            return Later(owner.id if isinstance(owner, Deployed) else str(owner), f".{call.name}()")
        if call.name == "resourceGroup":
            group = f"{SUBSCRIPTION}/resourceGroups/{arguments[-1]}" if arguments else self.scope
            return {"id": group, "name": group.rpartition("/")[2], "location": "westeurope", "tags": {}}
        if call.name.startswith("load"):
            return (self.path.parent / arguments[0]).read_text(encoding="utf-8")
        own = self.declared.get(call.name)
        if isinstance(own, bicep.Function):
            return self.value(own.body, dict(zip(own.names, arguments, strict=True)))
        return FUNCTIONS[call.name](*arguments)


def refusals(parameter: bicep.Parameter, value: Any) -> list[str]:
    """Name the bounds of a parameter that a value does not keep; what is known later only keeps them all."""
    if isinstance(value, Later) or "<" in str(value):
        return []
    size = len(value) if isinstance(value, str | list) else value
    found = [] if value in parameter.allowed or not parameter.allowed else [f"not among {parameter.allowed}"]
    for decorator in parameter.decorators:
        sign = {"min": 1, "max": -1}.get(decorator.name[:3], 0)
        bound = decorator.arguments[0] if decorator.arguments else None
        if sign and isinstance(bound, tree.Number) and sign * (size - bound.value) < 0:
            found.append(f"@{decorator.name}({bound.value})")
    return found


def member(whole: Any, name: Any) -> Any:
    """Take a property: of a resource, what is known before it is made, or else a promise of it."""
    match whole:
        case Deployed():
            if name in {"id", "name", "type"}:
                return getattr(whole, name)
            given = whole.body.get(name)
            return given if isinstance(given, str) else Later(whole.id, f".{name}")
        case Later():
            return Later(whole.of, f"{whole.path}.{name}")
        case _ModuleMade():
            return whole.outputs if name == "outputs" else whole.name
        case None:
            return None
    assert isinstance(whole, dict), f".{name} is taken of {whole!r}"
    return whole.get(name)
