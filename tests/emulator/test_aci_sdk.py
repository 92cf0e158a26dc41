"""Both flavours of azure-mgmt-containerinstance against the emulator, over real HTTP."""

from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.containerinstance import ContainerInstanceManagementClient

from tests.emulator.driver import SUBSCRIPTION, Credential, Emulator, Sdk, container, group, shell


def current(found: Any) -> Any:
    view = found.containers[0].instance_view
    return view.current_state if view is not None else None


def ended(found: Any) -> bool:
    return found.instance_view.state in {"Succeeded", "Failed"}


def running(found: Any) -> bool:
    return bool(found.instance_view.state == "Running" and current(found).state == "Running")


def reason(error: HttpResponseError) -> tuple[int | None, str, str]:
    """Return status, code and message; a failed operation of ACI has no code."""
    detail = error.error
    return error.status_code, (detail and detail.code) or "", (detail and detail.message) or ""


def test_a_run_from_put_to_log_to_delete(sdk: Sdk, name: str) -> None:
    made = sdk.put(name, group(container("hello")))
    assert made.provisioning_state == "Succeeded"
    over = sdk.until(name, ended)
    assert over.instance_view.state == "Succeeded"
    assert (current(over).state, current(over).exit_code, current(over).detail_status) == (
        "Terminated",
        0,
        "Completed",
    )
    assert current(over).start_time <= current(over).finish_time
    assert sdk.log(name) == "hello\ntrouble\n"
    last = sdk.run(lambda c: c.container_groups.begin_delete("rg", name))
    assert last.name == name
    assert last.containers[0].instance_view.current_state.exit_code == 0
    with pytest.raises(ResourceNotFoundError):
        sdk.get(name)


def test_exit_code_3_under_never_is_a_failed_group_whose_start_succeeded(sdk: Sdk, name: str) -> None:
    made = sdk.put(name, group(container("exit:now", CODE="3")))
    assert made.provisioning_state == "Succeeded"
    over = sdk.until(name, ended)
    assert over.instance_view.state == "Failed"
    assert (current(over).exit_code, current(over).detail_status) == (3, "Error")
    assert current(over).start_time is not None


def test_put_over_a_running_group_restarts_it_though_nothing_changed(sdk: Sdk, name: str) -> None:
    sdk.put(name, group(container("sleeper")))
    before = current(sdk.until(name, running)).start_time
    sdk.put(name, group(container("sleeper")))
    after = sdk.until(name, running)
    assert current(after).start_time > before
    assert after.containers[0].instance_view.previous_state.start_time == before
    assert [event.count for event in after.containers[0].instance_view.events if event.name == "Started"] == [2]


def test_start_of_an_ended_group_runs_it_again_with_a_new_start_time(sdk: Sdk, name: str) -> None:
    sdk.put(name, group(container("hello")))
    before = current(sdk.until(name, ended)).start_time
    sdk.run(lambda c: c.container_groups.begin_start("rg", name))
    after = sdk.until(name, lambda found: ended(found) and current(found).start_time != before)
    assert current(after).start_time > before
    assert after.containers[0].instance_view.restart_count == 0


def test_stop_leaves_neither_exit_code_nor_start_time(sdk: Sdk, name: str) -> None:
    sdk.put(name, group(container("sleeper")))
    sdk.until(name, running)
    sdk.run(lambda c: c.container_groups.stop("rg", name))
    stopped = sdk.get(name)
    assert stopped.instance_view.state == "Stopped"
    state = current(stopped)
    assert (state.state, state.exit_code, state.start_time) == ("Terminated", None, None)
    assert state.finish_time is not None
    assert state.detail_status == "Container stopped per client request"
    assert stopped.containers[0].instance_view.previous_state.state == "Running"


def test_restart_starts_the_containers_anew(sdk: Sdk, name: str) -> None:
    sdk.put(name, group(container("sleeper"), policy="Always"))
    before = current(sdk.until(name, running)).start_time
    sdk.run(lambda c: c.container_groups.begin_restart("rg", name))
    after = sdk.until(name, lambda found: running(found) and current(found).start_time != before)
    assert {"Pulling", "Pulled", "Started", "Killing"} == {
        event.name for event in after.containers[0].instance_view.events
    }


def test_lists_hold_the_group_and_no_instance_view(sdk: Sdk, name: str) -> None:
    sdk.put(name, group(container("hello")))
    sdk.until(name, ended)
    for found in (
        sdk.run(lambda c: c.container_groups.list_by_resource_group("RG")),
        sdk.run(lambda c: c.container_groups.list()),
    ):
        mine = next(item for item in found if item.name == name)
        assert mine.instance_view is None
        assert mine.containers[0].instance_view is None
        assert mine.provisioning_state == "Succeeded"
    assert sdk.run(lambda c: c.container_groups.list_by_resource_group("another")) == []


