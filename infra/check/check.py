"""All checks of a main file, of the modules that it leads to, and of .bicepparam files."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from infra.check import bicep, contract, loops, members, names, rings, start, tree
from infra.check.facts import Facts
from infra.check.fit import Fit
from infra.check.read import read


@dataclass
class Check:
    """Files that were read, each once, and the facts that they are held against."""

    facts: Facts = field(default_factory=Facts.read)
    opener: Callable[[Path], bicep.File] = read
    files: dict[Path, bicep.File] = field(default_factory=dict)

    def problems(self, paths: Sequence[Path]) -> list[bicep.Problem]:
        """Name all that is wrong with these files and with the modules that they lead to, by file and line."""
        ahead = [path.resolve() for path in paths]
        found: dict[Path, set[bicep.Problem]] = {}
        while ahead:
            path = ahead.pop()
            if path not in found:
                file = self.file(path)
                found[path] = {problem for problem in self._of(file) if problem.code not in _passed(file, problem)}
                ahead += [target for target in _leads_to(file) if target.is_file()]
        every = [problem for problems in found.values() for problem in problems]
        return sorted(every, key=lambda problem: (str(problem.path), problem.line, problem.code, problem.sentence))

    def file(self, path: Path) -> bicep.File:
        """Read a file, once."""
        if path not in self.files:
            self.files[path] = self.opener(path)
        return self.files[path]

    def resources(self) -> int:
        """Count the resources that the files read would deploy, a loop as one."""
        return sum(not r.existing for file in self.files.values() for r in file.of(bicep.Resource).values())

    def _of(self, file: bicep.File) -> Iterator[bicep.Problem]:
        def find(module: bicep.Module) -> bicep.File | None:
            target = (file.path.parent / module.source).resolve()
            return self.file(target) if target.is_file() else None

        yield from file.problems
        yield from names.problems(file)
        if file.path.suffix == ".bicepparam":
            yield from self._given(file)
            return
        yield from contract.problems(file, self.facts, find)
        yield from members.problems(file, self.facts, find)
        yield from start.problems(file, self.facts)
        yield from loops.problems(file)
        yield from rings.problems(file)
        for resource in file.of(bicep.Resource).values():
            yield from self._resource(file, resource)
            yield from self._own(file, resource)
        for module in file.of(bicep.Module).values():
            yield from self._own(file, module)

    def _resource(self, file: bicep.File, resource: bicep.Resource) -> Iterator[bicep.Problem]:
        kind, shape = resource.kind, self.facts.resource(resource.kind)
        if not kind.partition("@")[2]:
            yield file.problem(resource, "BCP029", f"The type {kind!r} of {resource.name} lacks its @version.")
        elif shape is None:
            versions = self.facts.versions(kind)
            mend = f"the newest that is known is {versions[-1]}" if versions else "see types.json for those that are"
            yield file.problem(
                resource, "BCP081", f"{resource.name} is of the type {kind}, which is not known: {mend}."
            )
        else:
            yield from self._placed(file, resource)
        if shape is not None and not resource.existing:
            yield from Fit(file, self.facts).resource(resource, shape)

    @staticmethod
    def _placed(file: bicep.File, resource: bicep.Resource) -> Iterator[bicep.Problem]:
        """Hold the parts of a name against the type's: `A/b/c` needs a parent, or a name of two parts."""
        name = resource.body.get("name") if resource.body else None
        alone = not resource.inside_of and not (resource.body and resource.body.get("parent"))
        if isinstance(name, tree.Text):
            wanted = resource.kind.partition("@")[0].count("/") - 1 if alone else 0
            given = sum(part.count("/") for part in name.parts if isinstance(part, str))
            if given != wanted:
                sentence = f"{resource.name} has a name of {given + 1} parts: it needs a parent, or {wanted + 1} parts."
                yield file.problem(name, "BCP169", sentence)

    @staticmethod
    def _own(file: bicep.File, declared: bicep.Resource | bicep.Module) -> Iterator[bicep.Problem]:
        """Hold what is Bicep's own in a body: what it waits for, and that what is found has a name."""
        known = declared.body.known if declared.body else {}
        waits = known.get("dependsOn")
        for item in waits.items if isinstance(waits, tree.Array) else ():
            if not isinstance(item, tree.Name | tree.Index | tree.Inner | tree.Choice):
                yield file.problem(
                    item, "BCP034", f"{declared.name}.dependsOn holds what is no resource and no module."
                )
        if isinstance(declared, bicep.Resource) and declared.existing:
            if "name" not in known:
                yield file.problem(declared, "BCP035", f"{declared.name} is found by its name, and lacks it.")
            for key in sorted(known.keys() - {"name", "parent", "scope", "dependsOn"}):
                yield file.problem(
                    declared, "BCP073", f"{declared.name}.{key} may not be given: it is found, not made."
                )

    def _given(self, file: bicep.File) -> Iterator[bicep.Problem]:
        targets = _leads_to(file)
        if not targets:
            if not file.problems:
                yield bicep.Problem(
                    file.path, 1, "BCP261", "A .bicepparam file must say which file it is for: using '…'."
                )
        elif not targets[0].is_file():
            yield bicep.Problem(file.path, 1, "BCP091", f"It is for {targets[0].name!r}: no such file is there.")
        else:
            yield from contract.given(file, self.file(targets[0]), self.facts)


def _passed(file: bicep.File, problem: bicep.Problem) -> list[str]:
    """List the codes that `#disable-next-line` lets pass at a problem's line."""
    return file.passed.get(problem.line, "").split()


def _leads_to(file: bicep.File) -> list[Path]:
    """List the files that this one names."""
    named = [module.source for module in file.of(bicep.Module).values() if ":" not in module.source]
    return [(file.path.parent / name).resolve() for name in [*named, *file.of(bicep.Using)]]
