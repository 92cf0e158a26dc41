"""All rules of the policy: each reads files or plans of infra/ and yields a sentence for each fault."""

from collections.abc import Callable, Iterator

from tests.infra.access import granted, identified, keyless, locked
from tests.infra.form import (
    accepted,
    answered,
    described,
    local,
    named,
    optional,
    ordered,
    placed,
    tagged,
    versions,
)  # fmt: skip
from tests.infra.policy import Infra
from tests.infra.running import flexible, networked, settled

RULES: list[Callable[[Infra], Iterator[str]]] = [
    keyless, locked, granted, identified, flexible, settled, networked, versions, described, named, tagged, placed,
    optional, local, ordered, accepted, answered,
]  # fmt: skip
