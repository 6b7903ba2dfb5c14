"""A publisher is closed or made between another one's check and its use."""

import threading
from pathlib import Path
from typing import Any

import pytest
from shm_pub_sub import ExistsError, Publisher, Subscriber, _hot
from shm_pub_sub._extension import load
from support.programs import Check

from ._moments import HARNESS

PUBLISHER = """
held = []

def make(**options):
    try:
        held.append(Publisher("a", 0, **options))
    except shm_pub_sub.ExistsError:
        pass

def set_up_again():
    try:
        earlier.__init__("a", 0, replace=True)
    except shm_pub_sub.ExistsError:
        assert name == "replace itself", when  # it is just being set up

DEEDS = {
    "make": make,
    "replace": lambda: make(replace=True),
    "close": lambda: earlier.close(),
    "collect": lambda: globals().update(earlier=None),
    "set up again": set_up_again,
}
CALLS = {
    "construct": lambda: Publisher("a", 0),
    "replace": lambda: Publisher("a", 0, replace=True),
    "replace itself": lambda: earlier.__init__("a", 0, replace=True) or earlier,
    "close": lambda: earlier.close(),
}
name, what = sys.argv[1:]
call, deed = CALLS[name], DEEDS[what]
Publisher("a", 0).close()
Publisher("a", 0, replace=True).close()
before = descriptors()
for begin in moments(go=False):
    when = ""
    earlier = None if name == "construct" else Publisher("a", 0)
    try:
        begin()
        made = call()
    except shm_pub_sub.ExistsError:
        assert name == "construct" and held, when
        made = None
    finally:
        sys.settrace(None)
    # The last one has the topic, and nobody else.
    alive = [p for p in {*held, made, earlier} if p is not None and not p.closed and p.name == "a"]
    assert len(alive) == len(os.listdir(DOMAIN)) <= 1, (when, alive)
    if made not in (None, earlier) and what != "set up again":
        assert alive == [made] or (held and alive == held[-1:]), (when, alive)
    for publisher in alive:
        publisher.publish(1)
        with Subscriber("a", 0) as s:
            assert s.subscribe() == (1, True), when
    made = alive = earlier = publisher = None
    for each in held:
        each.close()
    held.clear()
    gc.collect()
    assert os.listdir(DOMAIN) == [], when
    assert descriptors() == before, when
"""


DEEDS = ["make", "replace", "close", "collect", "set up again"]
PAIRS = [("construct", "make"), ("construct", "replace")]
PAIRS += [(call, deed) for call in ("replace", "replace itself", "close") for deed in DEEDS]
SOME = [
    ("construct", "make"),
    ("replace", "replace"),
    ("replace itself", "close"),
    ("close", "make"),
]


@pytest.mark.parametrize(
    ("call", "deed"),
    [pytest.param(*pair, marks=[] if pair in SOME else pytest.mark.soak) for pair in PAIRS],
)
def test_publisher_that_another_one_disturbs(call: str, deed: str, check_python: Check) -> None:
    assert int(check_python(HARNESS + PUBLISHER, call, deed, timeout=100)) > 3, (
        "the trace function never ran"
    )


EXIT = """
from shm_pub_sub import _exit

class Stubborn(Publisher):
    def close(self):
        raise ZeroDivisionError

def interrupt():
    raise KeyboardInterrupt

def make():
    held.append(Publisher(f"made {when}", 0))

DEEDS = {"interrupt": interrupt, "make": make, "nothing": lambda: None}
held, left = [], []
deed = DEEDS[sys.argv[1]]
cls = Stubborn if sys.argv[1] == "nothing" else Publisher
for begin in moments(go=False):
    when = ""
    held += [cls(f"topic/{n}", 0) for n in range(3)]
    try:
        begin()
        _exit._close_all()
    except (KeyboardInterrupt, ZeroDivisionError):
        pass
    finally:
        sys.settrace(None)
    if when.startswith("_close_all") and deed is interrupt:
        _exit._close_all()  # before its first step, or after its last: it is the program's
    left.append(len(os.listdir(DOMAIN)))
    _exit.exiting = False
    for publisher in held:
        Publisher.close(publisher)
    held.clear()
# What is made after its last look stays, and nothing else.
steps = left.index(1) if 1 in left else len(left)
assert left[:steps] == [0] * steps and len(left) - steps < 20, left
"""


@pytest.mark.parametrize("deed", ["interrupt", "make", "nothing"])
def test_end_of_the_process_closes_all_whatever_happens(deed: str, check_python: Check) -> None:
    assert int(check_python(HARNESS + EXIT, deed, timeout=100)) > 3


@pytest.mark.parametrize("end", ["close", "del"])
def test_replace_waits_for_one_that_another_thread_is_closing(
    end: str, monkeypatch: pytest.MonkeyPatch, shm_dir: Path
) -> None:
    refused = threading.Event()
    closing = threading.Event()
    go = load()
    close, make = go.bind_IntPublisher_Close, go.bind_NewIntPublisher

    def slow_close(handle: Any) -> Any:
        closing.set()
        assert refused.wait(20)
        return close(handle)

    def make_and_tell(*arguments: Any) -> Any:
        try:
            return make(*arguments)
        except RuntimeError:
            refused.set()
            raise

    publishers = [Publisher("topic", 0)]
    monkeypatch.setattr(go, "bind_IntPublisher_Close", slow_close)
    monkeypatch.setattr(go, "bind_NewIntPublisher", make_and_tell)
    drop = publishers[0].close if end == "close" else publishers.clear
    thread = threading.Thread(target=drop)
    thread.start()
    assert closing.wait(20)
    with pytest.raises(ExistsError):
        Publisher("topic", 0)
    refused.clear()
    publisher = Publisher("topic", 0, replace=True)
    thread.join()
    publisher.publish(1)
    assert Subscriber("topic", 0).subscribe() == (1, True)
    monkeypatch.undo()
    publisher.close()
    assert list(shm_dir.iterdir()) == []


def test_replace_does_not_wait_for_one_that_does_not_let_go() -> None:
    class Stubborn(Publisher[int]):
        def close(self) -> None:
            pass

    with Publisher("other", 0):
        earlier = Stubborn("topic", 0)
        before = _hot.changes()
        with pytest.raises(ExistsError, match="this process already publishes"):
            Publisher("topic", 0, replace=True)
        assert _hot.changes() == before + 2, "it tries once: listed, and taken off"
        Publisher.close(earlier)
