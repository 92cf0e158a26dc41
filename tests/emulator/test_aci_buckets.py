"""ARM's token buckets: how many requests the gateway lets through (aci.md, 5)."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from aci_emulator.arm import ArmError
from aci_emulator.buckets import KEPT, LONGEST, Buckets
from aci_emulator.limits import UNLIMITED, Limits

NINE = datetime(2026, 11, 22, 9, tzinfo=UTC)
SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
OWN = "x-ms-ratelimit-remaining-subscription-"
EVERYONE = "x-ms-ratelimit-remaining-subscription-global-"


def at(seconds: float) -> datetime:
    return NINE + timedelta(seconds=seconds)


class Gateway:
    """Buckets that one principal asks, unless said otherwise."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.buckets = Buckets()

    def ask(
        self, method: str, seconds: float = 0, who: str = "alice", subscription: str = SUBSCRIPTION
    ) -> dict[str, str]:
        return self.buckets.admit(method, subscription, who, self.limits, at(seconds))

    def refused(self, method: str, seconds: float = 0, who: str = "alice") -> ArmError:
        with pytest.raises(ArmError) as caught:
            self.ask(method, seconds, who)
        assert caught.value.status == 429
        return caught.value

    def wait(self, method: str, seconds: float = 0) -> int:
        return int(self.refused(method, seconds).headers()["Retry-After"])


def small(**limits: float) -> Gateway:
    return Gateway(Limits(**limits))


@pytest.mark.parametrize(
    ("method", "kind", "remaining"),
    [
        ("GET", "reads", 249),
        ("HEAD", "reads", 249),
        ("PUT", "writes", 199),
        ("PATCH", "writes", 199),
        ("POST", "writes", 199),
        ("DELETE", "deletes", 199),
    ],
)
def test_each_kind_of_request_has_azures_bucket_and_fifteen_times_that_for_everyone(
    method: str, kind: str, remaining: int
) -> None:
    assert Gateway().ask(method) == {
        OWN + kind: str(remaining),
        EVERYONE + kind: str((remaining + 1) * 15 - 1),
    }


def test_a_burst_as_large_as_the_bucket_passes_and_the_next_request_is_throttled() -> None:
    gateway = Gateway()
    for left in reversed(range(200)):
        assert gateway.ask("PUT")[OWN + "writes"] == str(left)
    refusal = gateway.refused("PUT")
    assert refusal.code == "SubscriptionRequestsThrottled"
    assert refusal.message == (
        f"Number of 'write' requests for subscription '{SUBSCRIPTION}' actor 'alice' exceeded. "
        "Please try again after '1' seconds."
    )
    assert refusal.headers() == {
        OWN + "writes": "0",
        EVERYONE + "writes": "2800",
        "Retry-After": "1",
        "x-ms-failure-cause": "gateway",
    }


def test_reads_pass_while_writes_are_throttled() -> None:
    gateway = small(writes_bucket=1)
    gateway.ask("PUT")
    gateway.refused("PUT")
    gateway.ask("GET")
    gateway.ask("DELETE")


def test_a_bucket_is_refilled_by_the_second_and_never_above_its_size() -> None:
    gateway = small(reads_bucket=50, reads_refill=25)
    for _ in range(40):
        gateway.ask("GET")
    assert gateway.ask("GET", 1)[OWN + "reads"] == "34"
    assert gateway.ask("GET", 3_600)[OWN + "reads"] == "49"


def test_who_waits_as_told_is_let_through() -> None:
    gateway = small(writes_bucket=1, writes_refill=0.1)
    gateway.ask("PUT")
    assert gateway.wait("PUT") == 10
    gateway.ask("PUT", 10)


@pytest.mark.parametrize("refill", [0.1, 0.3, 0.7, 1, 1.1, 7])
def test_who_always_waits_as_told_is_never_told_twice(refill: float) -> None:
    gateway = small(writes_bucket=3, writes_refill=refill)
    now = 0.1
    for _ in range(30):
        try:
            gateway.ask("PUT", now)
        except ArmError as refusal:
            now += int(refusal.headers()["Retry-After"])
            gateway.ask("PUT", now)


