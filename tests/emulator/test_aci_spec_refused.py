"""In which words a bad body is refused: a code, the property's path, its value, what is allowed (aci.md, 4 and 5)."""

from typing import Any

import pytest

from aci_emulator.spec import Address, Port, read_spec
from tests.emulator.bodies import FULL, HUSH, SUBNET, USER, changed, refusal

INVALID = "InvalidRequestContent"
MAIN = "properties.containers.0"
INNER = f"{MAIN}.properties"
REQUESTS = f"{INNER}.resources.requests"
SIDE = "properties.containers.1.properties.resources.requests"
VOLUME = "properties.volumes"
PULL = "properties.imageRegistryCredentials"
OTHER = USER[:-1] + "other"

ROWS: dict[str, list[tuple[str, Any, str, str]]] = {
    "the group": [
        ("location", ..., "LocationRequired", "location"),
        ("location", "", "LocationRequired", "location"),
        ("location", "a/b", "LocationNotAvailableForResourceType", "'a/b'"),
        ("location", 5, INVALID, "'location' must be a string; it is 5"),
        ("zones", "1", INVALID, "'zones' must be an array of strings; it is '1'"),
        ("zones", [1], INVALID, "'zones[0]' must be a string; it is 1"),
        ("tags", {"a": 1}, INVALID, "tags['a']' must be a string; it is 1"),
        ("properties", ..., INVALID, "Required property 'properties' not found in JSON. Path ''"),
        ("properties", [], INVALID, "'properties' must be an object; it is an array"),
        ("properties.osType", ..., "InvalidOsType", "The value must be one of 'Windows,Linux'"),
        ("properties.osType", "BeOS", "InvalidOsType", "'BeOS'"),
        ("properties.osType", "windows", INVALID, "only Linux is emulated"),
        ("properties.restartPolicy", "Sometimes", INVALID, "'Sometimes'. Allowed: Always, OnFailure, Never"),
        ("properties.sku", "Cheap", INVALID, "'Cheap'. Allowed: Standard, Dedicated, Confidential"),
        ("properties.priority", "High", "PriorityNotSpecified", "one of 'Regular,Spot' for container group 'nightly'"),
        ("properties.secretReferences", [{}], INVALID, "'properties.secretReferences' is not emulated"),
        ("properties.containerGroupProfile", {"id": "p"}, INVALID, "containerGroupProfile' is not emulated"),
        ("properties.dnsConfig", {}, INVALID, "Required property 'nameServers'"),
        ("properties.dnsConfig.nameServers", ["a", 1], INVALID, "dnsConfig.nameServers[1]"),
        ("properties.diagnostics.logAnalytics.workspaceId", ..., INVALID, "'workspaceId'"),
        ("properties.diagnostics.logAnalytics.workspaceKey", ..., INVALID, "'workspaceKey'"),
        ("properties.diagnostics.logAnalytics.workspaceKey", "", INVALID, "logAnalytics.workspaceKey' is a string"),
        ("properties.diagnostics.logAnalytics.logType", "All", INVALID, "ContainerInsights, ContainerInstanceLogs"),
        ("properties.diagnostics.logAnalytics.metadata", {"a": 1}, INVALID, "metadata.a' must be a string"),
        ("properties.encryptionProperties.keyName", ..., INVALID, "'keyName'"),
        ("properties.extensions", {}, INVALID, "'properties.extensions' must be an array"),
        ("properties.confidentialComputeProperties", "x", INVALID, "confidentialComputeProperties' must be an object"),
    ],
    "containers": [
        ("properties.containers", ..., INVALID, "'containers'"),
        ("properties.containers", [], INVALID, "holds no container. Allowed: 1 to 60"),
        ("properties.containers", {}, INVALID, "'properties.containers' must be an array; it is an object"),
        (MAIN, None, INVALID, "'properties.containers[0]' must be an object; it is null"),
        (f"{MAIN}.name", ..., INVALID, "Required property 'name' not found in JSON. Path 'properties.containers[0]'"),
        (f"{MAIN}.name", "Main", "InvalidContainerName", "'Main' in container group 'nightly'"),
        (f"{MAIN}.name", "-a", "InvalidContainerName", "'-a'"),
        (f"{MAIN}.name", "a" * 64, "InvalidContainerName", "63"),
        (f"{MAIN}.name", "side", "DuplicateContainerName", "'side'"),
        (f"{MAIN}.name", "first", "DuplicateContainerName", "'first'"),
        (INNER, ..., INVALID, "'properties'"),
        (f"{INNER}.image", ..., INVALID, "'image'"),
        (f"{INNER}.image", "", "InvalidImage", "properties.containers[0].properties.image"),
        (f"{INNER}.image", "a b", "InvalidImage", "'a b'"),
        (f"{INNER}.command", "echo", INVALID, "command' must be an array of strings; it is 'echo'"),
        (f"{INNER}.command", ["a\0b"], INVALID, "command[0]' is 'a\\x00b'. Allowed: a string without NUL"),
        (f"{INNER}.command", ["a", None], INVALID, "command[1]' must be a string; it is null"),
        (f"{INNER}.livenessProbe", "x", INVALID, "livenessProbe' must be an object"),
        (f"{INNER}.securityContext", [], INVALID, "securityContext' must be an object"),
        *(
            (f"properties.initContainers.0.properties.{key}", value, INVALID, f"an init container has no {key}")
            for key, value in FULL["properties"]["containers"][0]["properties"].items()
            if key in {"ports", "resources", "livenessProbe", "readinessProbe"}
        ),
    ],
    "environment": [
        (f"{INNER}.environmentVariables", {}, INVALID, "environmentVariables' must be an array"),
        (f"{INNER}.environmentVariables.0.name", ..., INVALID, "'name'"),
        *(
            (f"{INNER}.environmentVariables.0.name", name, "InvalidContainerEnvironmentVariable", "in container 'main'")
            for name in ("1A", "a-b", "a.b", "", "ä", "A" * 64)
        ),
        (f"{INNER}.environmentVariables.0.name", "EMPTY", INVALID, "environmentVariables[2].name' is 'EMPTY'"),
        (f"{INNER}.environmentVariables.0.value", 1, INVALID, "[0].value' must be a string; it is a number"),
        (f"{INNER}.environmentVariables.0.value", "a\0", INVALID, "without NUL"),
        (f"{INNER}.environmentVariables.0.value", ..., INVALID, "exactly one of 'value' and 'secureValue'"),
        (f"{INNER}.environmentVariables.0.secureValue", "", INVALID, "exactly one of 'value' and 'secureValue'"),
        (f"{INNER}.environmentVariables.0.secureValueReference", "r", INVALID, "is not emulated"),
    ],
    "resources": [
        (f"{INNER}.resources", ..., "ResourceRequestsNotSpecified", "in container 'main' of contain group 'nightly'"),
        (f"{INNER}.resources", {}, "ResourceRequestsNotSpecified", "'requests' not found"),
        (REQUESTS, {}, "ResourceRequestsNotSpecified", "'cpu' not found"),
        (f"{REQUESTS}.cpu", ..., "ResourceSomeRequestsNotSpecified", "The 'Cpu' request is not specified"),
        (f"{REQUESTS}.memoryInGB", ..., "ResourceSomeRequestsNotSpecified", "The 'MemoryInGB' request"),
        (f"{REQUESTS}.cpu", "2", INVALID, "resources.requests.cpu' must be a number; it is '2'"),
        (f"{REQUESTS}.cpu", True, INVALID, "must be a number; it is true"),
        (f"{REQUESTS}.cpu", 0, INVALID, "requests.cpu' is 0. Allowed: a number above 0"),
        (f"{REQUESTS}.memoryInGB", -1.5, INVALID, "is -1.5"),
        (f"{REQUESTS}.memoryInGB", 1024, INVALID, "1000 at most"),
        (f"{REQUESTS}.cpu", 10**400, INVALID, "is a number. Allowed"),
        (f"{REQUESTS}.gpu", {"count": 1, "sku": "V100"}, INVALID, "GPUs are not emulated"),
        (f"{INNER}.resources.limits.gpu", {"count": 1}, INVALID, "GPUs are not emulated"),
        (f"{INNER}.resources.limits.cpu", 0.4, "ResourceLimitsLessThanRequests", "the limit is 0.4, the request 0.5"),
        (f"{INNER}.resources.limits.memoryInGB", 1, "ResourceLimitsLessThanRequests", "The 'MemoryInGB' limit"),
        (
            f"{INNER}.resources.limits.cpu",
            1.6,
            "ContainerLimitGreaterThanContainerGroupTotalRequest",
            "The 'Cpu' limit '1.6' in container 'main' is greater than the total request '1.5'",
        ),
        (f"{INNER}.resources.limits.memoryInGB", 3, "ContainerLimitGreaterThanContainerGroupTotalRequest", "'2'"),
        (f"{SIDE}.cpu", 31, INVALID, "request 31.5 cores together"),
        (f"{SIDE}.memoryInGB", 240, INVALID, "request 241.5 GB of memory together"),
    ],
    "volumes": [
        *(
            (f"{VOLUME}.1.name", name, INVALID, "properties.volumes[1].name' is")
            for name in ("four", "Upper", "two--hyphens", "-first", "last-", "a" * 64, "share")
        ),
        (f"{VOLUME}.1.emptyDir", ..., INVALID, "exactly one of azureFile, emptyDir, secret, gitRepo; it has none"),
        (f"{VOLUME}.1.secret", {}, INVALID, "it has emptyDir and secret"),
        (f"{VOLUME}.1.emptyDir", "", INVALID, "properties.volumes[1].emptyDir' must be an object"),
        (f"{VOLUME}.1.secretReference", {"a": "b"}, INVALID, "is not emulated"),
        (f"{VOLUME}.0.azureFile.shareName", ..., INVALID, "'shareName'"),
        (f"{VOLUME}.0.azureFile.storageAccountName", ..., INVALID, "'storageAccountName'"),
        (f"{VOLUME}.0.azureFile.shareName", "../up", INVALID, "azureFile.shareName' is '../up'"),
        (f"{VOLUME}.0.azureFile.storageAccountName", "a/b", INVALID, "storageAccountName' is 'a/b'"),
        (f"{VOLUME}.0.azureFile.storageAccountKeyReference", "r", INVALID, "is not emulated"),
        (f"{VOLUME}.0.azureFile.readOnly", "yes", INVALID, "must be true or false; it is 'yes'"),
        (f"{VOLUME}.2.secret", {"a": "b4d"}, INVALID, "properties.volumes[2].secret['a']' is not base64"),
        (f"{VOLUME}.2.secret", {"a": 5}, INVALID, "must be a string in base64"),
        *(
            (f"{VOLUME}.2.secret", {name: ""}, INVALID, "a file is named")
            for name in ("", "a/b", ".", "..", "../a", "a\0")
        ),
        (f"{VOLUME}.3.gitRepo.repository", ..., INVALID, "'repository'"),
        *(
            (f"{VOLUME}.3.gitRepo.repository", address, INVALID, "gitRepo.repository' is")
            for address in ("--upload-pack=x", "https://g.example/a b", "https://g.example/\x7f", "")
        ),
        *(
            (f"{VOLUME}.3.gitRepo.directory", name, INVALID, "gitRepo.directory")
            for name in ("..", "a/../b", "/a", "-a")
        ),
        (f"{VOLUME}.3.gitRepo.revision", "--all", INVALID, "gitRepo.revision' is '--all'"),
        (f"{INNER}.volumeMounts.0.name", "other", INVALID, "a volume of the group: share, empty, secret, clone"),
        (f"{INNER}.volumeMounts.0.mountPath", ..., INVALID, "'mountPath'"),
        *(
            (f"{INNER}.volumeMounts.0.mountPath", path, INVALID, "volumeMounts[0].mountPath' is")
            for path in ("mnt", "/a:b", "/a/../b", "/", "//", "")
        ),
        (f"{INNER}.volumeMounts.1.mountPath", "/mnt/share", INVALID, "a path that no other mount of the container has"),
    ],
    "network": [
        *((f"{INNER}.ports.0.port", port, "InvalidContainerPorts", f"The ports '{port}'") for port in (0, -1, 65_536)),
        (f"{INNER}.ports.0.port", "80", INVALID, "ports[0].port' must be a number; it is '80'"),
        (f"{INNER}.ports.0.port", 80.5, INVALID, "a whole number from 1 to 65535"),
        (f"{INNER}.ports.0.port", ..., INVALID, "'port'"),
        *(
            (f"{INNER}.ports.0.port", port, INVALID, "without the ports that ACI reserves: 22, 1025-1027, 3389-3399")
            for port in (22, 1025, 1027, 3389, 3399, 9999, 19000, 19080, 19100, 19390, 20000, 30000, 49152, 65534)
        ),
        (f"{INNER}.ports.0.protocol", "ICMP", INVALID, "'ICMP'. Allowed: TCP, UDP"),
        (f"{INNER}.ports.1.protocol", "tcp", INVALID, "a port that is not there twice with TCP"),
        (
            "properties.containers.1.properties.ports",
            [{"port": 80}],
            INVALID,
            "container 'side' is that of 'main', too",
        ),
        ("properties.ipAddress.type", ..., INVALID, "'type'"),
        ("properties.ipAddress.type", "None", INVALID, "Allowed: Public, Private"),
        ("properties.ipAddress.type", "Private", "PrivateIPAddressNotSupported", "without properties.subnetIds"),
        ("properties.ipAddress.ports", [], "MissingIpAddressPorts", "of container group 'nightly' cannot be empty"),
        ("properties.ipAddress.ports", ..., "MissingIpAddressPorts", "cannot be empty"),
        ("properties.ipAddress.ports", [{"port": 81}], "UnreferencedIpAddressPorts", "Following ports '81'"),
        ("properties.ipAddress.ports", [{"port": 80}] * 6, INVALID, "is 6. Allowed: 5 ports of one IP address at most"),
        *(
            ("properties.ipAddress.dnsNameLabel", label, INVALID, "The DNS name label")
            for label in ("four", "1label", "label-", "Label", "a" * 64)
        ),
        ("properties.ipAddress.autoGeneratedDomainNameLabelScope", "Mine", INVALID, "Unsecure, TenantReuse"),
        ("properties.subnetIds", [{"id": SUBNET}], "InvalidIpAddressTypeForNetworkProfile", "can't be public"),
        ("properties.networkProfile", {"id": "p"}, "InvalidIpAddressTypeForNetworkProfile", "can't be public"),
        (
            "properties.subnetIds",
            [{}],
            INVALID,
            "Required property 'id' not found in JSON. Path 'properties.subnetIds[0]'",
        ),
        ("properties.subnetIds", [{"id": ""}], INVALID, "properties.subnetIds[0].id"),
    ],
    "identities": [
        ("identity", {}, INVALID, "Required property 'type'"),
        ("identity.type", "Root", INVALID, "identity.type' is 'Root'"),
        ("identity.type", "SystemAssigned", INVALID, "names 1 identities"),
        ("identity.userAssignedIdentities", ..., INVALID, "names 0 identities"),
        ("identity.userAssignedIdentities", {"u": {}}, INVALID, "names 'u'"),
        ("identity.userAssignedIdentities", {USER: 1}, INVALID, "must be an object; it is 1"),
        (
            "identity.userAssignedIdentities",
            {OTHER: {}},
            "InvalidImageRegistryIdentity",
            "not found in container group",
        ),
        (f"{PULL}.1.identity", "system", "InvalidImageRegistryIdentity", "imageRegistryCredentials[1].identity"),
        (f"{PULL}.0.server", ..., INVALID, "'server' not found in JSON. Path 'properties.imageRegistryCredentials[0]'"),
        *(
            (f"{PULL}.0.server", server, "InvalidImageRegistryServer", "a valid host name without protocol")
            for server in ("https://r.example", "r.example/a", "", "a b")
        ),
        (f"{PULL}.0.username", ..., "AmbiguousImageResitryCredentialType", "exactly one of username or identity"),
        (f"{PULL}.0.identity", USER, "AmbiguousImageResitryCredentialType", "of container group 'nightly'"),
        (f"{PULL}.1.password", HUSH, "AmbiguousImageResitryCredentialType", "cannot be detected"),
        (f"{PULL}.0.password", ..., INVALID, "'password'"),
        (f"{PULL}.0.password", "", INVALID, "'password'"),
        (f"{PULL}.0.passwordReference", "r", INVALID, "is not emulated"),
    ],
}


