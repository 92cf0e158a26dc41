"""`python -m infra.deploy`; `make deploy` calls it. See `--help`."""

import sys

from infra.deploy import programs
from infra.deploy.asked import Asked
from infra.deploy.flow import Flow
from infra.deploy.screen import Screen
from infra.deploy.stop import Stop, Stopped

#: A process that a signal ended has exit code 128 + its number, as a shell reports it.
BY_SIGNAL = 128


def main() -> int:
    """Deploy, or only look; gives the exit code: 0 done, 1 failed on the way, 2 something is in the way before."""
    asked = Asked.read()
    stop, screen = Stop(), Screen(asked.secrets())
    stop.listen()
    flow = Flow(asked, programs.Programs(stop), screen, stop)
    try:
        return flow.run()
    except Stopped as stopped:
        screen.wrong(f"Stopped. {_left(flow)}")
        return BY_SIGNAL + stopped.number


def _left(flow: Flow) -> str:
    """Tell what a stop at this step leaves behind."""
    plan = flow.plan
    if plan is None or flow.reached in {"check", "what-if"}:
        return "Nothing was changed."
    words = f"--resource-group {plan.group.name} --name {plan.deployment} --subscription {plan.account.subscription}"
    left = {
        "groups": "The resource groups that were created stay.",
        "create": "The deployment goes on in Azure.\n"
        f"    az deployment group show {words} --query properties.provisioningState\n"
        f"    az deployment group cancel {words}",
        "publish": "Everything is there but perhaps the code: the app runs what it ran before, or nothing.",
        "health": "Everything is there, the code too; only its first tick was not waited for.",
    }
    return f"{left[flow.reached]}\nTo go on: {plan.asked.command()}"


if __name__ == "__main__":
    sys.exit(main())
