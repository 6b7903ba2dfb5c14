"""A clock that goes on only when something sleeps."""

START = 100 * 10**9


class Clock:
    """Stands for the module time: sleeping takes `late` ns longer than asked for."""

    def __init__(self, late: int = 0) -> None:
        self.now, self.late = START, late

    @property
    def elapsed(self) -> int:
        """Return the ns since the clock was made."""
        return self.now - START

    def monotonic_ns(self) -> int:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += round(seconds * 1e9) + self.late
