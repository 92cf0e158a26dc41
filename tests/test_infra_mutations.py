"""Whatever goes wrong in infra/ is noticed: each mutation of the real files, by the checker or by the policy."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from infra.check.bicep import File
from infra.check.check import Check
from infra.check.facts import Facts
from infra.check.read import parse
from tests.infra import policy, rules
from tests.infra.mutations import CHECKER, MUTATIONS, Mutation

FACTS = Facts.read()
REAL = policy.texts()
RULES = {rule.__name__: rule for rule in rules.RULES}


def mutated(mutation: Mutation) -> dict[Path, str]:
    (path,) = [path for path in REAL if path.name == mutation.file]
    text = REAL[path]
    assert mutation.old in text, f"{mutation.file} has changed: the mutation must follow it"
    return {**REAL, path: text.replace(mutation.old, mutation.new, 1)}


def opener(texts: Mapping[Path, str]) -> Callable[[Path], File]:
    return lambda path: parse(texts[path], path)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: f"{m.file}: {m.says}")
def test_each_mutation_is_noticed(mutation: Mutation) -> None:
    texts = mutated(mutation)
    if mutation.noticed_by == CHECKER:
        roots = [path for path in texts if path.parent == policy.INFRA]
        codes = {problem.code for problem in Check(FACTS, opener(texts)).problems(roots)}
        assert mutation.says in codes
    else:
        said = list(RULES[mutation.noticed_by](policy.Infra(texts)))
        assert any(mutation.says in sentence for sentence in said), said


def test_each_rule_has_a_mutation_that_it_notices() -> None:
    assert {mutation.noticed_by for mutation in MUTATIONS} == {CHECKER, *RULES}
