"""Every fact of the reference page on ACI, `aci.md`, sections 1 to 5, with its source and the test that holds it.

A source is the page's own key, as `rec-ps-new`; `-` stands for a paragraph that names none. A fact is what a server can
be seen to do. What only clients, people and bills know is in OF_OTHERS, what nothing here shows in NOT_HELD.
"""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from aci_emulator.limits import Limits
from tests.emulator.driver import ROOT

HERE = Path(__file__).parent

FACTS = """
1 base path and prefix of a group, read in any case | sdk | aci_wire: paths_are_read_in_any_case
1 api-versions from 2018 to 2026-05-01 | spec-dir | aci_wire: every_api_version_is_served
1 PUT of a new group: 201, Pending, no event | rec-ps-new rec-cli-create | aci_wire: put_answers_201_pending
1 PUT names its operation: no Location, no Retry-After | rec-ps-new rec-cli-create | aci_wire: put_answers_201_pending
1 GET: 200 with instanceView | rec-ps-new | aci_sdk: a_run_from_put_to_log_to_delete
1 both lists: no instanceView | rec-cli-create rec-ps-get | aci_sdk: lists_hold_the_group_and_no_instance_view
1 lists come in pages, with nextLink | sdk | aci_limits: a_list_comes_in_pages
1 the SDK follows nextLink | sdk | aci_sdk: a_list_is_read_over_all_its_pages
1 PATCH: tags only, the whole body with instanceView | rec-net-update | aci_sdk: tags_can_be_replaced_without_a_restart
1 DELETE: 200, the last body, after 3 to 4 s | rec-ps-remove | aci_time: delete_takes_three_seconds
1 DELETE is no long-running operation | rec-ps-remove | aci_wire: delete_and_stop_are_done_when_they_are_answered
1 DELETE of what is not there: 204 | spec | aci_time: delete_takes_three_seconds
1 stop: 204, no operation | rec-ps-stop rec-net-start | aci_wire: delete_and_stop_are_done_when_they_are_answered
1 start of a stopped group: 204 with an operation | rec-net-start | aci_time: start_of_a_starting_or_running_group
1 start of a running group: 204 without | rec-ps-start spec | aci_time: start_of_a_starting_or_running_group
1 restart: 204 with an operation | rec-ps-restart | aci_pollers: a_start_and_a_restart_are_polled
1 right after: Updating, still Running | rec-ps-restart | aci_time: right_after_a_restart_the_containers_still_run
1 logs: one content, tail, timestamps | rec-ps-log | aci_sdk: the_log_can_be_cut_and_stamped
1 usages: shape and names | rec-ps-usage | aci_lookups_provider: usages_tell_what_is_used_of_each_quota
1 usages count what is there | rec-ps-usage | aci_sdk: usages_count_what_is_there
1 capabilities and cachedImages: 200 | sdk | aci_lookups_provider: the_sdk_reads_usages_capabilities_and_cached
1.1 the operation's address: location, guid, 2018-06-01 | rec-ps-new | aci_wire: the_operation_tells_group_status_start
1.1 it is absolute, under the client's host | rec-ps-new | aci_wire: the_operation_is_named_under_the_host
1.1 its body: id, status, start, events | rec-net-start rec-ps-new | aci_wire: the_operation_tells_group_status_start
1.1 failed: events, and no error object | alz-2404 | aci_faults: capacity_may_be_found_missing_only_after_the_201
1.1 no Retry-After while it is polled | - | aci_wire: the_operation_tells_group_status_start
1.2 PUT returns after 3 s | rec-ps-new | aci_time: a_put_lands_after_three_seconds_and_not_before
1.2 Pulling after 4, Pulled after 9, Started after 18 s | rec-ps-new | aci_time: a_new_group_second_by_second
1.2 provisioning gives up after 30 min | states rec-ps-new | aci_policies: a_command_that_never_starts_is_failed
1.2 newer versions tell provisioningTimeoutInSeconds 1800 | rec-ps-new | aci_shown: newer_api_versions_show_more
1.3 the operation is polled first | sdk ran | aci_pollers: a_put_is_polled_at_its_operation
1.3 polling ends with a GET of the group, the result | sdk ran | aci_pollers: a_put_is_polled_at_its_operation
1.3 Pending goes on, Succeeded and Failed end | sdk ran | aci_time: a_new_group_second_by_second
1.3 a failed operation raises with status 200, no code | sdk ran | aci_pollers: why_an_operation_failed_is_in_its_events
1.3 a poll that is refused raises | sdk ran | aci_pollers: a_refused_poll_ends_the_poller_and_not_the_group
1.3 polling=False gives the first answer | sdk ran | aci_pollers: without_polling_the_result_is_the_first_answer
1.3 begin_delete gives the group, then None | sdk ran | aci_pollers: a_delete_gives_the_group_and_a_second_one
1.3 a continuation token goes to another client | sdk ran | aci_pollers: another_client_goes_on_with_a_poller
1.4 PUT is sent again on 500 and 503 | sdk ran | aci_retries: a_put_that_had_no_effect_is_sent_again
1.4 PUT is sent again when the answer is lost, same id | sdk ran | aci_retries: a_put_whose_answer_is_lost
1.4 so is DELETE | sdk ran | aci_retries: a_delete_whose_answer_is_lost
1.4 POST is sent again on 500 and 503 | sdk ran | aci_retries: a_stop_that_failed_is_sent_again
1.4 POST is not sent again when the answer is lost | sdk ran | aci_retries: a_start_whose_answer_is_lost
1.4 what carries Retry-After is sent again after it | sdk ran | aci_retries: a_throttled_call_waits_as_it_is_told
1.4 retry_total=0 turns it off, for a client | sdk ran | aci_retries: a_client_without_retries_is_told
1.4 or for a call | sdk ran | aci_retries: retries_can_be_turned_off_for_one_call
1.4 but not what aiohttp sends again below the SDK | ran | aci_retries: the_aio_client_sends_a_lost_put_again
1.4 a second PUT restarts: a job runs twice | update-doc | aci_retries: a_put_whose_error_hides_its_effect
1.4 MissingSubscriptionRegistration: the SDK registers | sdk | aci_retries: a_subscription_without_the_provider
1.4 404 and 409 have their own classes, 400 and 403 none | sdk | aci_retries: a_refusal_is_the_error_that_it_is_in_azure
1.4 401 is ClientAuthenticationError | sdk | aci_https: a_token_that_is_none_is_refused
1.5 base_url, also with a slash at its end | ran | aci_sdk: the_sdks_own_policy_speaks_http
1.5 enforce_https=False per call; its polls and pages inherit it | ran | aci_sdk: the_sdks_own_policy_speaks_http
1.5 the scope that is asked by default | ran | aci_sdk: the_sdks_own_policy_speaks_http
1.5 authentication_policy, in both flavours | ran | aci_sdk: a_run_from_put_to_log_to_delete
1.5 https with everything default | ran | aci_https: a_run_with_a_token_of_the_emulator_itself
1.5 x-ms-client-request-id is sent | ran | aci_control: a_request_is_in_the_journal_with_its_clients_id
1.5 identity: AZURE_POD_IDENTITY_AUTHORITY_HOST | ran | aci_identities: azures_credential_gets_the_token
1.5 identity: IDENTITY_ENDPOINT and its header | ran | aci_identities: the_endpoint_of_app_service_asks_for_the_secret
1.5 identity: the answer's fields | ran | aci_identities: the_endpoint_answers_as_imds_does
2 identity and zones beside properties | sdk yaml | aci_spec: a_full_body_becomes_values
2 identity: its types | mi | aci_spec_refused: a_rule_that_is_broken_is_named
2 answers add the ids of identities | mi | aci_shown: identities_come_back_with_their_ids
2 what is required and what is allowed | sdk yaml | aci_spec_refused: a_rule_that_is_broken_is_named
2 what is optional has a default | sdk yaml | aci_spec: the_least_that_is_asked_takes_defaults
2 what is read-only is Azure's | sdk yaml | aci_wire: what_only_azure_can_say_is_not_taken_from_a_client
2 command replaces the image's entry point | compose-aci | runtime_contract: a_command_replaces_the_images_whole
2 an init container has no ports, resources, probes | sdk yaml | aci_spec_refused: a_rule_that_is_broken_is_named
2 volumes: azureFile | sdk yaml | aci_volumes: a_file_share_is_a_folder_of_the_user
2 volumes: emptyDir | sdk yaml | aci_volumes: an_empty_folder_is_fresh
2 volumes: secret | sdk yaml | aci_volumes: a_secret_is_its_files
2 volumes: gitRepo | sdk yaml | aci_gitrepo: a_clone_is_where_its_directory_says
2 registry credentials: password or identity | sdk yaml | aci_spec_refused: a_rule_that_is_broken_is_named
2 ipAddress: fqdn is read-only | sdk yaml | aci_shown: an_address_is_shown_when_the_group_has_got_it
2 no port mapping: exposed ports are containers' | trouble | aci_spec_refused: a_rule_that_is_broken_is_named
2 answers leave out every secret | rec-net-start spec-get rec-cli-create | aci_shown: secrets_are_left_out
2 plain values and commands are returned | rec-cli-create | aci_shown: secrets_are_left_out
2 GET echoes, adds sku and empty lists, no policy | rec-ps-get | aci_wire: a_get_echoes_what_was_sent
2 newer versions show more | rec-ps-new | aci_shown: newer_api_versions_show_more
2 older ones do not | rec-ps-new | aci_shown: older_api_versions_know_nothing
3.1 the five states of a group, by its policy | states | aci_pure: the_groups_state_from_its_containers
3.1 Always never ends, OnFailure never fails | states | aci_sequences: any_sequence_ends_in_states
3.1 Pending while init containers run | states | aci_policies: init_containers_run_one_after_the_other
3.1 Pending while mounts fail | states | aci_wire: a_volume_that_cannot_be_had_keeps_the_group_pending
3.2 Pending, Creating, Succeeded | states | aci_time: a_new_group_second_by_second
3.2 Updating after a restart | rec-ps-restart | aci_time: right_after_a_restart_the_containers_still_run
3.2 Deleting | net-enum | aci_time: delete_takes_three_seconds
3.2 Repairing: moved to another node | states | aci_faults: the_platform_may_kill_a_group
3.2 Succeeded means started, not finished | states | aci_sdk: exit_code_3_under_never
3.2 Failed does not stop the group | states | aci_policies: a_command_that_never_starts_is_failed
3.3 the fields of a state | rec-net-start states | aci_wire: each_state_of_a_container_has_its_own_fields
3.3 Running: detailStatus is empty | rec-net-start states | aci_wire: each_state_of_a_container_has_its_own_fields
3.3 exit 0: Completed | rec-net-start | aci_sdk: a_run_from_put_to_log_to_delete
3.3 another exit: Error, its code | praqma-25 azureml-logs | aci_sdk: exit_code_3_under_never
3.3 CrashLoopBackOff, the exit in previousState | praqma-25 | aci_policies: on_failure_backs_off_longer
3.3 after stop: no exitCode, no startTime | rec-ps-stop | aci_sdk: stop_leaves_neither_exit_code_nor_start_time
3.3 no instanceView before the first pull | rec-ps-new | aci_time: a_new_group_second_by_second
3.3 events: Pulling, Pulled, Started | rec-ps-new | aci_time: a_new_group_second_by_second
3.3 events: Killing, the same text after a restart | rec-ps-stop | aci_time: right_after_a_restart_the_containers
3.3 events: Failed, BackOff | trouble | aci_faults: an_image_may_be_found_missing_only_at_the_pull
3.3 events: FailedMount | spec-get | aci_wire: a_volume_that_cannot_be_had_keeps_the_group_pending
3.3 events: InsufficientCapacity. | alz-2404 | aci_faults: capacity_may_be_found_missing_only_after_the_201
3.3 old events stay, repeats count | rec-net-start | aci_time: a_start_keeps_the_old_state
3.3 pull messages name a digest | rec-ps-new | aci_wire: the_events_of_a_pull_name_the_image_by_its_digest
3.3 137 when memory is over its limit | trouble | runtime_contract: memory_over_the_limit_is_137
3.3 137 for SIGKILL | trouble | aci_process: a_death_by_signal_shows_as_128_and_the_signal
3.3 139 for SIGSEGV | trouble | aci_wire: a_segmentation_fault_shows_139
3.3 7147 and 7148: killed by the platform | trouble | aci_faults: the_platform_may_kill_a_group
3.4 Always is the default | states | aci_spec: the_least_that_is_asked_takes_defaults
3.4 Never: perhaps a second start after an error | restart | aci_faults: the_platform_may_start_a_failed_container
3.4 Never: none after success | restart | aci_faults: no_second_start_after_success
3.4 evictions and maintenance restart a group | spot trouble | aci_faults: the_platform_may_kill_a_group
3.4 restartCount and startTime are the evidence | - | aci_faults: the_platform_may_start_a_failed_container
3.5 stop frees compute | stopstart | aci_limits: a_start_needs_its_cores_again
3.5 stop keeps nothing | stopstart | aci_volumes: an_empty_folder_is_fresh
3.5 stop has no effect on an ended group | stopstart | aci_time: stop_has_no_effect_on_a_group_that_ended
3.5 start is a new deployment | stopstart rec-net-start | aci_sdk: start_of_an_ended_group_runs_it_again
3.5 start and restart pull a changed image | stopstart spec | aci_wire: an_image_that_changed_is_pulled_anew
3.5 start runs init containers again | stopstart | aci_wire: a_start_runs_the_init_containers_again
3.5 restart is in place | spec | aci_sdk: restart_starts_the_containers_anew
3.5 start can meet the transitioning state | transition | aci_time: an_operation_in_progress_refuses_every_other
3.5 PUT over a running group restarts it | update-doc | aci_sdk: put_over_a_running_group_restarts_it
3.5 PUT merges nothing | update-doc | aci_time: put_over_a_group_replaces_it
3.5 what needs a delete first | inv-update update-doc | aci_spec: a_living_group_cannot_change
3.5 an ended group is deployed as new | update-doc | aci_time: put_over_an_ended_group_deploys_it_as_new
3.5 PUT over a group: 200, unverified | spec | aci_wire: put_over_an_existing_group_answers_200
3.5 it may go on after delete, until a PUT of its id | still-running | aci_faults: the_containers_of_a_deleted_group
3.5 it may go on after stop | still-running | aci_faults: the_containers_of_a_stopped_group_may_run_on
3.6 4 MB while running | quota | aci_pure: a_running_log_keeps_the_last_4_mb
3.6 16 KB or 1,000 lines once stopped | quota | aci_pure: a_stopped_log_keeps_16_kb_or_1000_lines
3.6 a terminated container's log is readable | restart | aci_sdk: a_run_from_put_to_log_to_delete
3.6 after DELETE it is gone; after stop, unverified, kept | - | aci_wire: a_log_outlives_a_stop_and_not_a_delete
3.6 too early: ContainerGroupTransitioning | azurerm-test | aci_time: an_operation_in_progress_refuses_every_other
3.6 too early: ContainerLogNotAvailable | azurerm-test | aci_time: a_log_before_the_first_start_is_not_available
3.6 stdout and stderr in one content | sdk | aci_sdk: a_run_from_put_to_log_to_delete
4 every refusal has the body's shape | sdk | aci_fuzz: any_request_is_answered_in_arms_shape
4 ContainerGroupTransitioning | transition | aci_time: an_operation_in_progress_refuses_every_other
4 ServiceUnavailable: no capacity, 409 | noavail vk-592 | aci_faults: a_refusal_on_demand_has_azures_shape
4 no capacity, found after the 201 | alz-2404 | aci_faults: capacity_may_be_found_missing_only_after_the_201
4 ContainerGroupQuotaReached | spotquota quota400 docs-51738 | aci_limits: the_hundred_and_first_group_of_a_region
4 InaccessibleImage, 400 at PUT | inacc400 acrmi | aci_sdk: a_missing_image_is_refused_at_once
4 RegistryErrorResponse, 409 | dockerhub fiap | aci_faults: a_refusal_on_demand_has_azures_shape
4 InvalidImageRegistryCredentialType | acrmi | aci_spec_refused: pulling_with_an_identity_needs_its_api_version
4 AmbiguousImageResitryCredentialType | acrmi | aci_spec_refused: a_rule_that_is_broken_is_named
4 InvalidImageRegistryIdentity | acrmi | aci_spec_refused: a_rule_that_is_broken_is_named
4 InvalidContainerGroupUpdate | inv-update | aci_time: a_living_or_stopped_group_keeps_its_size
4 InvalidContainerEnvironmentVariable | inv-update | aci_spec_refused: a_rule_that_is_broken_is_named
4 InvalidRequestContent | acrmi | aci_refusals: a_malformed_body_is_invalid_request_content
4 the three codes of Spot | spoterr | aci_spec_refused: a_spot_group_is_neither_reachable_nor_large
4 InternalServerError | cli-29490 | aci_faults: a_refusal_on_demand_has_azures_shape
4 NoRegisteredProviderFound, from the gateway | rec-py | aci_refusals: an_unknown_api_version_is_refused
4 AuthorizationFailed | authfail | aci_faults: a_refusal_on_demand_has_azures_shape
4 it is from the gateway | authfail | aci_wire: a_refusal_of_arm_itself_says_that_it_was_the_gateway
4 ResourceNotFound | - | aci_refusals: what_is_not_there_is_refused_in_arms_shape
4 SubscriptionRequestsThrottled | docs-105248 throttle | aci_limits: arm_grants_a_bucket_of_reads
4 ResourceRequestsThrottled | azqr-34 | aci_limits: creates_are_granted_by_the_window
4 an image missing at the pull: events, then Failed | trouble waiting | aci_faults: an_image_may_be_found_missing
5 100 groups a region | quota | aci_limits: the_hundred_and_first_group_of_a_region
5 100 cores a region | quota | aci_limits: an_ended_group_counts_as_a_group_but_holds_no_cores
5 10 Spot cores | spotquota quota | aci_limits: spot_cores_are_counted_apart
5 a Spot group: 4 CPU, 16 GB, no network | spotquota spot | aci_spec_refused: a_spot_group_is_neither_reachable
5 creates: 300 an hour, 100 in 5 minutes | quota | aci_limits: creates_are_granted_by_the_window
5 deletes: 300 an hour, 100 in 5 minutes | quota | aci_limits: deletes_are_granted_by_the_window
5 the figures are the defaults | quota throttle faq groups | aci_facts: the_limits_are_azures_unless
5 how many remain | rec-cli-create rec-ps-remove | aci_time: the_remaining_creates_and_deletes_are_counted
5 31 CPU and 240 GB a group | quota faq | aci_spec_refused: a_rule_that_is_broken_is_named
5 1 CPU and 1 GB at least | groups | aci_spec_refused: a_group_below_the_least_size_is_refused
5 60 containers | quota | aci_spec: init_containers_count_as_containers
5 20 volumes | quota | aci_spec_hostile: a_body_with_very_many_of_everything
5 5 ports | quota | aci_spec_refused: a_rule_that_is_broken_is_named
5 reserved ports | faq | aci_spec_refused: a_rule_that_is_broken_is_named
5 names of groups | names | aci_spec: a_groups_name_outside_the_rule_is_refused
5 names of containers, volumes, variables | trouble inv-update | aci_spec_refused: a_rule_that_is_broken_is_named
5 tags: 50, 512, 256 | - | aci_spec: tags_that_are_too_many_too_long
5 a group has the sum of the requests | groups | aci_spec: a_full_body_becomes_values
5 a limit up to the group's total | groups | aci_spec: limits_may_be_absent_or_lie_between
5 ARM's buckets: sizes, 15 times for all | throttle | aci_buckets: each_kind_of_request_has_azures_bucket
5 their refill | throttle | aci_buckets: a_bucket_is_refilled_by_the_second
5 one for each principal | throttle | aci_buckets: principals_and_subscriptions_have_buckets
5 the remaining headers | rec-ps-new | aci_buckets: each_kind_of_request_has_azures_bucket
5 over it: 429 with Retry-After | throttle | aci_buckets: a_burst_as_large_as_the_bucket_passes
5 who comes back too early waits anew | throttle-old | aci_buckets: who_comes_back_too_early
"""
"""Section and fact | keys of its sources | file and beginning of the test's name."""

