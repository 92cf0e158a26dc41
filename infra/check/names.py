"""Names: every one that is used is declared, every parameter and variable that is declared is used, none twice."""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from infra.check import bicep, tree
from infra.check.words import DECORATORS, FUNCTIONS, of_a_resource, takes

_SPACES = {"az", "sys"}
_WORDS = {"true", "false", "null"}
_TYPES = {"string", "int", "bool", "object", "array", "any"}
_USED = {bicep.Parameter: "no-unused-params", bicep.Variable: "no-unused-vars"}


def problems(file: bicep.File) -> Iterator[bicep.Problem]:
    """Name what is wrong with the names of a file; a .bicepparam's are not looked up, but for functions."""
    yield from _twice(file)
    known = {d.name for d in file.declared if not _inner(d) and not isinstance(d, bicep.Output | bicep.Using)}
    taken: set[str] = set()
    for declared in file.declared:
        yield from _decorators(file, declared)
        if not _inner(declared):
            yield from _Names(file, known, taken).within(declared, frozenset())
    if file.path.suffix == ".bicep":
        for declared in file.declared:
            if type(declared) in _USED and declared.name not in taken:
                yield file.problem(declared, _USED[type(declared)], f"{declared.name} is never used.")


def nearest(name: str, known: Iterator[str] | set[str] | list[str] | tuple[str, ...]) -> str:
    """Offer the name that was probably meant, as the end of a sentence."""
    lower = {each.lower(): each for each in known}
    found = get_close_matches(name.lower(), lower, 1, 0.75)
    return f"; did you mean {lower[found[0]]}?" if found else "."


def _inner(declared: tree.Declared) -> bool:
    return isinstance(declared, bicep.Resource) and bool(declared.inside_of)


def _twice(file: bicep.File) -> Iterator[bicep.Problem]:
    seen: dict[tuple[bool, str], tree.Declared] = {}
    for declared in file.declared:
        other = seen.setdefault((isinstance(declared, bicep.Output), declared.name), declared)
        if declared.name in _WORDS:
            yield file.problem(declared, "BCP015", f"{declared.name} is a word of the language, and no name.")
        if other is not declared and not _inner(declared) and declared.name != "import":
            sentence = f"{declared.name} is declared here and in line {other.line}: a name stands for one thing."
            yield file.problem(declared, "BCP028", sentence)


def _decorators(file: bicep.File, declared: tree.Declared) -> Iterator[bicep.Problem]:
    for decorator in declared.decorators:
        name = decorator.name.rpartition(".")[2]
        if name not in DECORATORS:
            yield file.problem(decorator, "BCP057", f"There is no decorator @{name}{nearest(name, set(DECORATORS))}")


class _Names:
    """A walk over one declaration: `known` are the file's names, `taken` collects those that are used."""

    def __init__(self, file: bicep.File, known: set[str], taken: set[str]) -> None:
        self.file, self.known, self.taken = file, known, taken
        self.functions = file.of(bicep.Function)
        self.imports = "import" in file.of(bicep.Type)

    def within(self, node: tree.Node, local: frozenset[str]) -> Iterator[bicep.Problem]:
        """Look at a node, where the names in `local` are known, too."""
        match node:
            case tree.Name(name=name):
                yield from self._name(node, name, local)
            case tree.Call():
                yield from self._call(node, local)
            case tree.Kind():
                yield from self._kind(node)
            case tree.Loop(names=names, over=over, body=body):
                yield from self._hidden(node, names, local)
                yield from self.within(over, local)
                yield from self.within(body, local | set(names))
            case tree.Lambda(names=names, body=body):
                yield from self._hidden(node, names, local)
                yield from self.within(body, local | set(names))
            case bicep.Function(names=names, body=body):
                yield from self.within(body, local | set(names))
            case _:
                yield from self._parts(node, local)

    def _parts(self, node: tree.Node, local: frozenset[str]) -> Iterator[bicep.Problem]:
        if isinstance(node, tree.Object):
            local |= {inner.name for inner in node.nested}
        for each in node.inside():
            if not (isinstance(node, tree.Declared) and each in node.decorators):
                yield from self.within(each, local)

    def _name(self, node: tree.Node, name: str, local: frozenset[str]) -> Iterator[bicep.Problem]:
        self.taken.add(name)
        if not self.imports and name not in local | self.known | _SPACES:
            yield self.file.problem(node, "BCP057", f"The name {name} is not declared{nearest(name, self.known)}")

    def _call(self, call: tree.Call, local: frozenset[str]) -> Iterator[bicep.Problem]:
        self.taken.add(call.name)
        own = call.name in self.functions or self.imports
        if call.of is None and call.name not in FUNCTIONS and not own and not of_a_resource(call.name):
            sentence = f"There is no function {call.name}(){nearest(call.name, set(FUNCTIONS))}"
            yield self.file.problem(call, "BCP057", sentence)
        elif call.of is None and call.name in FUNCTIONS and not own:
            least, most = FUNCTIONS[call.name]
            if not least <= len(call.arguments) <= most:
                sentence = f"{call.name}() takes {takes(call.name)}, and is given {len(call.arguments)}."
                yield self.file.problem(call, "BCP071", sentence)
        for each in call.inside():
            yield from self.within(each, local)

    def _kind(self, kind: tree.Kind) -> Iterator[bicep.Problem]:
        """Look a type up that is one name, or a list of one; others are not looked into."""
        self.taken |= set(kind.names)
        plain = re.fullmatch(r"(\w+)(\[\])*\??", kind.text)
        known = {*_TYPES, *self.file.of(bicep.Type)}
        if plain and kind.word in {"", "array"} and plain[1] not in known and not self.imports:
            yield self.file.problem(kind, "BCP302", f"There is no type {plain[1]}{nearest(plain[1], known)}")

    def _hidden(self, node: tree.Node, names: tuple[str, ...], local: frozenset[str]) -> Iterator[bicep.Problem]:
        # The other checks look names up in the file alone: a loop's variable that hides another would mislead them.
        for name in names:
            if name in self.known | local:
                yield self.file.problem(node, "hidden", f"{name} hides what is declared under this name; take another.")
