"""The provider, its regions' capacity, the cloud's endpoints and api-versions: pure, and through Azure's SDK."""

import json
import math
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from azure.core.exceptions import ResourceNotFoundError

from aci_emulator.arm import ArmError
from aci_emulator.limits import Limits
from aci_emulator.lookups import Asked, clouds
from aci_emulator.lookups.capacity import UNLIMITED
from aci_emulator.lookups.routes import PATHS
from tests.emulator.arm_world import NEWEST, OWN, RG, Arm, S
from tests.emulator.driver import Sdk


@pytest.fixture(name="arm")
def look_ups() -> Arm:
    return Arm()


def test_the_provider_is_registered_and_says_what_it_has(arm: Arm) -> None:
    found = arm.get(OWN.lower())
    assert (found["namespace"], found["registrationState"]) == ("Microsoft.ContainerInstance", "Registered")
    groups = next(each for each in found["resourceTypes"] if each["resourceType"] == "containerGroups")
    assert groups["apiVersions"][0] == NEWEST
    assert "West Europe" in groups["locations"]
    assert "SupportsTags" in groups["capabilities"]
    assert arm.get(f"/subscriptions/{S}/providers")["value"] == [found]


def test_the_tenant_knows_the_provider_without_a_registration(arm: Arm) -> None:
    found = arm.get("/providers/Microsoft.ContainerInstance")
    assert "registrationState" not in found
    assert arm.get("/providers")["value"] == [found]


def test_an_unregistered_subscription_is_told_so_until_it_registers(arm: Arm) -> None:
    own = "/subscriptions/Mine/providers/Microsoft.ContainerInstance"
    arm.lookups.namespace.check("Mine")
    assert arm.ask("POST", f"{own}/unregister").body is not None
    assert arm.get(own)["registrationState"] == "NotRegistered"
    with pytest.raises(ArmError, match=r"MissingSubscriptionRegistration.*'Microsoft\.ContainerInstance'") as caught:
        arm.lookups.namespace.check("mINE")
    assert caught.value.status == 409
    arm.lookups.namespace.check("another")
    registered = arm.ask("POST", f"{own}/register").body
    assert isinstance(registered, dict)
    assert registered["registrationState"] == "Registered"
    arm.lookups.namespace.check("mine")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/providers/Microsoft.Storage"),
        ("GET", f"/subscriptions/{S}/providers/Microsoft.Storage"),
        ("POST", f"/subscriptions/{S}/providers/Microsoft.Storage/register"),
        ("POST", f"/subscriptions/{S}/providers/Microsoft.Storage/unregister"),
    ],
)
def test_there_is_no_other_provider(arm: Arm, method: str, path: str) -> None:
    assert arm.refused(method, path) == (404, "InvalidResourceNamespace")


def test_usages_tell_what_is_used_of_each_quota(arm: Arm) -> None:
    usages = {each["name"]["value"]: each for each in arm.get(f"{OWN}/locations/West Europe/usages")["value"]}
    assert {name: (each["currentValue"], each["limit"]) for name, each in usages.items()} == {
        "ContainerGroups": (2, 100),
        "StandardCores": (4, 100),
        "StandardSpotCores": (1, 10),
        "StandardK80Cores": (0, 0),
        "StandardP100Cores": (0, 0),
        "StandardV100Cores": (0, 0),
        "DedicatedContainerGroups": (0, 0),
        "DedicatedCores": (0, 0),
        "ConfidentialContainerGroups": (0, 0),
        "ConfidentialCores": (0, 0),
    }
    assert usages["StandardCores"] == {
        "id": f"{OWN}/locations/westeurope/usages/StandardCores",
        "unit": "Count",
        "currentValue": 4,
        "limit": 100,
        "name": {"value": "StandardCores", "localizedValue": "Standard Cores"},
    }


def test_no_limit_is_shown_as_a_large_number(arm: Arm) -> None:
    arm.holdings.most = Limits(groups=math.inf, cores=math.inf, cpu=math.inf, memory=math.inf)
    usages = arm.get(f"{OWN}/locations/westeurope/usages")["value"]
    assert [each["limit"] for each in usages[:2]] == [UNLIMITED, UNLIMITED]
    most = arm.get(f"{OWN}/locations/westeurope/capabilities")["value"][0]["capabilities"]
    assert (most["maxCpu"], most["maxMemoryInGB"]) == (UNLIMITED, UNLIMITED)


def test_a_container_group_needs_nothing_of_the_network_outside_if_it_is_there(arm: Arm) -> None:
    rest = "/providers/Microsoft.ContainerInstance/containerGroups/NIGHTLY/outboundNetworkDependenciesEndpoints"
    assert arm.get(f"{RG}rg{rest}") == []
    assert arm.refused("GET", f"{RG}other{rest}") == (404, "ResourceNotFound")


def test_the_cloud_is_this_emulator_in_each_shape_that_tools_read(arm: Arm) -> None:
    one = arm.get("/metadata/endpoints", **{"api-version": "2022-09-01"})
    assert one["resourceManager"] == one["authentication"]["loginEndpoint"] == "https://localhost:10010"
    assert one["authentication"]["audiences"] == [
        "https://management.core.windows.net/",
        "https://management.azure.com/",
    ]
    assert arm.get("/metadata/endpoints", **{"api-version": "2019-05-01"}) == [one]
    for old in ("1.0", "2015-01-01"):
        flat = arm.get("/metadata/endpoints", **{"api-version": old})
        assert flat["authentication"] == one["authentication"]
        assert flat["graphEndpoint"] == "https://localhost:10010"


