"""All checks in their order, what can be asked at once asked at once; everything they have to say, in one list."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from infra.deploy.asked import Asked
from infra.deploy.azure import Az, AzError
from infra.deploy.checks import login, names, places, quota, rights, settings, template, tools
from infra.deploy.finding import Fault, Finding, Note, faults
from infra.deploy.plan import Plan, Template
from infra.deploy.programs import Programs

#: az is a Python program that takes a second to start; more of them at once would not be faster.
AT_ONCE = 6


@dataclass(frozen=True)
class Survey:
    """What was found.

    `plan` is None while something that all depends on is missing, and `unseen` is what could not be looked at for that
    reason. `named`: ARM was asked about the names.
    """

    plan: Plan | None
    findings: list[Finding]
    unseen: tuple[str, ...] = ()
    named: bool = False

    @property
    def faults(self) -> list[Fault]:
        """What stops the deployment."""
        return faults(self.findings)


def look(programs: Programs, asked: Asked) -> Survey:
    """Look at everything, changing nothing."""
    findings: list[Finding] = [*asked.faults()]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        of_az = list(tools.az(programs))
        findings += [*of_az, *tools.func(programs)]
        program = programs.find("az")
        if program is None or any("does not work" in fault.found for fault in of_az):
            return Survey(None, findings, ("the login", *_PLACES))
        az = Az(programs, program)
        compiled = None if of_az else pool.submit(template.find, az, asked)
        account, of_login = login.find(az, asked)
        findings += of_login
        shape, of_template = compiled.result() if compiled else (None, [])
        findings += of_template
        if shape:
            findings += settings.find(shape, asked, template.refused(shape, asked))
        if account is None or faults(of_login):
            return Survey(None, findings, _PLACES)
        plan, of_places = places.find(az.on(account.subscription), asked, account, shape or Template())
        findings += of_places
        if plan is None:
            return Survey(None, findings, _PLACES[1:])
        findings += _at_once(pool, plan, _CHECKS)
        return _with_names(plan, findings)


_PLACES = ("the resource groups", "regions, providers and quotas", "what you may do", "the names")
_CHECKS: tuple[Callable[[Plan], Iterable[Finding]], ...] = (
    places.providers,
    places.regions,
    rights.find,
    quota.find,
    names.deleted,
)


def _at_once(
    pool: ThreadPoolExecutor, plan: Plan, checks: Iterable[Callable[[Plan], Iterable[Finding]]]
) -> list[Finding]:
    return [finding for found in pool.map(lambda check: _heard(check, plan), checks) for finding in found]


def _heard(check: Callable[[Plan], Iterable[Finding]], plan: Plan) -> list[Finding]:
    """Hear a check; a question that Azure does not answer is itself worth telling, and no reason to keep silent."""
    heard: list[Finding] = []
    try:
        heard.extend(check(plan))
    except AzError as error:
        heard.append(Note(f"Azure did not answer one of the questions: {error}"))
    except (LookupError, TypeError, ValueError) as error:
        heard.append(Note(f"Azure answered one of the questions in another shape than expected: {error!r}"))
    return heard


def _with_names(plan: Plan, findings: list[Finding]) -> Survey:
    """Ask about the names once nothing else is in the way: else each lack would be told twice, in ARM's words."""
    if faults(findings):
        return Survey(plan, findings, ("the names, and ARM's own check of the template",))
    if not all(group.exists for group in plan.groups):
        return Survey(plan, findings)
    return Survey(plan, [*findings, *names.taken(plan)], named=True)