def test_the_log_can_be_cut_and_stamped(sdk: Sdk, name: str) -> None:
    sdk.put(name, group(shell("echo one; echo two; echo three")))
    sdk.until(name, ended)
    assert sdk.log(name, tail=2) == "two\nthree\n"
    [line] = sdk.log(name, tail=1, timestamps=True).splitlines()
    stamp, _, text = line.partition(" ")
    assert text == "three"
    assert stamp.endswith("Z")


def test_tags_can_be_replaced_without_a_restart(sdk: Sdk, name: str) -> None:
    sdk.put(name, group(container("sleeper")))
    before = current(sdk.until(name, running)).start_time
    found = sdk.run(lambda c: c.container_groups.update("rg", name, {"tags": {"seen": "yes"}}))
    assert found.tags == {"seen": "yes"}
    assert current(found).start_time == before


def test_a_missing_image_is_refused_at_once_and_makes_no_group(sdk: Sdk, name: str) -> None:
    with pytest.raises(HttpResponseError) as refusal:
        sdk.put(name, group(container("unknown:1")))
    assert reason(refusal.value)[:2] == (400, "InaccessibleImage")
    assert reason(refusal.value)[2].startswith(f"The image 'unknown:1' in container group '{name}' is not")
    with pytest.raises(ResourceNotFoundError):
        sdk.get(name)


def test_a_command_that_does_not_exist_fails_the_operation_without_an_error_object(sdk: Sdk, name: str) -> None:
    with pytest.raises(HttpResponseError) as failure:
        sdk.put(name, group(container("nothing", "no-such-command")))
    assert reason(failure.value)[:2] == (200, "")
    found = sdk.get(name)
    assert (found.provisioning_state, found.instance_view.state) == ("Failed", "Failed")
    assert current(found).exit_code == 127
    assert 'exec: "no-such-command"' in found.containers[0].instance_view.events[-1].message


def test_what_cannot_change_in_place_is_refused(sdk: Sdk, name: str) -> None:
    sdk.put(name, group(container("sleeper")))
    with pytest.raises(HttpResponseError) as refusal:
        sdk.put(name, group(container("sleeper", cpu=2)))
    assert reason(refusal.value)[:2] == (400, "InvalidContainerGroupUpdate")


def test_a_list_is_read_over_all_its_pages(emulator: Emulator, sdk: Sdk) -> None:
    names = ["page-1", "page-2", "page-3"]
    for name in names:
        sdk.put(name, group(container("hello")))
    emulator.http.post("/_emulator/limits", json={"page": 1})
    found = sdk.run(lambda c: c.container_groups.list_by_resource_group("rg"))
    emulator.http.post("/_emulator/limits", json={"page": "none"})
    assert [one.name for one in found if one.name in names] == names
    for name in names:
        emulator.until_idle(name)
        emulator.delete(name)


def test_usages_count_what_is_there(emulator: Emulator, sdk: Sdk, name: str) -> None:
    def used() -> dict[str, int]:
        usages = sdk.run(lambda c: c.location.list_usage("northeurope"))
        return {one.name.value: one.current_value for one in usages}

    assert (used()["ContainerGroups"], used()["StandardCores"]) == (0, 0)
    sdk.put(name, group(container("sleeper", cpu=2)) | {"location": "northeurope"})
    assert (used()["ContainerGroups"], used()["StandardCores"]) == (1, 2)
    emulator.post(name, "stop")
    assert (used()["ContainerGroups"], used()["StandardCores"]) == (1, 0)


def test_the_sdks_own_policy_speaks_http_when_each_call_allows_it(emulator: Emulator, name: str) -> None:
    scopes: list[str] = []

    class Asked(Credential):
        def get_token(self, *asked: str, **options: Any) -> AccessToken:
            scopes.extend(asked)
            return super().get_token(*asked, **options)

    url = f"{emulator.url}/"
    with ContainerInstanceManagementClient(Asked(), SUBSCRIPTION, base_url=url, polling_interval=0.01) as client:
        put = client.container_groups.begin_create_or_update
        made = put("rg", name, group(container("hello")), enforce_https=False).result()  # type: ignore[call-overload] # a dict is a body too
        assert made.provisioning_state == "Succeeded"
        assert made.name in [one.name for one in client.container_groups.list(enforce_https=False)]
    assert set(scopes) == {"https://management.azure.com/.default"}
