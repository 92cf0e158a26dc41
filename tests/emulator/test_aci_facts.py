"""The facts of the reference page on ACI that tests hold, each with the test that holds it.

The page is `aci.md`, sections 1 to 4, as it stood when the emulator's first half was written.
"""

import ast
from pathlib import Path

import pytest

from tests.emulator.driver import ROOT

HERE = Path(__file__).parent

FACTS = [
    ("1 PUT of a new group: 201, Pending, Azure-AsyncOperation only", "wire", "put_answers_201_pending"),
    ("1 PUT of an existing group: 200", "wire", "put_over_an_existing_group_answers_200"),
    ("1 GET has instanceView, lists have none", "sdk", "lists_hold_the_group_and_no_instance_view"),
    ("1 PATCH replaces tags", "sdk", "tags_can_be_replaced_without_a_restart"),
    ("1 DELETE: 200 with the last body after 3 s, 204 when absent", "time", "delete_takes_three_seconds"),
    ("1 stop: 204", "sdk", "stop_leaves_neither_exit_code_nor_start_time"),
    ("1 start: 204 with an operation, 204 without when running", "time", "start_of_a_starting_or_running_group"),
    ("1 restart: 204, Updating, containers still Running", "time", "right_after_a_restart_the_containers_still_run"),
    ("1 logs: tail and timestamps", "sdk", "the_log_can_be_cut_and_stamped"),
    ("1.1 the operation resource", "wire", "the_operation_tells_group_status_start_and_events"),
    ("1.2 timing: PUT 3, Pulling 4, Pulled 9, Started 18", "time", "a_new_group_second_by_second"),
    ("1.2 provisioning gives up after 30 minutes", "policies", "a_command_that_never_starts_is_failed"),
    ("1.3 pollers of both flavours end", "sdk", "a_run_from_put_to_log_to_delete"),
    ("1.3 a failed operation has no error object", "sdk", "a_command_that_does_not_exist_fails_the_operation"),
    ("2 responses leave out secrets", "wire", "secrets_go_to_the_container_and_never_into_an_answer"),
    ("2 GET echoes and adds sku and empty lists", "wire", "a_get_echoes_what_was_sent"),
    ("2 identities come back with ids", "wire", "identities_come_back_with_their_ids"),
    ("3.1 the group's states by restart policy", "pure", "the_groups_state_from_its_containers"),
    ("3.2 Succeeded means started, not finished", "sdk", "exit_code_3_under_never_is_a_failed_group"),
    ("3.2 Failed does not stop the group", "policies", "a_command_that_never_starts_is_failed"),
    ("3.3 exit 0 is Completed, another is Error", "sdk", "exit_code_3_under_never_is_a_failed_group"),
    ("3.3 CrashLoopBackOff with previousState", "policies", "on_failure_backs_off_longer_and_longer"),
    ("3.3 no instanceView before the first pull", "time", "a_new_group_second_by_second"),
    ("3.3 old events stay, repeats count", "time", "a_start_keeps_the_old_state"),
    ("3.3 pull messages name a digest", "pure", "a_digest_changes_with_the_name"),
    ("3.3 137 for SIGKILL", "process", "a_death_by_signal_shows_as_128_and_the_signal"),
    ("3.4 Always is the default", "policies", "always_restarts_after_success"),
    ("3.5 stop has no effect on an ended group", "time", "stop_has_no_effect_on_a_group_that_ended"),
    ("3.5 start is a new deployment", "sdk", "start_of_an_ended_group_runs_it_again"),
    ("3.5 init containers run in order", "policies", "init_containers_run_one_after_the_other"),
    ("3.5 PUT over a running group restarts it", "sdk", "put_over_a_running_group_restarts_it"),
    ("3.5 PUT merges nothing", "time", "put_over_a_group_replaces_it"),
    ("3.5 InvalidContainerGroupUpdate", "time", "a_living_or_stopped_group_keeps_its_size"),
    ("3.5 an ended group is deployed as new", "time", "put_over_an_ended_group_deploys_it_as_new"),
    ("3.6 4 MB while running", "process", "a_running_container_has_4_mb_of_log"),
    ("3.6 16 KB or 1,000 lines once stopped", "pure", "a_stopped_log_keeps_16_kb_or_1000_lines"),
    ("3.6 asked too early", "time", "a_log_before_the_first_start_is_not_available"),
    ("3.6 one content", "sdk", "a_run_from_put_to_log_to_delete"),
    ("4 ContainerGroupTransitioning", "time", "an_operation_in_progress_refuses_every_other"),
    ("4 InaccessibleImage at PUT", "sdk", "a_missing_image_is_refused_at_once"),
    ("4 InvalidRequestContent", "refusals", "a_malformed_body_is_invalid_request_content"),
    ("4 InvalidContainerEnvironmentVariable", "refusals", "a_wrong_property_is_named"),
    ("4 NoRegisteredProviderFound", "refusals", "an_unknown_api_version_is_refused_by_the_gateway"),
    ("4 ResourceNotFound", "refusals", "what_is_not_there_is_refused_in_arms_shape"),
    ("5 group names", "refusals", "a_name_outside_the_rule_is_refused"),
    ("5 remaining creates and deletes", "time", "the_remaining_creates_and_deletes_are_counted"),
]

NOT_YET = [
    "1 exec, attach, usages, capabilities, cachedImages",
    "3.2 Repairing and Unhealthy",
    "3.3 exit codes 7147 and 7148",
    "3.4 a second start after a non-zero exit under Never",
    "4 capacity, quota, registry, authorisation and throttling refusals",
    "5 limits that refuse",
]
"""Facts without a test: nothing in the emulator shows them yet."""


def named_in(file: str) -> list[str]:
    tree = ast.parse((HERE / f"test_aci_{file}.py").read_text())
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.mark.parametrize(("fact", "file", "test"), FACTS)
def test_every_fact_is_held_by_one_test(fact: str, file: str, test: str) -> None:
    assert len([name for name in named_in(file) if name.startswith(f"test_{test}")]) == 1, fact


def test_the_emulator_imports_nothing_of_the_scheduler_and_nothing_of_the_launcher() -> None:
    for path in (ROOT / "aci_emulator").glob("**/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] in {"scheduler", "local", "azure"}], path.name
