"""What a run costs: by the second, for what its group requests."""

import pytest

from scheduler.price import Prices, cost
from scheduler.settings import Settings

PRICES = Prices(vcpu_hour=0.036, gb_hour=0.0036, spot_factor=0.5)


@pytest.mark.parametrize(
    ("story", "group", "seconds", "paid"),
    [
        ("an hour of one core and one GB", (1, 1, False), 3600, 0.0396),
        ("ten minutes of two cores", (2, 0, False), 600, 0.012),
        ("ten minutes of ten GB", (0, 10, False), 600, 0.006),
        ("a Spot group", (1, 1, True), 3600, 0.0198),
        ("nothing", (1, 1, False), 0, 0.0),
        ("a second that was begun", (1, 0, False), 0.2, 0.00001),
        ("a second and a little", (1, 0, False), 1.01, 0.00002),
        ("whole seconds that a sum of floats overshot", (1, 0, False), 60.0000001, 0.0006),
        ("a clock that went backwards", (1, 1, False), -5, 0.0),
    ],
)
def test_a_run_costs(story: str, group: tuple[float, float, bool], seconds: float, paid: float) -> None:
    assert cost(*group, seconds, PRICES) == paid, story


def test_without_prices_there_is_no_cost() -> None:
    assert cost(1, 1, False, 60, None) is None
    assert Prices.of(Settings()) is None


def test_prices_come_from_the_settings_and_may_be_nothing() -> None:
    assert Prices.of(Settings(price_vcpu_hour=0.04, price_gb_hour=0.0)) == Prices(0.04, 0.0, 1.0)
    assert Prices.of(Settings(price_vcpu_hour=0.0, price_gb_hour=0.0, price_spot_factor=0.3)) == Prices(0.0, 0.0, 0.3)