@pytest.mark.parametrize(
    ("path", "value", "code", "words"),
    [pytest.param(*row, id=f"{noun}-{number}") for noun, rows in ROWS.items() for number, row in enumerate(rows)],
)
def test_a_rule_that_is_broken_is_named(path: str, value: Any, code: str, words: str) -> None:
    said = refusal(changed((path, value)))
    assert said[0] == code, said[1]
    assert words in said[1]


def test_a_dns_label_needs_a_public_address() -> None:
    private = (("properties.ipAddress.type", "Private"), ("properties.subnetIds", [{"id": SUBNET}]))
    code, sentence = refusal(changed(*private))
    assert (code, "only supported when IP Address type is public" in sentence) == (INVALID, True)
    address = read_spec(changed(*private, ("properties.ipAddress.dnsNameLabel", ...))).address
    assert address == Address(public=False, ports=(Port(80),))


def test_the_first_and_the_last_port_are_ports() -> None:
    ports = [{"port": 1}, {"port": 65_535}, {"port": 80}]
    assert read_spec(changed((f"{INNER}.ports", ports))).containers[0].ports == (Port(1), Port(65_535), Port(80))


SPOT = (("properties.priority", "spot"), ("properties.ipAddress", ...))


def test_a_spot_group_is_neither_reachable_nor_large_nor_special() -> None:
    assert read_spec(changed(*SPOT)).spot
    inbound = "SpotPriorityContainerGroupNotSupportedForInboundConnectivity"
    assert refusal(changed(SPOT[0]))[0] == inbound
    assert refusal(changed(*SPOT, ("properties.subnetIds", [{"id": SUBNET}])))[0] == inbound
    code, sentence = refusal(changed(*SPOT, ("properties.sku", "Dedicated")))
    assert (code, "'Dedicated' Sku" in sentence) == ("SpotPriorityContainerGroupNotSupportedInSku", True)
    assert "Allowed: 1 to 4." in refusal(changed(*SPOT, (f"{SIDE}.cpu", 4)))[1]
    assert "Allowed: 1 to 16." in refusal(changed(*SPOT, (f"{SIDE}.memoryInGB", 16)))[1]


