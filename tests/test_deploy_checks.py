"""`make deploy --check`: each thing in the way is found before anything is changed, with what mends it, all at once.

Real processes: `python -m infra.deploy` with stand-ins of az and func on its PATH (`tests/deploy/stand_in.py`).
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.deploy.stage import CONTRIBUTOR, OWNER, SUBSCRIPTION, Ended, Stage, numbered
from tests.deploy.worlds import HERE, RG, SCOPE, WORLDS, vault

type Checked = Callable[[str], tuple[Stage, Ended]]

#: A sentence, the world it holds in, words of what is told, and a line that mends it.
STORIES: dict[str, tuple[str, str, str]] = {
    "az is missing": ("nothing", "az is not on PATH", "install azure-cli"),
    "func is missing": ("nothing", "func is not on PATH", "npm install --global azure-functions-core-tools@4"),
    "npm, which would install func, is missing": ("nothing", "func is not on PATH", "install node"),
    "az is too old": ("old", "az is 2.50.0.", "az upgrade"),
    "func is too old": ("old", "func is 4.0.5455.", "npm install --global azure-functions-core-tools@4"),
    "func is of the next version": ("next", "func is 5.0.1.", "npm install --global azure-functions-core-tools@4"),
    "az does not start": ("broken", "does not work: ModuleNotFoundError", "install azure-cli"),
    "func needs Node": ("broken", "needs Node, which is not there", "install node"),
    "Bicep is too old": ("next", "az has Bicep 0.20.4.", "az bicep upgrade"),
    "Bicep is not installed": ("no bicep", "az has no Bicep", "az bicep install"),
    "func cannot be started": ("no bicep", "func does not work", "npm install --global azure-functions-core-tools@4"),
    "nobody is logged in": ("no bicep", "az is not logged in.", "az login"),
    "az looks for Bicep on PATH": ("bicep from path", "told to use the bicep on PATH", "az bicep install"),
    "the login has expired": ("bicep from path", "no longer holds: AADSTS70043", "az login --tenant a-tenant"),
    "the subscription is disabled": ("disabled", "is Disabled: it takes no changes", "az account list --output table"),
    "no such subscription": ("who", "SUBSCRIPTION is 'Dta', and this login knows no", "az account list --output table"),
    "a group's name that cannot be": ("words", "RESOURCE_GROUP is 'rg.'", "make deploy RESOURCE_GROUP=crontable"),
    "a name that cannot be": ("words", "NAME is 'Crontable'", "NAME=crontable"),
    "two names": ("words", "and PARAMETERS says name='other'", "make deploy RESOURCE_GROUP=rg. NAME=Crontable"),
    "no such parameter": ("parameters", "infra/main.bicep has no parameter tickSchedul.", "tickSchedule=x"),
    "an unsupported Python": ("parameters", "pythonVersion is '3.12'", "it must be one of 3.13"),
    "a number that is none": ("parameters", "maxActiveRuns is 'many'", "it must be a whole number"),
    "a number too small": ("parameters", "maximumInstanceCount is '7'", "it must be at least 40"),
    "a truth that is none": ("parameters", "vnet is 'yes'", "it must be true or false"),
    "a table's name that the service refuses": ("settings", "JOBS_TABLE is 'my-jobs'", "param jobsTable = "),
    "a tick of five columns": ("settings", "tickSchedule is '*/5 * * * *  '", "tickSchedule=0 * * * * *"),
    "a number of runs that is none": ("settings again", "maxActiveRuns is 'x'", "it must be a whole number"),
    "a tick that can never come": ("settings again", "tickSchedule is '0 61 * * * *'", "tickSchedule=0 * * * * *"),
    "a text too short": ("parameters", "jobsTable is 'J'", "it must be at least 3 characters"),
    "no region to create the group in": ("parameters", "LOCATION is not given", "LOCATION=westeurope"),
    "a region that is none": ("nowhere", "LOCATION is 'westeurop'", "LOCATION=westeurope"),
    "a jobs' region that is none": ("nowhere", "jobsLocation is 'westus3'", "jobsLocation=westus2"),
    "the group is in another region": ("elsewhere", "is in northeurope, and LOCATION is", "rg-westeurope LOC"),
    "a region that lacks a type": ("stays", "northeurope has no Microsoft.KeyVault/vaults", "az provider show"),
    "a provider is not registered": (
        "empty handed", "Microsoft.ContainerInstance is NotRegistered",
        f"az provider register --namespace Microsoft.ContainerInstance --wait --subscription {SUBSCRIPTION}"),
    "a provider is being registered": ("empty handed", "Microsoft.Web is Registering", "--namespace Microsoft.Web"),
    "a provider is not even known": (
        "empty handed", "Microsoft.OperationalInsights is NotRegistered", "--namespace Microsoft.OperationalInsights"),
    "no quota is left": ("empty handed", "10 of 10 cores are used", "PARAMETERS=jobsLocation=REGION"),
    "a contributor may not assign roles": (
        "empty handed", "may not assign roles in the resource group rg:",
        f'"Role Based Access Control Administrator" --scope {SCOPE}/resourceGroups/rg'),
    "nor in the jobs' group": (
        "empty handed", "may not assign roles in the resource group rg-jobs:",
        f'"Role Based Access Control Administrator" --scope {SCOPE}/resourceGroups/rg-jobs'),
    "who may do nothing may not create": (
        "empty handed", "may not create resources in the resource group rg-jobs:",
        f'--role "Contributor" --scope {SCOPE}/resourceGroups/rg-jobs'),
    "Python 3.13 is not there yet": ("empty handed", "has Python 3.11, 3.12, and not 3.13", "LOCATION=REGION"),
    "a deleted vault of this name": (
        "empty handed", "kv-crontable-5a5000a3 of this group was deleted, and holds its name until 2027-02-20",
        f"az keyvault recover --name kv-crontable-5a5000a3 --location westeurope --subscription {SUBSCRIPTION}"),
    "a bill is not paid": ("empty handed", "is PastDue: it works", ""),
    "a quota below what is wanted": ("empty handed", "grants 60 container groups; maxActiveRuns is 90", ""),
    "a region without Flex Consumption": ("no flex", "swedencentral has no Flex Consumption", "LOCATION=northeurope"),
    "who may create no group": (
        "no flex", "may not create resource groups, and there is no rg and rg-jobs yet",
        f"az group create --name rg-jobs --location swedencentral --subscription {SUBSCRIPTION}"),
    "who may assign no roles in the subscription": (
        "no flex", "may not assign roles in the subscription:", f"--scope {SCOPE}"),
    "a deleted vault without protection": ("no flex", "of this group was deleted", "az keyvault purge"),
    "a group that is being deleted": ("deleting", "rg-jobs is being deleted", "az group wait --deleted --name rg-jobs"),
    "a group that may not be seen": ("deleting", "rg could not be looked up: The client 'ada'", "--role Contributor"),
    "the storage account's name is taken": ("taken", "of the Microsoft.Storage/storageAccounts is not free", "NAME="),
    "the registry's name is taken": ("taken", "of the Microsoft.ContainerRegistry/registries is not free", "NAME="),
    "the vault's name is taken": ("taken", "of the Microsoft.KeyVault/vaults is not free", "NAME="),
    "the app's name is taken": ("taken", "of the Microsoft.Web/sites is not free: Hostname already exists", "NAME="),
}  # fmt: skip


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """Play a world once, however many stories it tells."""
    played: dict[str, tuple[Stage, Ended]] = {}

    def play(name: str) -> tuple[Stage, Ended]:
        if name not in played:
            change, words = WORLDS[name]
            stage = Stage(tmp_path_factory.mktemp("stage"))
            change(stage)
            played[name] = stage, stage.run(*words)
        return played[name]

    return play


@pytest.mark.parametrize("story", STORIES)
def test_what_is_in_the_way_is_told_with_its_mend(checked: Checked, story: str) -> None:
    world, found, mend = STORIES[story]
    stage, ended = checked(world)
    assert ended.code == 2
    assert stage.changes == [], "a check changes nothing"
    at = ended.text.find(found)
    assert at >= 0, f"{found!r} was not told:\n{ended.text}"
    told = ended.text[at:].split("\n\n")[0]
    assert mend in told, f"{mend!r} does not stand below it:\n{told}"


def test_all_of_it_is_told_at_once_and_counted(checked: Checked) -> None:
    _, ended = checked("empty handed")
    faults = numbered(ended)
    assert [line.split(".")[0] for line in faults] == [str(number) for number in range(1, len(faults) + 1)]
    assert len(faults) == 9
    assert "9 things are in the way. Nothing was changed." in ended.err
    assert ended.err.strip().endswith("make deploy RESOURCE_GROUP=rg LOCATION=westeurope ARGS=--check")


def test_what_could_not_be_looked_at_is_said(checked: Checked) -> None:
    assert "Not looked at yet, for what is in the way: the login; the resource groups" in checked("nothing")[1].out
    assert "Not looked at yet, for what is in the way: the resource groups" in checked("disabled")[1].out
    assert "the names, and ARM's own check of the template" in checked("empty handed")[1].out


def test_nothing_in_the_way_is_exit_0_and_changes_nothing(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    ended = stage.run(*HERE)
    assert (ended.code, ended.err) == (0, "")
    assert "Nothing is in the way: make deploy RESOURCE_GROUP=rg LOCATION=westeurope" in ended.out
    assert "ada@example.com, Data" in ended.out
    assert (stage.changes, stage.world["groups"]) == ([], {})


def test_a_right_that_cannot_be_looked_up_is_a_note_and_another_groups_vault_nothing(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.world["groups"] = {"rg": "westeurope", "rg-jobs": "westeurope"}
    stage.world["permissions"] = {"*": None, "rg": OWNER}
    stage.world["deleted"] = [vault(vaultId=f"{SCOPE}/resourceGroups/rg2/providers/x"), vault("kv-mine-5a5000a3")]
    ended = stage.run(*RG)
    assert ended.code == 0, ended.err
    assert "Note: What ada@example.com may do in the resource group rg-jobs could not be looked up" in ended.out
    assert "kv-" not in ended.text


def test_the_network_needs_two_more_providers_and_no_roles_need_no_right_to_assign_them(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.world["permissions"] = {"*": CONTRIBUTOR}
    for name in ("Microsoft.App", "Microsoft.Network"):
        stage.world["providers"][name]["state"] = "NotRegistered"
    assert stage.run(*HERE, "--parameters", "assignRoles=false").code == 0
    told = stage.run(*HERE, "--parameters", "vnet=true", "assignRoles=false").err
    assert "Microsoft.App is NotRegistered" in told
    assert "Microsoft.Network is NotRegistered" in told
    assert "2 things" in told


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "RESOURCE_GROUP is not given: make deploy RESOURCE_GROUP=crontable LOCATION=westeurope"),
        (("--resource-group", "rg", "--parameters", "vnet"), "PARAMETERS holds 'vnet': write name=value"),
        (("--resource-group", "rg", "--check", "--what-if"), "not allowed with argument --check"),
        (("--resource-group", "rg", "--patience", "soon"), "'soon' must be a number above 0 and at most 1440"),
    ],
)
def test_a_command_line_that_cannot_be_is_one_sentence_and_exit_2(
    tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    stage = Stage(tmp_path)
    ended = stage.finish(stage.start(*words))
    assert ended.code == 2
    assert sentence in ended.err
    assert stage.journal == []
