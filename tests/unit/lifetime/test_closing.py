"""The end of publishers and subscribers: close, with, garbage collection, the process's end."""

import gc
import os
import weakref
from pathlib import Path
from typing import Any

import pytest
from shm_pub_sub import ClosedError, Publisher, ShmError, Subscriber
from support.programs import Run


@pytest.fixture(params=[True, 1, 1.5], ids=["bool", "int", "float"])
def value(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_with_closes_both(value: Any, shm_dir: Path) -> None:
    with Publisher("topic", value) as pub, Subscriber("topic", value) as sub:
        assert isinstance(pub, Publisher)
        assert isinstance(sub, Subscriber)
        assert not pub.closed
        assert not sub.closed
        assert len(list(shm_dir.iterdir())) == 1
    assert pub.closed
    assert sub.closed
    assert list(shm_dir.iterdir()) == []


def test_with_closes_on_an_error_and_lets_it_through() -> None:
    with (
        pytest.raises(KeyError, match="mine"),
        Publisher("topic", 0) as pub,
        Subscriber("topic", 0) as sub,
    ):
        raise KeyError("mine")
    assert pub.closed
    assert sub.closed


def test_use_after_close_is_a_clear_error(value: Any) -> None:
    pub, sub = Publisher("my/topic", value), Subscriber("my/topic", value)
    pub.publish(value)
    assert sub.subscribe() == (value, True)
    for one, use in ((sub, sub.subscribe), (pub, lambda: pub.publish(value))):
        one.close()
        for _ in range(3):
            with pytest.raises(ClosedError, match=r"my/topic.*closed") as caught:
                use()
            assert isinstance(caught.value, ValueError)
            assert isinstance(caught.value, ShmError)


def test_subscriber_that_never_had_a_publisher_is_closed_as_well() -> None:
    sub = Subscriber("topic", 0)
    sub.close()
    with pytest.raises(ClosedError):
        sub.subscribe()


@pytest.mark.parametrize("cls", [Publisher, Subscriber])
def test_closing_again_does_nothing(cls: Any) -> None:
    one = cls("topic", 0)
    for _ in range(3):
        assert one.close() is None
        assert one.closed is True


@pytest.mark.parametrize("cls", [Publisher, Subscriber])
def test_with_after_close_is_a_clear_error(cls: Any) -> None:
    one = cls("topic", 0)
    one.close()
    with pytest.raises(ClosedError), one:
        pass


def test_properties_go_on_after_close() -> None:
    pub, sub = Publisher("topic", 0, 5), Subscriber("topic", 0)
    pub.close()
    sub.close()
    assert (pub.name, pub.buffer_num, pub.closed, pub.publisher_alive) == ("topic", 5, True, False)
    assert (sub.name, sub.buffer_num, sub.closed, sub.publisher_alive) == (
        "topic",
        None,
        True,
        False,
    )


def test_late_close_of_an_old_publisher_does_not_touch_the_new_one() -> None:
    old = Publisher("topic", 0)
    old.close()
    with Publisher("topic", 0) as new, Subscriber("topic", -1) as sub:
        new.publish(1)
        old.close()
        del old
        gc.collect()
        assert sub.subscribe() == (1, True)


def test_garbage_collection_closes(shm_dir: Path) -> None:
    pub, sub = Publisher("topic", 0), Subscriber("topic", -1)
    pub.publish(1)
    assert sub.subscribe() == (1, True)
    del pub
    gc.collect()
    assert sub.subscribe() == (-1, False)
    assert list(shm_dir.iterdir()) == []
    descriptors = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    with Publisher("topic", 0):
        more = [Subscriber("topic", 0) for _ in range(20)]
        del more
        gc.collect()
    assert len(os.listdir("/proc/self/fd")) == descriptors  # noqa: PTH208


@pytest.mark.parametrize("cls", [Publisher, Subscriber])
def test_garbage_collection_of_a_cycle_closes(cls: Any, shm_dir: Path) -> None:
    class Node(cls):  # type: ignore[misc]
        me: Any

    node = Node("topic", 0)
    node.me = node
    dead = weakref.ref(node)
    del node
    gc.collect()
    assert dead() is None
    assert list(shm_dir.iterdir()) == []


@pytest.mark.parametrize("cls", [Publisher, Subscriber])
def test_weak_references_end_with_the_object(cls: Any) -> None:
    one = cls("topic", 0)
    called: list[object] = []
    ref = weakref.ref(one, called.append)
    assert ref() is one
    del one
    gc.collect()
    assert ref() is None
    assert called == [ref]


def test_subscribers_outlive_their_publisher_and_the_other_way_round() -> None:
    sub = Subscriber("topic", -1)
    for value in range(20):
        pub = Publisher("topic", 0)
        pub.publish(value)
        assert sub.subscribe() == (value, True)
        sub.close()
        pub.publish(value + 1)
        sub = Subscriber("topic", -1)
        assert sub.subscribe() == (value + 1, True)
        pub.close()
        assert sub.subscribe() == (-1, False)


ENDS = {
    "the end of the program": "",
    "sys.exit": "import sys; sys.exit(0)",
    "sys.exit in a function": "import sys\ndef f():\n    local = pub\n    sys.exit(0)\nf()",
    "a thread": "import threading; threading.Timer(0.05, lambda: pub.publish(3)).start()",
    "a cycle": "pub = [pub]; pub.append(pub)",
    "a module": "import types, sys; m = sys.modules['m'] = types.ModuleType('m'); m.pub = pub",
    "a builtin": "import builtins; builtins.pub = pub",
    "an atexit function": "import atexit; atexit.register(lambda: pub.closed or pub.publish(4))",
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_interpreters_end_closes_and_says_nothing(end: str, shm_dir: Path, run_python: Run) -> None:
    sub = Subscriber("topic", -1)
    ended = run_python(
        "import shm_pub_sub\n"
        "pub = shm_pub_sub.Publisher('topic', 0)\n"
        "sub = shm_pub_sub.Subscriber('topic', 0)\n"
        f"pub.publish(1)\nassert sub.subscribe() == (1, True)\n{end}\n"
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert list(shm_dir.iterdir()) == []
    assert sub.subscribe() == (-1, False)


def test_uncaught_error_closes_and_prints_only_itself(shm_dir: Path, run_python: Run) -> None:
    ended = run_python(
        "import shm_pub_sub\npub = shm_pub_sub.Publisher('topic', 0)\nraise KeyError('mine')\n"
    )
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == "KeyError: 'mine'"
    assert ended.stderr.count("Error") == 2, ended.stderr  # the source line, and itself
    assert list(shm_dir.iterdir()) == []
