"""What others see when a publisher ends and the next one starts."""

import logging
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import shm_pub_sub
from support import remote
from support.peer import NewPeer, Peer
from support.waiting import until


def test_clean_close_shows_at_the_next_read(peer: Peer) -> None:
    subscriber = shm_pub_sub.Subscriber("topic", -1)
    for value in range(20):
        peer.call(remote.make_publisher, "topic", 0)
        peer.call(remote.publish, "topic", value)
        assert subscriber.subscribe() == (value, True)
        peer.call(remote.close_publisher, "topic")
        assert subscriber.subscribe() == (-1, False)
        assert not subscriber.publisher_alive


def test_end_of_the_program_shows_at_the_next_read(peer: Peer, shm_dir: Path) -> None:
    peer.call(remote.make_publisher, "topic", 0)
    peer.call(remote.publish, "topic", 7)
    subscriber = shm_pub_sub.Subscriber("topic", -1)
    assert subscriber.subscribe() == (7, True)
    peer.finish()
    assert subscriber.subscribe() == (-1, False)
    assert list(shm_dir.iterdir()) == []


@pytest.mark.parametrize("end", [Peer.finish, Peer.kill])
def test_subscribers_follow_to_another_size(new_peer: NewPeer, end: Callable[[Peer], None]) -> None:
    subscriber = shm_pub_sub.Subscriber("topic", -1)
    for generation, buffers in enumerate([1, 1000, 3, 100_000, 2]):
        peer = new_peer()
        peer.call(remote.make_publisher, "topic", 0, buffers)
        peer.call(remote.publish, "topic", generation)
        assert subscriber.subscribe() == (generation, True)
        assert subscriber.buffer_num == buffers
        end(peer)
    if end is Peer.kill:
        shm_pub_sub.remove("topic")


def test_restart_of_another_type_is_a_type_error_that_names_both(new_peer: NewPeer) -> None:
    subscriber = shm_pub_sub.Subscriber("topic", -1)
    other = shm_pub_sub.Subscriber("topic", -1.0)
    for kind in (float, bool, float):
        first = new_peer()
        first.call(remote.make_publisher, "topic", 0, 3)
        first.call(remote.publish, "topic", 5)
        assert subscriber.subscribe() == (5, True)
        first.kill()

        second = new_peer()
        second.call(remote.make_publisher, "topic", kind(1), 10)
        second.call(remote.publish, "topic", kind(1))
        both = re.compile(rf"(?=.*\bint\b)(?=.*\b{kind.__name__}\b)", re.DOTALL)
        for _ in range(3):
            with pytest.raises(TypeError, match=both):
                subscriber.subscribe()
        with pytest.raises(TypeError, match=both):
            shm_pub_sub.Subscriber("topic", -1)
        if kind is float:
            assert other.subscribe() == (1.0, True)
        second.finish()
        assert subscriber.subscribe() == (-1, False)


def test_topic_of_another_type_that_nobody_publishes_is_no_error(peer: Peer) -> None:
    peer.call(remote.make_publisher, "topic", 1.5)
    peer.call(remote.publish, "topic", 2.5)
    peer.kill()
    assert shm_pub_sub.Subscriber("topic", -1).subscribe() == (-1, False)
    shm_pub_sub.remove("topic")


def test_second_publisher_in_another_process_is_refused_with_the_holders_pid(peer: Peer) -> None:
    message = "^Shared memory already exists: .*"
    peer.call(remote.make_publisher, "topic", 0)
    peer.call(remote.publish, "topic", 3)
    for arguments in [(0, 3), (0.0, 3), (False, 10)]:
        with pytest.raises(RuntimeError, match=rf"{message}\b{peer.pid}\b") as refused:
            shm_pub_sub.Publisher("topic", *arguments)
        assert "this process already publishes" not in str(refused.value)
        with pytest.raises(RuntimeError, match=rf"{message}\b{peer.pid}\b"):
            shm_pub_sub.Publisher("topic", *arguments, replace=True)
    assert shm_pub_sub.Subscriber("topic", -1).subscribe() == (3, True)
    with pytest.raises(RuntimeError, match=rf"{message}\b{peer.pid}\b"):
        shm_pub_sub.remove("topic")


def test_retained_value_outlives_the_program(peer: Peer) -> None:
    early = shm_pub_sub.Subscriber("topic", -1)
    peer.call(remote.make_publisher, "topic", 0, 3, True)
    peer.call(remote.publish, "topic", 1, 2, 3)
    assert early.subscribe() == (3, True)
    peer.finish()
    late = shm_pub_sub.Subscriber("topic", -1)
    for subscriber in (early, late):
        assert subscriber.subscribe() == (3, True)
        assert not subscriber.publisher_alive
    shm_pub_sub.remove("topic")
    assert late.subscribe() == (-1, False)


def test_retained_value_outlives_a_kill_until_the_next_first_value(new_peer: NewPeer) -> None:
    early = shm_pub_sub.Subscriber("topic", -1)
    first = new_peer()
    first.call(remote.make_publisher, "topic", 0, 3, True)
    first.call(remote.publish, "topic", 1, 2, 3)
    assert early.subscribe() == (3, True)
    first.kill()
    late = shm_pub_sub.Subscriber("topic", -1)
    # The retained value stays beyond the 0.1 s after which a death is noticed.
    until(lambda: not early.publisher_alive and not late.publisher_alive, "publisher dead")
    assert [s.subscribe() for s in (early, late)] == [(3, True)] * 2
    second = new_peer()
    second.call(remote.make_publisher, "topic", 0, 5)
    # It moves into the new publisher's ring (docs/memory-layout.md), whose first value replaces it.
    newest = shm_pub_sub.Subscriber("topic", -1)
    assert [s.subscribe() for s in (early, late, newest)] == [(3, True)] * 3
    second.call(remote.publish, "topic", 4)
    assert [s.subscribe() for s in (early, late, newest)] == [(4, True)] * 3
    second.finish()
    assert [s.subscribe() for s in (early, late, newest)] == [(-1, False)] * 3


def test_retained_value_is_still_there_long_after_a_kill(peer: Peer) -> None:
    peer.call(remote.make_publisher, "topic", 0, 3, True)
    peer.call(remote.publish, "topic", 3)
    subscriber = shm_pub_sub.Subscriber("topic", -1, max_age=0.3)
    lasting = shm_pub_sub.Subscriber("topic", -1)
    assert subscriber.subscribe() == (3, True)
    peer.kill()
    until(lambda: not subscriber.subscribe()[1], "older than max_age")
    assert lasting.subscribe() == (3, True)
    shm_pub_sub.remove("topic")
    until(lambda: not lasting.subscribe()[1], "removed")


def test_take_over_and_move_are_logged(new_peer: NewPeer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "shm_pub_sub")
    first = new_peer()
    first.call(remote.make_publisher, "topic", 0)
    subscriber = shm_pub_sub.Subscriber("topic", -1)
    first.send_signal(signal.SIGKILL)
    first.wait()
    with shm_pub_sub.Publisher("topic", 0) as publisher:
        publisher.publish(1)
        assert subscriber.subscribe() == (1, True)
    messages = [record.getMessage() for record in caplog.records]
    assert any("took over" in m and str(first.pid) in m for m in messages), messages
    assert any("subscriber of 'topic': attached" in m for m in messages), messages
