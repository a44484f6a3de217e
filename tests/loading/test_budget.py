"""Retries, outages, `Retry-After` and a given rate, by a clock of the test's own."""

import pytest

from abeja_datasets_loading.sending.budget import Outage, RetryBudget, Turns


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_retries_are_a_fifth_of_successes_in_the_long_run(clock: Clock) -> None:
    budget = RetryBudget(clock)
    waits = [budget.take() for _ in range(60)]
    assert waits[49] == 0
    assert waits[50:] == pytest.approx(range(1, 11))
    for _ in range(100):
        budget.succeeded()
    assert budget.take() == 0
    clock.now += 3600
    assert [budget.take() for _ in range(101)][-1] == pytest.approx(1)


def test_a_hold_is_for_all_and_ends_at_random(clock: Clock) -> None:
    drawn = iter([0.0, 0.5, 1.0])
    turns = Turns(None, clock, lambda: next(drawn))
    turns.hold(8)
    assert [turns.held() for _ in range(3)] == pytest.approx([8, 9.05, 10.1])
    turns.hold(1)  # shorter than what is left
    clock.now += 7.9
    turns._draw = lambda: 0.0
    assert turns.held() == pytest.approx(0.1)
    clock.now += 0.2
    assert turns.held() == 0
    assert turns.is_free


def test_a_rate_is_kept(clock: Clock) -> None:
    turns = Turns(10, clock)
    waits = [turns.turn() for _ in range(5)]
    assert waits == pytest.approx([0, 0.1, 0.2, 0.3, 0.4], abs=0.051)
    clock.now += 100  # what was not used is lost
    assert sum(turns.turn() for _ in range(11)) > 4


def test_an_outage_is_probed_at_growing_intervals(clock: Clock) -> None:
    outage = Outage(300, clock, lambda: 1.0)
    waits = []
    while not outage.is_over_limit:
        seconds = outage.failed()
        waits.append(seconds)
        clock.now += seconds
    assert waits[:8] == [0.5, 1, 2, 4, 8, 16, 32, 60]
    assert sum(waits) == pytest.approx(300)
    outage.ended()
    assert not outage.is_on
    assert outage.failed() == 0.5
