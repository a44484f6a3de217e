"""The rate of late."""

from abeja_datasets_loading.progress.pace import Pace


def test_the_rate_is_that_of_the_last_ten_seconds() -> None:
    pace, count = Pace(100.0), 0
    rates = []
    for tenth in range(1, 601):
        count += 10 if tenth <= 300 else 1  # 100 a second for 30 seconds, and then 10
        rates.append(round(pace.rate(100 + tenth / 10, count), 6))
    assert rates[0] == rates[299] == 100
    assert 50 < rates[349] < 60
    assert set(rates[401:]) == {10}


def test_the_rate_is_none_before_time_has_passed() -> None:
    assert Pace(100.0).rate(100.0, 0) == 0


def test_asking_often_takes_no_more_memory() -> None:
    pace = Pace(0.0)
    for tick in range(50_000):
        pace.rate(tick / 1000, tick)
    assert len(pace._samples) <= 102
    assert round(pace.rate(50.0, 50_000)) == 1000