NOT_HELD = {
    "1 exec and attach answer a webSocketUri (rec-net-exec)": "a clear 501 instead: aci_wire",
    "1.1 signed query parameters of the operation's address (rec-ps-new)": "no client reads them",
    "1.1 Location and Retry-After as the newer source declares them (spec-tsp)": "the recordings show neither",
    "2 probes, extensions, encryption, diagnostics, confidential computing": "accepted, checked and echoed",
    "2 ipAddress: a public address (yaml)": "a container has this machine's network; the address shown is 127.0.0.1",
    "3.2 Unhealthy, Accepted, Canceled, NotAccessible, NotSpecified, PreProvisioned (states, net-enum)": "never seen",
    "3.3 after stop no instanceView at all (rec-net-start, 2021)": "the newer of two recordings is followed",
    "3.3 event Created (older)": "newer recordings have none",
    "3.5 the address may change at a start (rec-net-start)": "there is only one",
    "3.6 ContainerGroupStopped (docs-71458)": "only exec answers it",
    "4 ServiceUnavailable with a quota's text, Limit '0' (fraud)": "its status is not known; nothing here is fraud",
    "4 OsVersionNotSupported (trouble)": "Windows is refused as a whole",
    "4 LinkedAuthorizationFailed (linked)": "roles are not checked; AuthorizationFailed can be asked for",
    "4 ResourceGroupNotFound": "any resource group exists",
    "5 Spot in three regions only, 100 cores for some, 0 for others (spotquota)": "regions are alike; adjust the limit",
    "5 more than 4 CPU or 16 GB: capacity on demand (noavail)": "there is capacity unless a fault says not",
    "5 50 GB of local storage (quota)": "a container may fill this machine's disk",
    "5 images: 15 GB, amd64 (faq)": "whatever the engine runs",
    "5 several containers: Linux only (groups)": "there is no Windows",
    "5 count and size of variables, length of a command": "unverified; the 4 MB of a body bound them",
    "5 a little cpu and memory is used by the platform (groups)": "how much is not said",
}
"""Facts without a test, and why: nothing in the emulator shows them."""

