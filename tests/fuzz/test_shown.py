"""Topics of random types, names and metadata: notebooks show each, without an error or a script."""

import random
import subprocess
import sys
import time
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from shm_pub_sub import Publisher, ShmError, Subscriber, TopicNotFoundError, _cards, remove
from shm_pub_sub._plot.chart import chart
from shm_pub_sub._plot.collector import Collector
from unit.shown.test_html import Checker

pandas = pytest.importorskip("pandas")

DTYPES = ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "c8", "c16"]
LENGTHS = (1, 2, 3, 4, 8, 9, 16, 20, 33)
LETTERS = "ab.[]\"'<>&$_\\{} 0é\u202e😀%-/"
ATTRIBUTES = (
    *(None, 5, "rgb8", "bgr8", "32FC1", "mono16", "8UC3", "jpeg", "<script>", True, 1e300),
    *([], ["x", "y", "z"], ["x", "y", "z", "i"], {"a": 1}),
)


class Dice:
    """Makes random topics."""

    def __init__(self, seed: int) -> None:
        print("seed", seed)
        self.random, self._numpy = random.Random(seed), np.random.default_rng(seed)

    def array(self, shape: tuple[int, ...], dtype: str) -> Any:
        if dtype == "?":
            return self._numpy.integers(0, 2, shape).astype("?")
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        return np.frombuffer(self._numpy.bytes(size), dtype).reshape(shape).copy()

    def any_array(self) -> Any:
        axes = self.random.choice([0, 1, 1, 1, 2, 2, 3, 3, 4])
        shape = tuple(self.random.choice(LENGTHS) for _ in range(axes))
        return self.array(shape, self.random.choice(DTYPES))

    def structured(self) -> Any:
        names = self.random.sample(["x", "y", "z", "i", "a b", "<b>"], self.random.randint(1, 6))
        fields = [(name, self.random.choice(DTYPES)) for name in names]
        made = np.zeros(self.random.choice([1, 3, 50]), fields)
        for name, dtype in fields:
            made[name] = self.array(made.shape, dtype)
        return made

    def number(self) -> Any:
        return self.random.choice([1.5, float("nan"), float("inf"), -1e308, True, 2**63 - 1, -5])

    def record(self, depth: int = 0) -> dict[str, Any]:
        makers = [self.number, self.any_array, lambda: np.uint8(3)]
        if depth < 3:
            makers.append(lambda: self.record(depth + 1))
        count = self.random.randint(1, 9)
        return {f"{self.name()}{n}": self.random.choice(makers)() for n in range(count)}

    def name(self) -> str:
        count = self.random.randint(1, 8)
        return "".join(self.random.choice(LETTERS) for _ in range(count)).strip("/") or "x"

    def data(self) -> bytes:
        begins = (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF1234WEBP", b"<svg onload=x>")
        return self.random.choice(begins) + self._numpy.bytes(self.random.randint(0, 50))

    def topic(self) -> tuple[Any, Any, dict[str, Any]]:
        """Return a default, a value, and more arguments of a publisher."""
        makers: list[Any] = [self.any_array, self.structured, self.record, self.number, self.data]
        makers += [lambda: self.name() * 3, lambda: [self.random.choice([1.0, 2.0])] * 20]
        value = self.random.choice(makers)()
        attributes = {
            key: self.random.choice(ATTRIBUTES)
            for key in self.random.sample(
                ["encoding", "names", "format", "unit", "<b>"], self.random.randint(0, 4)
            )
        }
        more: dict[str, Any] = {"attributes": attributes, "description": self.name()}
        more["unit"] = self.random.choice(["", "m", self.name()])
        default = value
        if isinstance(value, (str, bytes)):
            more["max_size"] = 500
        elif isinstance(value, np.ndarray) and value.ndim and self.random.random() < 0.3:
            default, more["max_size"] = value[:0], 60
        return default, value, more


def check(dice: Dice, name: str) -> None:
    """Show a topic, if there can be such a one, in every way."""
    default, value, more = dice.topic()
    try:
        publisher = Publisher(name, default, dice.random.choice([1, 3, 20]), **more)
    except ShmError:
        return  # names of fields may begin with a dot, and so on
    with publisher, Subscriber(name, copy=dice.random.random() < 0.5) as sub:
        count = dice.random.choice([0, 1, 5])
        for _ in range(count):
            publisher.publish(value)
        for html in (
            _cards.of_subscriber(sub, Subscriber),
            _cards.of_publisher(publisher, Subscriber),
        ):
            assert "script" not in Checker(html).seen
        assert len(sub.to_pandas(3)) == min(count, 3, publisher.buffer_num)
        collector = Collector([name], 10)
        collector.poll()
        for live in (True, False):
            assert "script" not in Checker(chart(collector, live)).seen
        collector.close()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("topics", [20, pytest.param(2000, marks=pytest.mark.soak)])
def test_every_topic_is_shown(topics: int) -> None:
    dice = Dice(random.randrange(2**32))
    for _ in range(topics):
        check(dice, f"t/{dice.name()}")


FLIPPING = """
import os, random, sys, time
import numpy as np
import shm_pub_sub

chance = random.Random(int(sys.argv[1]))
points = np.zeros(5, [("x", "f4"), ("y", "f4"), ("z", "f4")])
values = [1.5, True, 7, {"a": 1.0, "b": 2}, {"a": np.zeros(4)}, {"b": {"a": 1}}, np.zeros(3)]
values += [points, np.zeros(100), np.zeros((20, 20), "u1"), "text", [1.0] * 10, np.uint8(3)]
for _ in range(50):
    value = chance.choice(values)
    with shm_pub_sub.Publisher("flip", value, 4) as publisher:
        for _ in range(chance.randint(0, 30)):
            publisher.publish(value)
        time.sleep(chance.random() / 50)
        if chance.random() < 0.02:
            os.kill(os.getpid(), 9)
"""


@pytest.mark.soak
@pytest.mark.filterwarnings("error")
def test_a_topic_that_changes_its_type_all_the_time_is_plotted() -> None:
    seed = random.randrange(2**31)
    print("seed", seed)
    words = ("flip", "flip.a", "fl*", "flip[1]", "flip.b.a")
    collectors = [Collector([word], 2) for word in words]
    sub = Subscriber("flip")
    shown, end = set(), time.monotonic() + 20
    process = None
    while time.monotonic() < end:
        if process is None or process.poll() is not None:
            seed += 1
            process = subprocess.Popen([sys.executable, "-c", FLIPPING, str(seed)])
        for collector in collectors:
            collector.poll()
            Checker(chart(collector, live=True))
            shown |= {curve.name for curve in collector.curves if curve.has_value}
            shown |= {f"{each.name} {each.is_picture}" for each in collector.newest if each.shown}
        Checker(sub._repr_html_())
        sub.to_pandas()
    assert process is not None
    process.kill()
    process.wait()
    for collector in collectors:
        collector.close()
    with suppress(TopicNotFoundError):
        remove("flip")  # if it was killed
    expected = {"flip", "flip.a", "flip.b.a", "flip[1]", "flip True", "flip False", "flip.a[3]"}
    assert shown >= expected, shown
