"""How many requests are under way at once, against servers that are computed."""

import heapq
from collections.abc import Callable

import pytest

from abeja_datasets_loading.sending.concurrency import Limit


class Server:
    """Requests under way to a server whose latency depends on how many there are."""

    def __init__(self, latency: Callable[[int], float], most: int = 64, refuses_above: int = 10**6) -> None:
        self.now = 0.0
        self.limit = Limit(most, lambda: self.now)
        self.latency = latency
        self.refuses_above = refuses_above
        self.refused = 0
        self.values: list[int] = []
        self.under_way: list[tuple[float, float, bool]] = []
        self.highest = 0

    def run(self, seconds: float) -> int:
        """Return how many requests succeed."""
        under_way = self.under_way
        done, end = 0, self.now + seconds
        while self.now < end:
            while len(under_way) < self.limit.value:
                refused = len(under_way) >= self.refuses_above
                latency = 0.001 if refused else self.latency(len(under_way) + 1)
                heapq.heappush(under_way, (self.now + latency, self.now, refused))
            self.highest = max(self.highest, len(under_way))
            is_full = len(under_way) >= self.limit.value
            self.now, started, refused = heapq.heappop(under_way)
            if refused:
                self.refused += 1
                self.limit.overloaded(started)
            else:
                done += 1
                self.limit.succeeded(self.now - started, is_full=is_full)
        return done


def test_it_grows_while_throughput_does() -> None:
    server = Server(lambda _: 0.05)
    assert server.limit.value == 4
    server.run(3)
    assert server.limit.value == 64
    assert server.run(5) >= 0.9 * 64 / 0.05 * 5


@pytest.mark.parametrize("most", [1, 2, 3, 5])
def test_it_stays_within_its_bounds(most: int) -> None:
    server = Server(lambda _: 0.01, most=most)
    server.run(2)
    assert server.highest == server.limit.value == most


def test_it_stays_low_where_more_brings_nothing() -> None:
    server = Server(lambda n: 0.002 * n)
    server.run(5)
    assert server.limit.value <= 8


def test_it_halves_once_a_round_trip() -> None:
    now = 10.0
    limit = Limit(64, lambda: now)
    limit.value = 32
    for _ in range(32):
        limit.overloaded(started=10.0)
        now = 10.05
    assert limit.value == 16
    now = 10.2
    limit.overloaded(started=10.1)
    assert limit.value == 8


def test_it_settles_near_what_the_server_takes() -> None:
    server = Server(lambda _: 0.02, refuses_above=10)
    server.run(10)
    before = server.refused
    done = server.run(10)
    assert done >= 0.6 * 10 / 0.02 * 10
    assert server.refused - before < 0.1 * done


def test_it_recovers_from_single_refusals() -> None:
    server = Server(lambda _: 0.02)
    server.run(3)
    for _ in range(40):
        server.run(0.4)
        server.limit.overloaded(server.now)
    server.run(0.4)
    assert server.limit.value >= 32


def test_it_halves_when_latency_rises() -> None:
    is_sick = False
    server = Server(lambda n: 0.02 * n if is_sick else 0.02)
    server.run(5)
    assert server.limit.value == 64
    is_sick = True
    values = []
    for _ in range(60):
        server.run(1)
        values.append(server.limit.value)
    assert sorted(values)[len(values) // 2] <= 32


def test_it_begins_anew_after_an_outage() -> None:
    server = Server(lambda _: 0.02)
    server.run(3)
    server.limit.restart()
    assert server.limit.value == 4
    server.run(3)
    assert server.limit.value == 64


def test_a_slow_input_does_not_look_like_a_limit() -> None:
    now = 0.0
    limit = Limit(64, lambda: now)
    for _ in range(1000):
        now += 0.01
        limit.succeeded(0.005, is_full=False)
    assert limit.value == 4
