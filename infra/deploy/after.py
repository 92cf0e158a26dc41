"""What to type once it runs."""

from collections.abc import Mapping

from infra.deploy.plan import Plan
from infra.deploy.screen import Screen

PYTHON = ".venv/bin/python"
#: The example's row. Its store is an empty folder that each run begins with: enough to see it run.
ADD = (
    f'{PYTHON} -m scheduler job add weather/extract Image="$(cat examples/weather/.pushed)"'
    ' Command="python -m weather extract" Schedule="every 15 minutes"'
    """ Env='{"WEATHER_SOURCE": "data/seattle-weather.csv", "WEATHER_STORE": "/store"}'"""
    """ Volumes='{"/store": {"emptyDir": {}}}'"""
)


def tell(plan: Plan, outputs: Mapping[str, str], screen: Screen, *, knows_person: bool) -> None:
    """Tell where everything is, and how the first job is added."""
    screen.step(f"Crontable runs in {plan.group.name}.")
    screen.say(f"Health: {outputs.get('functionAppUrl', '')}/api/health")
    if vault := outputs.get("keyVaultName"):
        read = f"az keyvault secret show --vault-name {vault} --name web-key --query value --output tsv"
        pages = f"  Pages and API: {outputs.get('functionAppUrl', '')}. Their key, a new one since now, is read by:"
        screen.type_next(pages, [read])
    account, registry = outputs.get("storageAccountName", ""), outputs.get("registryLoginServer", "REGISTRY")
    if not knows_person:
        scope = f"{plan.scope(plan.group)}/providers/Microsoft.Storage/storageAccounts/{account}"
        role = '--role "Storage Table Data Contributor"'
        line = f"az role assignment create --assignee {plan.account.user} {role} --scope {scope}"
        screen.type_next("  To edit the tables you need a role, which takes minutes to be known:", [line])
    jobs = outputs.get("jobsTable", "Jobs")
    lines = [f"export AzureWebJobsStorage__accountName={account}"]
    lines += [f"export JOBS_TABLE={jobs}"] if jobs != "Jobs" else []
    lines += [f"make -C examples/weather push REGISTRY={registry}", ADD, f"{PYTHON} -m scheduler jobs"]
    screen.type_next("  Add a job, here the example (a role given just now takes minutes to be known):", lines)
