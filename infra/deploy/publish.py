"""The code: `func azure functionapp publish`.

The app's own identity writes the package into the storage account. Its role was given a moment ago, and takes minutes
to be known everywhere; until then the service answers 403, and patience is all that is needed.
"""

import re
import shlex
import time
from dataclasses import dataclass

from infra.deploy.finding import Fault
from infra.deploy.plan import Plan
from infra.deploy.programs import Answer, Programs
from infra.deploy.screen import Screen
from infra.deploy.stop import Stop

#: What func says (core tools 4, `PublishFunctionAppAction`), and what it means in words. The first that fits counts.
_PASSING = (
    (
        r"Azure Storage responded with Forbidden|AuthorizationPermissionMismatch|AuthorizationFailure",
        "403 from the storage account: the role of the app's identity is not known everywhere yet",
    ),
    (
        r"\((?:Forbidden|Unauthorized)\)|success: 40[13]\b",
        "refused: your own role on the new app may not be known everywhere yet",
    ),
    (r"Can't find app with name", "the app is so new that Azure's search does not find it yet"),
    (r"another deployment in progress|\(Conflict\)", "another publish is under way"),
    (
        r"\((?:NotFound|BadGateway|ServiceUnavailable|GatewayTimeout|InternalServerError)\)",
        "the app's deployment site is not up yet",
    ),
    (
        r"Name or service not known|nodename nor servname|No such host|Connection re(?:fused|set)|timed out",
        "the app's deployment site could not be reached",
    ),
)
_UNHEALTHY = "app appears to be unhealthy"


@dataclass(frozen=True)
class Published:
    """How it went. `fault` is None when the code is there."""

    fault: Fault | None
    word: str = ""


def publish(plan: Plan, app: str, programs: Programs, screen: Screen, stop: Stop) -> Published:
    """Publish the checkout, again and again while the refusal is one that passes. Raises OSError and Stopped."""
    # Without local.settings.json, which a fresh checkout has not, func does not know the language.
    words = ["func", "azure", "functionapp", "publish", app, "--python", "--subscription", plan.account.subscription]
    program = programs.find("func") or "func"
    screen.command(words)
    until = time.monotonic() + plan.asked.patience * 60
    while True:
        answer = programs.run([program, *words[1:]], python=True, hear=screen.line)
        if not answer.code:
            return Published(None)
        if _UNHEALTHY in answer.words:
            return Published(None, "func says that the app is not healthy yet.")
        word = passing(answer)
        if not word or time.monotonic() >= until:
            return Published(_fault(plan, answer, words, word))
        screen.say(f"{word}; this passes within minutes. Once more in {plan.asked.pause:g} s.")
        stop.wait(plan.asked.pause)


def passing(answer: Answer) -> str:
    """Tell why a publish failed when that passes by itself, '' otherwise."""
    return next((word for pattern, word in _PASSING if re.search(pattern, answer.words, re.IGNORECASE)), "")


def _fault(plan: Plan, answer: Answer, words: list[str], word: str) -> Fault:
    lines = [line.strip() for line in answer.words.splitlines() if line.strip()]
    said = lines[-1] if lines else f"it ended with exit code {answer.code}"
    if word:
        list_ = f"az role assignment list --all --resource-group {plan.group.name} --output table"
        tell = f"func still fails after {plan.asked.patience:g} minutes: {word}. Its last line: {said}"
        needed = (
            "the roles of infra/modules; the first line lists them, the second gives them anew, the third tries again"
        )
        return Fault(tell, needed, (list_, plan.asked.command(), shlex.join(words)))
    return Fault(f"func failed: {said}", "a publish that goes through; all that it said is above", (shlex.join(words),))
