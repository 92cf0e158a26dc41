"""The steps in their order; what each finds in its way becomes the exit code and a list of mends."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from infra.deploy import after, create, health, mends, publish, survey
from infra.deploy.asked import Asked
from infra.deploy.azure import AzError
from infra.deploy.checks import names
from infra.deploy.finding import Fault, faults
from infra.deploy.plan import Plan
from infra.deploy.programs import Programs
from infra.deploy.screen import Screen
from infra.deploy.stop import Stop

#: Exit codes: something failed on the way; something was in the way before anything was changed.
FAILED, REFUSED = 1, 2


class InTheWay(Exception):
    """Something is in the way. `code` is the exit code."""

    def __init__(self, code: int, found: Sequence[Fault]) -> None:
        self.code = code
        self.faults = found
        super().__init__("; ".join(fault.found for fault in found))


class Flow:
    """One call of `make deploy`. `reached` is the step that it is at, for who stops it."""

    def __init__(self, asked: Asked, programs: Programs, screen: Screen, stop: Stop) -> None:
        self._asked = asked
        self._programs = programs
        self._screen = screen
        self._stop = stop
        self.plan: Plan | None = None
        self.reached = "check"
        self._named = False  # whether ARM was asked about the names already

    def run(self) -> int:
        """Do all that was asked for; gives the exit code. Raises Stopped."""
        try:
            self._steps()
        except InTheWay as found:
            self._screen.faults(found.faults)
            self._screen.wrong(_count(found, self.reached, self._asked))
            return found.code
        return 0

    def _steps(self) -> None:
        seen = self._check()
        if self._asked.until == "check":
            self._screen.say("Nothing is in the way: " + self._asked.command())
            return
        if self._asked.until == "what-if":
            self._what_if(seen)
            return
        plan = self._groups(seen)
        outputs, knows_person = self._deploy(plan)
        self._publish(plan, outputs)
        self._health(plan, outputs)
        after.tell(plan, outputs, self._screen, knows_person=knows_person)

    def _check(self) -> Plan:
        self._screen.step("Checking")
        with self._screen.working("the tools, the login, the places, your rights, quotas and names"):
            found = survey.look(self._programs, self._asked)
        self.plan = found.plan
        self._screen.findings([one for one in found.findings if not isinstance(one, Fault)])
        if found.faults:
            if found.unseen:
                self._screen.say(f"Not looked at yet, for what is in the way: {'; '.join(found.unseen)}.")
            raise InTheWay(REFUSED, found.faults)
        plan = found.plan
        if plan is None:
            raise AssertionError("no plan and no fault")
        where = plan.region if plan.region == plan.jobs_region else f"{plan.region}, jobs in {plan.jobs_region}"
        self._screen.say(
            f"{plan.account.user}, {plan.account.subscription_name} ({plan.account.subscription}); {where}"
        )
        self._named = found.named
        return plan

    def _what_if(self, plan: Plan) -> None:
        if missing := [group.name for group in plan.groups if not group.exists]:
            names_ = " and ".join(missing)
            self._screen.say(
                f"{names_} would be created, and all else in them: ARM compares with groups that are there."
            )
            return
        self.reached = "what-if"
        self._screen.step("What a deployment would change")
        words = ("--resource-group", plan.group.name, "--name", plan.deployment)
        with _named(plan):
            told = plan.az.text("deployment", "group", "what-if", *words, *plan.template_words(**create.budget(plan)))
        for line in told.splitlines():
            self._screen.line(line)

    def _groups(self, plan: Plan) -> Plan:
        self.reached = "groups"
        self._screen.step("Resource groups")
        with _named(plan):
            plan = create.groups(plan, self._screen)
        self.plan = plan
        if not self._named:
            with self._screen.working("asking ARM about the template and every name"):
                found = list(names.taken(plan))
            self._screen.findings([one for one in found if not isinstance(one, Fault)])
            if in_the_way := faults(found):
                raise InTheWay(REFUSED, in_the_way)
        return plan

    def _deploy(self, plan: Plan) -> tuple[create.Outputs, bool]:
        self.reached = "create"
        self._screen.step("Resources")
        person = create.deployer(plan)
        with _named(plan):
            more = {**create.budget(plan), **person}
            outputs = create.deployment(plan, more, self._screen, self._stop)
        return outputs, bool(person) or bool(plan.value("deployerPrincipalId"))

    def _publish(self, plan: Plan, outputs: create.Outputs) -> None:
        self.reached = "publish"
        self._screen.step("Code")
        app = outputs["functionAppName"]
        published = publish.publish(plan, app, self._programs, self._screen, self._stop)
        if published.word:
            self._screen.say(published.word)
        if published.fault:
            raise InTheWay(FAILED, [published.fault])

    def _health(self, plan: Plan, outputs: create.Outputs) -> None:
        self.reached = "health"
        self._screen.step("First tick")
        app, url = outputs["functionAppName"], outputs["functionAppUrl"].rstrip("/")
        if fault := health.wait(plan, app, url, self._screen, self._stop):
            raise InTheWay(FAILED, [fault])


@contextmanager
def _named(plan: Plan) -> Iterator[None]:
    """Turn what Azure refuses into faults with their mends."""
    try:
        yield
    except AzError as error:
        raise InTheWay(FAILED, list(mends.faults(error.refusals, plan))) from error


def _count(found: InTheWay, reached: str, asked: Asked) -> str:
    number = len(found.faults)
    things = f"{number} thing is" if number == 1 else f"{number} things are"
    if found.code == REFUSED:
        changed = "Nothing was changed" if reached == "check" else "Only the resource groups were created"
        # Who only wanted to look is not handed the command that deploys.
        only = "" if asked.until == "health" else f" ARGS=--{asked.until}"
        return f"{things} in the way. {changed}. Mend that, then: {asked.command()}{only}"
    return f"It stopped at the step `{reached}`. What was made stays; the same command goes on from there."