def test_only_the_clouds_endpoints_are_told_without_a_token() -> None:
    assert clouds.is_asked("/Metadata/endpoints/")
    assert not clouds.is_asked("/tenants")


ARMS = [
    "/tenants",
    "/subscriptions",
    f"/subscriptions/{S}",
    f"/subscriptions/{S}/locations",
    f"/subscriptions/{S}/resourcegroups",
    f"/subscriptions/{S}/resourcegroups/rg",
    f"/subscriptions/{S}/resources",
    f"/subscriptions/{S}/resourceGroups/rg/resources",
    f"/subscriptions/{S}/providers",
    OWN,
]
OWNS = [
    "/providers/Microsoft.ContainerInstance/operations",
    f"{OWN}/locations/eastus/usages",
    f"{OWN}/locations/eastus/capabilities",
    f"{OWN}/locations/eastus/cachedImages",
]
TOOLS = ["/metadata/endpoints"]


@pytest.mark.parametrize("path", ARMS)
def test_arms_own_operations_take_any_date_for_a_version(arm: Arm, path: str) -> None:
    for version in ("2014-04-01", "2099-12-31", "2020-01-01-preview"):
        arm.get(path, **{"api-version": version})


@pytest.mark.parametrize("path", ARMS + TOOLS)
@pytest.mark.parametrize("version", ["2020", "2020-13-01", "2020-02-30", "latest", "2020-01-01-", "\u0662020-01-01"])
def test_a_version_that_is_no_date_is_refused(arm: Arm, path: str, version: str) -> None:
    assert arm.refused("GET", path, **{"api-version": version}) == (400, "InvalidApiVersionParameter")


@pytest.mark.parametrize("path", ARMS + OWNS + TOOLS)
def test_a_request_without_a_version_is_refused(arm: Arm, path: str) -> None:
    assert arm.refused("GET", path, **{"api-version": ""}) == (400, "MissingApiVersionParameter")


@pytest.mark.parametrize("path", OWNS)
def test_the_providers_operations_take_its_own_versions(arm: Arm, path: str) -> None:
    arm.get(path, **{"api-version": "2018-10-01"})
    code = (400, "NoRegisteredProviderFound")
    assert arm.refused("GET", path, **{"api-version": "2099-01-01"}) == code


@pytest.mark.parametrize("path", ARMS + OWNS + TOOLS)
def test_paths_are_read_in_any_case_with_or_without_a_slash_and_by_their_methods_only(arm: Arm, path: str) -> None:
    assert arm.get(path.upper().replace(S.upper(), S) + "/") is not None
    assert arm.refused("OPTIONS", path) == (405, "HttpMethodNotSupported")


def test_every_answer_is_json_and_what_is_no_look_up_is_not_found(arm: Arm) -> None:
    assert len(PATHS) == 20
    for path in ARMS + OWNS + TOOLS:
        json.dumps(arm.get(path), allow_nan=False)
    assert arm.refused("GET", f"/subscriptions/{S}/deployments") == (404, "NotFound")


@pytest.fixture(params=["sync", "aio"])
def sdk(request: pytest.FixtureRequest, arm: Arm) -> Iterator[Sdk]:
    """Azure's own client in front of the look-ups."""

    class Request(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            asked = Asked({name.lower(): value for name, value in parse_qsl(address.query)})
            try:
                answer = arm.lookups.answer("GET", unquote(address.path), asked)
                status, body = answer.status, answer.body
            except ArmError as refusal:
                status, body = refusal.status, refusal.body()
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Request) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        client = Sdk(f"http://127.0.0.1:{server.server_port}", request.param)
        yield client
        client.close()
        server.shutdown()
        thread.join()


def test_the_sdk_reads_usages_capabilities_and_cached_images(sdk: Sdk) -> None:
    usages = {each.name.value: each for each in sdk.run(lambda c: c.location.list_usage("westeurope"))}
    assert (usages["StandardCores"].current_value, usages["StandardCores"].limit) == (4, 100)
    assert usages["StandardCores"].unit == "Count"
    capabilities = sdk.run(lambda c: c.location.list_capabilities("westeurope"))
    assert [(each.os_type, each.ip_address_type, each.capabilities.max_cpu) for each in capabilities] == [
        ("Linux", "Public", 31),
        ("Linux", "Private", 31),
    ]
    images = sdk.run(lambda c: c.location.list_cached_images("westeurope"))
    assert {each.os_type for each in images} == {"Linux"}
    assert all(each.image for each in images)


def test_the_sdk_reads_operations_and_outbound_endpoints(sdk: Sdk) -> None:
    operations = sdk.run(lambda c: c.operations.list())
    assert "Microsoft.ContainerInstance/containerGroups/write" in {each.name for each in operations}
    assert {each.display.provider for each in operations} == {"Microsoft Container Instance"}
    ask = "get_outbound_network_dependencies_endpoints"
    assert sdk.run(lambda c: getattr(c.container_groups, ask)("rg", "nightly")) == []
    with pytest.raises(ResourceNotFoundError):
        sdk.run(lambda c: getattr(c.container_groups, ask)("rg", "gone"))
