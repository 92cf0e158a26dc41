"""What a cold start loads: each package is paid for by every first tick after a pause, and by every new instance."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from tests.servers import ROOT, Azurite

#: What importing the app loads beside Python's own modules.
IMPORTED = {"azure.functions", "cronsim", "function_app", "markupsafe", "scheduler", "werkzeug"}
#: What the first tick adds: the clients of tables, blobs and ARM, and what carries them over HTTP. The SDK's core loads
#: aiohttp, with its own, where it is installed, as it is in the Functions worker.
TICKED = IMPORTED | {
    *("azure.core", "azure.data", "azure.mgmt", "azure.storage", "cryptography", "isodate", "typing_extensions"),
    *("requests", "urllib3", "certifi", "charset_normalizer", "idna"),
    *("aiohttp", "aiohappyeyeballs", "aiosignal", "attr", "frozenlist", "multidict", "propcache", "yarl"),
}
SCRIPT = """
import gc, json, sys
import function_app
imported = sorted(sys.modules)
from datetime import datetime
from scheduler.wiring import run_tick
run_tick(datetime.fromisoformat(sys.argv[1]))
print(json.dumps([imported, sorted(sys.modules), gc.get_freeze_count(), len(gc.get_objects())]))
"""


@pytest.mark.azurite
def test_a_cold_start_and_its_first_tick_load_these_packages_and_no_other(azurite: Azurite) -> None:
    env = {
        **os.environ, "AzureWebJobsStorage": azurite.connection, "JOBS_TABLE": "ColdJobs", "RUNS_TABLE": "ColdRuns",
        "AZURE_SUBSCRIPTION_ID": "11111111-2222-3333-4444-555555555555", "ACI_RESOURCE_GROUP": "cold",
        "ACI_LOCATION": "westeurope", "ARM_ENDPOINT": "http://127.0.0.1:9",
    }  # fmt: skip
    words = [sys.executable, "-c", SCRIPT, datetime.now(UTC).isoformat()]
    ended = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    imported, ticked, settled, left = json.loads(ended.stdout)
    assert packages(imported) == IMPORTED
    assert packages(ticked) - TICKED == set()
    # What was loaded is no matter of the garbage collector's any more, but for what the first request loads.
    assert settled > 2 * left


def packages(modules: list[str]) -> set[str]:
    """Name the packages of these modules, Azure's each by itself, without Python's own and without compiled parts."""
    found = {".".join(one.split(".")[: 2 if one.startswith("azure.") else 1]) for one in modules}
    return {one for one in found - sys.stdlib_module_names - {"azure", "__main__"} if not _compiled(one)}


def _compiled(name: str) -> bool:
    return name.startswith(("_", "cython_runtime"))
