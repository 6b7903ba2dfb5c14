"""The bytes of a round, on links of different speeds."""

import pytest
from shm_pub_sub._network.budget import LEAST, LONG_NS, START, Budget


class Link:
    """Takes rounds one after the other, as large as they may be."""

    def __init__(self, bytes_per_second: float, there_and_back: float) -> None:
        self.budget = Budget()
        self.rate, self.delay = bytes_per_second, there_and_back
        self.now = 0
        self.sizes: list[int] = []

    def round(self, busy: float = 0.0, most: int = 1 << 62) -> float:
        """Take a round while other traffic delays it; return the seconds that it takes."""
        nbytes = min(most, max(100, self.budget.nbytes))
        took = nbytes / self.rate + self.delay + busy
        self.sizes.append(nbytes)
        self.budget.replied(nbytes, nbytes < most, self.now)
        self.now += int(took * 1e9)
        self.budget.asked(self.now)
        return took


@pytest.mark.parametrize("rate", [1250, 12_500, 1_250_000])
@pytest.mark.parametrize("delay", [0.001, 0.05, 0.6])
def test_rounds_take_as_long_as_they_should(rate: float, delay: float) -> None:
    link = Link(rate, delay)
    for _ in range(50):
        link.round()
    for _ in range(50):
        took = link.round()
        assert took < LEAST / rate + delay + 2 * LONG_NS / 1e9
    assert sum(link.sizes[-50:]) > 50 * min(rate * 0.025, START / 2)


def test_a_link_that_was_busy_when_its_time_was_measured() -> None:
    link = Link(1250, 0.06)
    link.round(busy=0.9, most=100)
    took = [link.round() for _ in range(60)]
    assert max(took[:5]) > 1.0
    assert max(took[-20:]) < 0.6


def test_a_fast_link_has_no_small_rounds_between() -> None:
    link = Link(1e9, 0.0002)
    for _ in range(100):
        link.round()
    assert link.sizes == sorted(link.sizes)
    assert link.sizes[-1] > 1 << 20
