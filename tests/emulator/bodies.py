"""A group's body with nearly everything in it, changed as a story needs it, and how it is refused."""

import base64
import copy
from typing import Any

import pytest

from aci_emulator.arm import ArmError
from aci_emulator.limits import Limits
from aci_emulator.spec import read_spec

USUAL = Limits()
NO_LIMITS = Limits().adjusted({"all": "none"})
USER = "/subscriptions/s/resourceGroups/r/providers/Microsoft.ManagedIdentity/userAssignedIdentities/u"
SUBNET = "/subscriptions/s/resourceGroups/r/providers/Microsoft.Network/virtualNetworks/v/subnets/n"
HUSH = "hush-hush"
HUSH64 = base64.b64encode(HUSH.encode()).decode()

FULL: dict[str, Any] = {
    "location": "West Europe",
    "tags": {"owner": "data"},
    "zones": ["1"],
    "identity": {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {USER: {}}},
    "properties": {
        "osType": "Linux",
        "restartPolicy": "OnFailure",
        "sku": "Standard",
        "priority": "Regular",
        "containers": [
            {
                "name": "main",
                "properties": {
                    "image": "r.example/job:1",
                    "command": ["run", "--fast"],
                    "ports": [{"port": 80, "protocol": "TCP"}, {"port": 80, "protocol": "UDP"}],
                    "environmentVariables": [
                        {"name": "PLAIN", "value": "seen"},
                        {"name": "_KEY", "secureValue": HUSH},
                        {"name": "EMPTY", "value": ""},
                    ],
                    "resources": {
                        "requests": {"cpu": 0.5, "memoryInGB": 1.5},
                        "limits": {"cpu": 1.5, "memoryInGB": 2},
                    },
                    "volumeMounts": [
                        {"name": "share", "mountPath": "/mnt/share/", "readOnly": True},
                        {"name": "empty", "mountPath": "/mnt/empty"},
                    ],
                    "livenessProbe": {"exec": {"command": ["true"]}},
                    "readinessProbe": {"httpGet": {"port": 80}},
                    "securityContext": {"privileged": False},
                },
            },
            {
                "name": "side",
                "properties": {"image": "side", "resources": {"requests": {"cpu": 1, "memoryInGB": 0.5}}},
            },
        ],
        "initContainers": [
            {"name": "first", "properties": {"image": "i", "volumeMounts": [{"name": "clone", "mountPath": "/c"}]}}
        ],
        "volumes": [
            {
                "name": "share",
                "azureFile": {
                    "shareName": "data",
                    "storageAccountName": "account",
                    "storageAccountKey": HUSH,
                    "readOnly": True,
                },
            },
            {"name": "empty", "emptyDir": {}},
            {"name": "secret", "secret": {"key.pem": HUSH64}},
            {"name": "clone", "gitRepo": {"repository": "https://g.example/a.git", "directory": ".", "revision": "v1"}},
        ],
        "imageRegistryCredentials": [
            {"server": "r.example", "username": "robot", "password": HUSH},
            {"server": "a.example", "identity": USER.upper()},
        ],
        "ipAddress": {"type": "Public", "ports": [{"port": 80}], "dnsNameLabel": "my-label"},
        "dnsConfig": {"nameServers": ["10.0.0.1"], "searchDomains": "a.example", "options": "ndots:2"},
        "diagnostics": {"logAnalytics": {"workspaceId": "w", "workspaceKey": HUSH, "metadata": {"a": "b"}}},
        "encryptionProperties": {"vaultBaseUrl": "https://v.example", "keyName": "k", "keyVersion": "1"},
        "extensions": [{"name": "proxy", "properties": {"protectedSettings": {"config": HUSH}}}],
        "confidentialComputeProperties": {"ccePolicy": "cG9saWN5"},
        "novelty": {"kept": None},
    },
}


def changed(*changes: tuple[str | tuple[Any, ...], Any]) -> dict[str, Any]:
    """Return FULL with the values at paths like `properties.containers.0.name` changed; ... removes one."""
    body = copy.deepcopy(FULL)
    for path, value in changes:
        *steps, last = path if isinstance(path, tuple) else [int(s) if s.isdigit() else s for s in path.split(".")]
        owner: Any = body
        for step in steps:
            owner = owner[step]
        if value is ...:
            del owner[last]
        else:
            owner[last] = value
    return body


def refusal(body: dict[str, Any], limits: Limits = USUAL, version: str = "2023-05-01") -> tuple[str, str]:
    """Return the code and the sentence with which `body` is refused."""
    with pytest.raises(ArmError) as caught:
        read_spec(body, limits, version, name="nightly")
    assert caught.value.status == 400
    return caught.value.code, caught.value.message