OF_OTHERS = {
    "1 the status codes that the SDK accepts; it sends 2023-05-01": "the client's; the pollers' tests meet them",
    "1.3 30 s between polls, the first at once; a poll's Retry-After": "the client's: no answer to a poll has one",
    "1.3 only Location, no header, 202 without status, a GET that says Failed": "the client's: never answered here",
    "1.4 how often and after how long; 408, 429, 502 and 504; Retry-After on a 409": "the client's, same code path",
    "1.5 http is refused by the SDK's own policy, after 5 s; the constructor's enforce_https": "the client's",
    "1.5 a path prefix in base_url; the other request headers": "the client's: this server has no prefix",
    "3.2 do not depend on non-terminal states; stop a Failed group": "advice",
    "3.5 stop before start, 10 s between operations": "advice",
    "3.5 stop ends billing": "billing",
    "5 which limits are raisable, what trials get": "billing",
}
"""Statements of sections 1 to 5 about clients, people and bills, and why no test of the server holds them."""

AZURES = {
    "groups": 100, "cores": 100, "spot-cores": 10, "containers": 60, "volumes": 20, "ports": 5, "tags": 50,
    "creates-hour": 300, "creates-5min": 100, "deletes-hour": 300, "deletes-5min": 100,
    "reads-bucket": 250, "reads-refill": 25, "writes-bucket": 200, "writes-refill": 10,
    "deletes-bucket": 200, "deletes-refill": 10, "cpu": 31, "memory": 240, "least-cpu": 1, "least-memory": 1,
    "log-running": 4 * 1024 * 1024, "log-stopped": 16 * 1024, "log-lines": 1_000, "provisioning-seconds": 1_800,
}  # fmt: skip


