"""What a check has to say. A fault stops the deployment; a note is only worth knowing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """Something in the way.

    `found`: what is there; `needed`: what must be; `mend`: commands to type, one each, or, where no command helps,
    a sentence about what to do.
    """

    found: str
    needed: str
    mend: tuple[str, ...]


@dataclass(frozen=True)
class Note:
    """Something that does not stop the deployment. `mend` as with a fault; it may be empty."""

    text: str
    mend: tuple[str, ...] = ()


type Finding = Fault | Note


def faults(findings: "list[Finding]") -> list[Fault]:
    """Keep what stops the deployment."""
    return [finding for finding in findings if isinstance(finding, Fault)]
