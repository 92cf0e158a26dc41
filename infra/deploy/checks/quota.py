"""What Azure Container Instances still grants to the subscription in the region of the jobs."""

from collections.abc import Iterator

from infra.deploy.azure import AzError
from infra.deploy.finding import Fault, Finding, Note
from infra.deploy.plan import Plan

#: As `usages` names them, with words for people. A job takes one group, and at least one core.
_COUNTED = {"ContainerGroups": "container groups", "StandardCores": "cores"}
_RAISE = (
    "In the portal: Help + support, Create a support request, Service and subscription limits (quotas), "
    "Container Instances; docs/operate.md has what to write"
)


def find(plan: Plan) -> Iterator[Finding]:
    """Find a quota that is used up, and tell one that is below what the scheduler may want at once."""
    path = f"/providers/Microsoft.ContainerInstance/locations/{plan.jobs_region}/usages"
    try:
        told = {one["name"]["value"]: one for one in plan.az.all(path, "2023-05-01")}
    except AzError as error:
        yield Note(f"ACI's quota in {plan.jobs_region} could not be looked up: {error}")
        return
    told_wanted = plan.value("maxActiveRuns", "90")
    wanted = int(told_wanted) if told_wanted.isdigit() else 0  # what is no number is told elsewhere
    for name, words in _COUNTED.items():
        if name not in told:
            continue
        used, limit = int(told[name]["currentValue"]), int(told[name]["limit"])
        if used >= limit:
            yield Fault(
                f"ACI in {plan.jobs_region}: {used} of {limit} {words} are used; none is left for a job.",
                "at least one: raise the quota, end what runs, or let the jobs run in another region",
                (plan.asked.with_parameter("jobsLocation", "REGION"), _RAISE),
            )
        elif limit < wanted:
            yield Note(f"ACI in {plan.jobs_region} grants {limit} {words}; maxActiveRuns is {wanted}. The rest waits.")