def test_who_comes_back_too_early_is_not_served_though_a_token_is_back_and_waits_anew() -> None:
    gateway = small(writes_bucket=10, writes_refill=2)
    for _ in range(10):
        gateway.ask("PUT")
    assert gateway.wait("PUT") == 1
    assert gateway.wait("PUT", 0.9) == 1
    assert gateway.wait("PUT", 1.5) == 1
    gateway.ask("PUT", 2.5)


def test_renewed_waits_end_when_the_bucket_had_time_to_fill() -> None:
    gateway = small(writes_bucket=10, writes_refill=2)
    for _ in range(10):
        gateway.ask("PUT")
    for half in range(10):
        gateway.refused("PUT", half / 2)
    assert gateway.ask("PUT", 5)[OWN + "writes"] == "9"


def test_a_refused_request_takes_no_token() -> None:
    gateway = small(deletes_bucket=2, deletes_refill=1)
    gateway.ask("DELETE")
    gateway.ask("DELETE")
    gateway.refused("DELETE")
    assert gateway.ask("DELETE", 2)[OWN + "deletes"] == "1"


def test_principals_and_subscriptions_have_buckets_of_their_own_whatever_the_case() -> None:
    gateway = small(writes_bucket=1)
    gateway.ask("PUT", who="alice", subscription="ABC")
    gateway.ask("PUT", who="bob", subscription="abc")
    gateway.ask("PUT", who="alice", subscription="def")
    with pytest.raises(ArmError):
        gateway.ask("PUT", who="alice", subscription="abc")


def test_all_principals_together_are_throttled_too() -> None:
    gateway = small(writes_bucket=1)
    for number in range(15):
        left = gateway.ask("PUT", who=f"principal-{number}")
    assert left[EVERYONE + "writes"] == "0"
    refusal = gateway.refused("PUT", who="one-more")
    assert refusal.headers()[OWN + "writes"] == "1"
    assert refusal.headers()[EVERYONE + "writes"] == "0"


def test_an_infinite_bucket_never_refuses_and_tells_a_large_number() -> None:
    gateway = small(reads_bucket=math.inf, reads_refill=math.inf)
    for _ in range(1_000):
        left = gateway.ask("GET")
    assert left == {OWN + "reads": str(UNLIMITED), EVERYONE + "reads": str(UNLIMITED)}


def test_a_bucket_of_nothing_refuses_everything_and_one_without_refill_all_but_its_size() -> None:
    assert small(reads_bucket=0).wait("GET") == LONGEST
    gateway = small(reads_bucket=1, reads_refill=0)
    gateway.ask("GET")
    assert gateway.wait("GET", 100) == LONGEST
    assert gateway.wait("GET", 100 + LONGEST) == LONGEST


def test_an_infinite_refill_makes_the_bucket_full_each_time() -> None:
    gateway = small(reads_bucket=1, reads_refill=math.inf)
    assert {gateway.ask("GET")[OWN + "reads"] for _ in range(20)} == {"0"}


def test_a_limit_lifted_while_the_gate_is_closed_opens_it() -> None:
    gateway = small(writes_bucket=0)
    gateway.refused("PUT")
    gateway.limits = Limits().adjusted({"all": "none"})
    gateway.ask("PUT")


def test_a_clock_set_back_gives_and_takes_nothing() -> None:
    gateway = small(writes_bucket=2, writes_refill=1)
    gateway.ask("PUT", 10)
    assert gateway.ask("PUT", 5)[OWN + "writes"] == "0"


def test_buckets_do_not_grow_without_end() -> None:
    gateway = Gateway()
    for number in range(KEPT):
        gateway.ask("GET", subscription=f"subscription-{number}")
    assert len(gateway.buckets._buckets) == KEPT
