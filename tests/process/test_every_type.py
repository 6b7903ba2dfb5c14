"""Values of every type, between Go and C in both directions, bit by bit."""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import pytest
import shm_pub_sub
from support.counts import dice

from ._records import CLASSES, INNER, Inner, random_bytes, to_bytes, to_object

DTYPES = ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8", "c8", "c16"]
"""Those that Go has: float16 is Python's only."""

SIZES = ["b1", "i2", "f4", "f8", "c16"]
"""One of each size: what lies in chunks is copied as bytes."""


class Form(NamedTuple):
    shape: tuple[int, ...]
    """None to begin with: of any length up to 50."""
    dtypes: list[str]


FORMS = {
    "scalar": Form((), DTYPES),
    "inline": Form((3,), DTYPES),
    "fixed": Form((150,), SIZES),
    "matrix": Form((30, 5), SIZES),
    "variable": Form((0,), DTYPES),
    "rows": Form((0, 2), SIZES),
    "list": Form((0,), ["b1", "i8", "f8"]),
    "text": Form((0,), ["u1"]),
    "bytes": Form((0,), ["u1"]),
    "record": Form((), list(CLASSES)),
    "records": Form((0,), ["inner"]),
    "recordlist": Form((0,), ["inner"]),
}


class Side(Protocol):
    """Writes and reads values as their bytes."""

    def publish(self, form: str, dtype: str, topic: str, value: bytes) -> None: ...

    def subscribe(self, form: str, dtype: str, topic: str) -> bytes: ...

    def close(self) -> None: ...