def rows() -> list[tuple[str, ...]]:
    return [tuple(row.split(" | ")) for row in FACTS.strip().splitlines()]


@cache
def named_in(file: str) -> list[str]:
    tree = ast.parse((HERE / f"test_{file}.py").read_text(encoding="utf-8"))
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.mark.parametrize(("fact", "sources", "held_by"), rows())
def test_every_fact_is_held_by_one_test(fact: str, sources: str, held_by: str) -> None:
    assert re.fullmatch(r"[1-5](\.[1-6])? .+", fact)
    assert re.fullmatch(r"-|[a-z][a-z0-9-]+( [a-z][a-z0-9-]+)*", sources)
    file, _, name = held_by.partition(": ")
    assert len([one for one in named_in(file) if one.startswith(f"test_{name}")]) == 1, held_by


def test_no_fact_stands_twice_or_in_two_lists() -> None:
    facts = [row[0] for row in rows()] + list(NOT_HELD) + list(OF_OTHERS)
    assert len(facts) == len(set(facts))


def test_the_limits_are_azures_unless_they_are_changed() -> None:
    told = Limits().body()
    assert {name: told[name] for name in AZURES} == AZURES
    assert set(told) - set(AZURES) == {"page"}


def test_the_emulator_imports_nothing_of_the_scheduler_and_nothing_of_the_launcher() -> None:
    for path in (ROOT / "aci_emulator").glob("**/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] in {"scheduler", "local", "azure"}], path.name
