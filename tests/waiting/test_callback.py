"""Subscriber(callback=): a thread that calls a function for every new value."""

import logging
import os
import queue
import threading
import time
from typing import Any

import pytest
from shm_pub_sub import Publisher, Subscriber, TopicTypeError
from support import remote
from support.peer import Peer
from support.programs import Run
from support.waiting import until


def callback_threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name.startswith("shm_pub_sub callback")]


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Any:
    yield
    until(lambda: callback_threads() == [], "the end of the threads")


def test_called_for_each_value_in_turn() -> None:
    called: queue.Queue[tuple[int, str]] = queue.Queue()

    def note(value: int) -> None:
        called.put((value, threading.current_thread().name))

    with Publisher("topic", 0, 100) as publisher:
        publisher.publish(0)
        with Subscriber("topic", 0, callback=note):
            (thread,) = callback_threads()
            assert thread.daemon
            for value in range(1, 50):
                publisher.publish(value)
            found = [called.get(timeout=20) for _ in range(50)]
    assert found == [(value, "shm_pub_sub callback topic") for value in range(50)]


def test_history_says_what_it_begins_with() -> None:
    called: queue.Queue[int] = queue.Queue()
    with Publisher("topic", 0, 10) as publisher:
        publisher.publish_many(range(5))
        with Subscriber("topic", 0, history=0, callback=called.put):
            publisher.publish(5)
            assert called.get(timeout=20) == 5


def test_works_before_there_is_a_publisher_and_across_its_restart(peer: Peer) -> None:
    called: queue.Queue[int] = queue.Queue()
    with Subscriber("topic", 0, callback=called.put):
        for value in (1, 2):
            peer.call(remote.make_publisher, "topic", 0)
            peer.call(remote.publish, "topic", value)
            assert called.get(timeout=20) == value
            peer.call(remote.close_publisher, "topic")


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_what_it_raises_is_logged_and_does_not_end_it(
    caplog: pytest.LogCaptureFixture, error: type[BaseException]
) -> None:
    called: queue.Queue[int] = queue.Queue()

    def fail(value: int) -> None:
        called.put(value)
        raise error("on purpose")

    with (
        caplog.at_level(logging.ERROR, "shm_pub_sub"),
        Publisher("topic", 0) as publisher,
        Subscriber("topic", 0, callback=fail),
    ):
        for value in (1, 2):
            publisher.publish(value)
            assert called.get(timeout=20) == value
        until(lambda: len(caplog.records) == 2, "what is logged")
    for record in caplog.records:
        assert record.name == "shm_pub_sub"
        assert record.exc_info is not None
        assert record.exc_info[0] is error
        assert "topic" in record.getMessage()


def test_an_error_of_the_topic_is_logged_once_and_it_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    called: queue.Queue[int] = queue.Queue()
    with caplog.at_level(logging.ERROR, "shm_pub_sub"), Subscriber("topic", 0, callback=called.put):
        with Publisher("topic", 0.5):
            until(lambda: len(caplog.records) > 0, "what is logged")
            time.sleep(0.2)  # a few more rounds of its thread
        with Publisher("topic", 0) as publisher:
            publisher.publish(1)
            assert called.get(timeout=20) == 1
    assert len(caplog.records) == 1
    assert "float" in caplog.text


def test_close_ends_it_also_from_within() -> None:
    called: queue.Queue[int] = queue.Queue()

    def end(value: int) -> None:
        subscriber.close()
        called.put(value)

    with Publisher("topic", 0) as publisher:
        subscriber = Subscriber("topic", 0, callback=end)
        publisher.publish(1)
        assert called.get(timeout=20) == 1
        until(lambda: callback_threads() == [], "its end")
        publisher.publish(2)
        assert called.empty()


def test_close_does_not_wait_for_a_call_under_way() -> None:
    entered, go_on = threading.Event(), threading.Event()

    def hang(_: int) -> None:
        entered.set()
        go_on.wait(20)

    with Publisher("topic", 0) as publisher:
        subscriber = Subscriber("topic", 0, callback=hang)
        publisher.publish(1)
        assert entered.wait(20)
        subscriber.close()
        assert callback_threads() != []
        go_on.set()


def test_the_thread_keeps_the_subscriber() -> None:
    called: queue.Queue[int] = queue.Queue()
    with Publisher("topic", 0) as publisher:
        kept = [Subscriber("topic", 0, callback=called.put)]
        (thread,) = callback_threads()
        kept.clear()
        publisher.publish(1)
        assert called.get(timeout=20) == 1
        thread._args[0].close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("what", [1, "f", [], object()])
def test_what_cannot_be_called_is_refused(what: Any) -> None:
    with pytest.raises(TopicTypeError, match="callback"):
        Subscriber("topic", 0, callback=what)
    assert callback_threads() == []


def test_a_forked_child_has_no_such_thread() -> None:
    called: queue.Queue[int] = queue.Queue()
    with Publisher("topic", 0) as publisher, Subscriber("topic", 0, callback=called.put):
        pid = os.fork()
        if pid == 0:
            os._exit(len(callback_threads()))
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        publisher.publish(1)
        assert called.get(timeout=20) == 1


BEGIN = """
import logging, sys, threading, shm_pub_sub
called = threading.Event()
def note(value):
    called.set()
    if value < 0:
        raise ValueError("on purpose")
publisher = shm_pub_sub.Publisher("topic", 0)
subscriber = shm_pub_sub.Subscriber("topic", 0, callback=note)
"""


@pytest.mark.parametrize("end", ["", "del subscriber", "sys.exit()", "subscriber.close()"])
def test_programs_end_at_once(run_python: Run, end: str) -> None:
    ended = run_python(BEGIN + f"publisher.publish(1)\ncalled.wait(20)\n{end}\n")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@pytest.mark.parametrize("logs", [False, True])
def test_an_error_is_seen_without_any_logging_set_up(run_python: Run, logs: bool) -> None:
    # The library's other messages need logging; this is the program's own error.
    begin = BEGIN + ("logging.basicConfig(format='said %(message)s')\n" if logs else "")
    ended = run_python(
        begin + "publisher.publish(-1)\ncalled.wait(20)\n"
        "publisher.publish(1)\nimport time\ntime.sleep(0.2)\n"
    )
    assert ended.returncode == 0
    assert ended.stderr.count("ValueError: on purpose") == 1
    assert ended.stderr.count("said ") == logs


def test_a_subscriber_that_is_set_up_again_has_one_callback() -> None:
    values = 50
    first: list[int] = []
    second: list[int] = []
    with Publisher("topic", 0, values) as pub:
        with Subscriber("topic", 0, callback=first.append) as sub:
            pub.publish(-1)
            until(lambda: first == [-1], "the first callback")
            sub.__init__("topic", 0, history=0, callback=second.append)  # type: ignore[misc]
            pub.publish_many(range(values))
            until(lambda: len(second) == values, "the second one")
        assert first == [-1]
        assert second == list(range(values))