class Go:
    """actor/main.go."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def _ask(self, *words: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(*words, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        assert answer.endswith("\n"), "the actor has ended"
        assert not answer.startswith("error"), (words, answer)
        return answer.strip()

    def publish(self, form: str, dtype: str, topic: str, value: bytes) -> None:
        self._ask("publish", form, dtype, topic, f"x{value.hex()}")

    def subscribe(self, form: str, dtype: str, topic: str) -> bytes:
        found = self._ask("subscribe", form, dtype, topic)
        assert found.startswith("x"), found
        return bytes.fromhex(found[1:])

    def close(self) -> None:
        self._ask("close")

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


class C:
    def __init__(self) -> None:
        self._open: dict[tuple[str, str], Any] = {}
        self._n = 0

    def _object(self, form: str, dtype: str, value: bytes) -> Any:
        if form == "text":
            return value.decode()
        if form == "bytes":
            return value
        if form == "record":
            return to_object(dtype, value)
        if form == "records":
            return np.frombuffer(value, INNER)
        if form == "recordlist":
            size = INNER.itemsize
            return [to_object(dtype, value[at : at + size]) for at in range(0, len(value), size)]
        elements = np.frombuffer(value, dtype)
        if form == "scalar":
            return elements[0].item()
        if form == "list":
            return elements.tolist()
        return elements.reshape(-1, *FORMS[form].shape[1:])

    @staticmethod
    def _default(form: str, dtype: str) -> Any:
        if form in ("text", "bytes"):
            return {"text": "", "bytes": b""}[form]
        if form == "record":
            return CLASSES[dtype]()
        if form in ("records", "recordlist"):
            return np.zeros(0, INNER) if form == "records" else [Inner()]
        zeros = np.zeros(FORMS[form].shape, dtype)
        return np.zeros(1, dtype).tolist() if form == "list" else zeros[()]

    def publish(self, form: str, dtype: str, topic: str, value: bytes) -> None:
        if (topic, "w") not in self._open:
            sized = FORMS[form].shape[:1] == (0,) and form not in ("text", "bytes")
            self._open[topic, "w"] = shm_pub_sub.Publisher(
                topic, self._default(form, dtype), max_size=50 if sized else None
            )
        found, self._n = self._object(form, dtype, value), self._n + 1
        if self._n % 2:
            self._open[topic, "w"].publish(found)
        else:
            self._open[topic, "w"].publish_at(found, time.monotonic_ns())

    def subscribe(self, form: str, dtype: str, topic: str) -> bytes:
        if (topic, "r") not in self._open:
            self._open[topic, "r"] = shm_pub_sub.Subscriber(topic, self._default(form, dtype))
            self._open[topic, "v"] = shm_pub_sub.Subscriber(topic, copy=False)
        found, ok = self._open[topic, "r"].subscribe()
        assert ok
        other, ok = self._open[topic, "v"].subscribe()
        assert ok
        by_time = [self._open[topic, how].at(time.monotonic_ns()).value for how in "rv"]
        as_bytes = {self._bytes(form, dtype, value) for value in (found, other, *by_time)}
        assert len(as_bytes) == 1
        return as_bytes.pop()

    @staticmethod
    def _bytes(form: str, dtype: str, value: Any) -> bytes:
        if form == "text":
            return str(value).encode()
        if form == "bytes":
            return bytes(value)
        if form == "record":
            return to_bytes(dtype, value)
        if form == "recordlist":
            return b"".join(to_bytes(dtype, each) for each in value)
        if form == "records":
            dtype = INNER
        return np.asarray(value, dtype).tobytes()

    def close(self) -> None:
        for opened in self._open.values():
            opened.close()
        self._open.clear()


@pytest.fixture(scope="module")
def actor(build_go: Callable[[str], Path]) -> Path:
    return build_go("./tests/process/actor") / "actor"


@pytest.fixture
def sides(actor: Path, shm_dir: Path) -> Iterator[dict[str, Side]]:
    go = Go(actor)
    yield {"Go": go, "C": C()}
    go.end()


def values(form: str, dtype: str) -> list[bytes]:
    """Random bits of them: NaNs with their payloads, denormals, the extremes."""
    rng = dice()
    if form == "record":
        return [random_bytes(dtype, rng) for _ in range(7)]
    if form in ("records", "recordlist"):
        return [
            b"".join(random_bytes(dtype, rng) for _ in range(steps)) for steps in (0, 1, 2, 49, 50)
        ]
    shape, size = FORMS[form].shape, np.dtype(dtype).itemsize
    found = []
    for turn in range(7):
        steps = rng.choice([0, 1, 2, 49, 50]) if shape[:1] == (0,) else 1
        count = int(np.prod([steps, *shape[1:]] if shape[:1] == (0,) else shape))
        data = [b"\0", b"\xff", None][min(turn, 2)]
        raw = rng.randbytes(count * size) if data is None else data * (count * size)
        if dtype == "b1":
            raw = bytes(byte & 1 for byte in raw)
        if form == "text":
            raw = "".join(rng.choice("aé€😀\0") for _ in raw).encode()
        if dtype in ("f4", "c8") and form == "scalar":
            # Through Python's float: a signalling NaN would become a quiet one.
            raw = np.nan_to_num(np.frombuffer(raw, "f4")).tobytes()
        found.append(raw)
    return found


@pytest.mark.timeout(400)  # the first one builds the actor
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("writer", ["Go", "C"])
@pytest.mark.parametrize("reader", ["Go", "C"])
def test_a_value_is_read_as_it_was_published(
    sides: dict[str, Side], form: str, writer: str, reader: str
) -> None:
    for dtype in FORMS[form].dtypes:
        topic = f"{form}/{dtype}"
        for value in values(form, dtype):
            sides[writer].publish(form, dtype, topic, value)
            assert sides[reader].subscribe(form, dtype, topic) == value, (dtype, value)
    for side in sides.values():
        side.close()


@pytest.mark.parametrize("writer", ["Go", "C"])
def test_a_record_has_one_name_and_the_first_field_that_differs_is_named(
    sides: dict[str, Side], writer: str
) -> None:
    sides[writer].publish("record", "large", "x", random_bytes("large", dice()))
    found = (
        "large{ready: bool, pose: float64[2,3], inner: inner{x: float64, on: bool}, "
        "many: inner{x: float64, on: bool}[3], label: str <= 12, raw: bytes <= 5, "
        "points: float32[<=50,2], path: list[float] <= 4, flags: list[bool] <= 3, "
        "seen: list[inner{x: float64, on: bool}] <= 2, z: complex128}"
    )
    if writer == "C":
        found = found.replace("large{", "Large{").replace("inner{", "Inner{")
        found = found.replace("many: Inner{", "many: {")  # numpy's dtypes have no name
    (topic,) = shm_pub_sub.topics()
    assert topic.type_name == found
    difference = 'field "stamp": found none; use'
    with pytest.raises(shm_pub_sub.TopicTypeError, match=f"expected Small{{.*}}: {difference}"):
        shm_pub_sub.Subscriber("x", CLASSES["small"]())
    with pytest.raises(AssertionError, match=difference):
        sides["Go"].subscribe("record", "small", "x")
    for side in sides.values():
        side.close()