def test_a_group_below_the_least_size_is_refused() -> None:
    small = (f"{SIDE}.cpu", 0.4)
    code, sentence = refusal(changed(small, (f"{INNER}.resources.limits", ...)))
    assert (code, "request 0.9 cores together" in sentence) == (INVALID, True)


@pytest.mark.parametrize(
    ("key", "older", "first"),
    [
        ("initContainers", "2018-10-01", "2019-12-01"),
        ("subnetIds", "2021-03-01", "2021-07-01"),
        ("zones", "2021-07-01", "2021-09-01"),
        ("priority", "2022-09-01", "2022-10-01-preview"),
        ("confidentialComputeProperties", "2022-09-01", "2022-10-01-preview"),
    ],
)
def test_what_an_api_version_does_not_know_is_refused_and_not_lost(key: str, older: str, first: str) -> None:
    value = {"subnetIds": [{"id": SUBNET}]}.get(key, FULL.get(key) or FULL["properties"].get(key))
    body = changed(
        *((f"properties.{name}", ...) for name in FULL["properties"] if name not in {"osType", "containers"})
    )
    del body["zones"], body["properties"]["containers"][0]["properties"]["volumeMounts"]
    body.update({"zones": value} if key == "zones" else {})
    if key != "zones":
        body["properties"][key] = value
    body["properties"]["volumes"] = FULL["properties"]["volumes"]
    code, sentence = refusal(body, version=older)
    assert (code, f"is not known in api-version {older}. Allowed: from {first}" in sentence) == (INVALID, True)
    read_spec(body, version=first)


def test_pulling_with_an_identity_needs_its_api_version() -> None:
    body = changed(("properties.initContainers", ...), ("properties.priority", ...), ("zones", ...))
    del body["properties"]["confidentialComputeProperties"]
    code, sentence = refusal(body, version="2021-03-01")
    assert code == "InvalidImageRegistryCredentialType"
    assert "Identity in 'imageRegistryCredentials' of container group 'nightly' is not supported" in sentence
