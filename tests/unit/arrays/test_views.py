"""copy=False: arrays in shared memory, which do not change as long as anything refers to them."""

import gc
import queue
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from shm_pub_sub import Publisher, Subscriber, remove
from support.counts import VALUES, dice
from support.peer import Peer
from support.programs import Check
from support.waiting import until

FRAME = np.zeros((48, 64, 3), np.uint8)


def frame(number: int) -> Any:
    return np.full(FRAME.shape, number % 251, np.uint8)


def test_a_view_is_read_only_and_the_same_memory_for_all() -> None:
    with Publisher("cam", FRAME) as pub, Subscriber("cam", FRAME, copy=False) as sub:
        pub.publish(frame(7))
        first, ok = sub.subscribe()
        second = sub.recv()
        assert ok
        assert type(first) is np.ndarray
        assert first.dtype == np.uint8
        assert np.shares_memory(first, second)
        assert (first == 7).all()
        assert not first.flags.writeable
        assert sub.copied == 0


def test_writing_to_a_view_is_an_error() -> None:
    with Publisher("cam", FRAME) as pub, Subscriber("cam", FRAME, copy=False) as sub:
        pub.publish(frame(7))
        view, _ = sub.subscribe()
        with pytest.raises(ValueError, match="read-only"):
            view[0] = 1
        with pytest.raises(ValueError, match="WRITEABLE"):
            view.flags.writeable = True
        with pytest.raises(ValueError, match="WRITEABLE"):
            view[::2].flags.writeable = True
        with pytest.raises(BufferError):
            memoryview(view.base)
        assert memoryview(view).readonly


def test_a_view_stays_while_the_publisher_laps() -> None:
    with Publisher("cam", FRAME) as pub, Subscriber("cam", FRAME, copy=False) as sub:
        pub.publish(frame(1))
        kept = sub.recv()
        for number in range(2, 1000):
            pub.publish(frame(number))
        assert (kept == 1).all()
        assert (sub.subscribe()[0] == 999 % 251).all()
        assert len(sub.drain()) == 3


def test_what_is_made_of_a_view_keeps_it() -> None:
    with Publisher("cam", FRAME) as pub, Subscriber("cam", FRAME, copy=False) as sub:
        pub.publish(frame(1))
        part = memoryview(sub.recv()[10:20, ::2].reshape(10, 32, 3).view(np.int8))
        for number in range(2, 100):
            pub.publish(frame(number))
        assert set(part.tobytes()) == {1}


def test_more_views_than_there_may_be_are_copies() -> None:
    with Publisher("cam", FRAME, views=2) as pub, Subscriber("cam", FRAME, copy=False) as sub:
        pub.publish(frame(1))
        views = [sub.subscribe()[0] for _ in range(4)]
        assert [view.base is not None for view in views] == [True, True, False, False]
        assert not any(view.flags.writeable for view in views)
        assert sub.copied == 2
        pub.publish(frame(2))
        assert all((view == 1).all() for view in views)
        del views[0]
        assert sub.subscribe()[0].base is not None
        assert sub.copied == 2


def test_without_views_all_are_copies() -> None:
    with Publisher("cam", FRAME, views=0) as pub, Subscriber("cam", FRAME, copy=False) as sub:
        pub.publish(frame(1))
        array = sub.recv()
        pub.publish(frame(2))
        assert (array == 1).all()
        assert not array.flags.writeable
        assert sub.copied == 1


def test_a_callback_has_one_view_at_a_time() -> None:
    called: queue.Queue[int] = queue.Queue()

    def call(view: Any) -> None:
        called.put(int(view[0, 0, 0]))

    with Publisher("cam", FRAME, views=1) as pub:
        sub = Subscriber("cam", FRAME, copy=False, callback=call)
        with sub, Subscriber("cam", FRAME, copy=False) as other:
            for number in range(10):
                pub.publish(frame(number))
                assert called.get(timeout=20) == number
            assert sub.copied == 0
            until(lambda: other.subscribe()[0].base is not None, "the end of the last view")


def test_small_arrays_are_copies_that_do_not_count() -> None:
    point = np.zeros(3)
    with Publisher("point", point) as pub, Subscriber("point", point, copy=False) as sub:
        pub.publish(np.arange(3.0))
        array = sub.recv()
        pub.publish(np.zeros(3))
        assert array.tolist() == [0, 1, 2]
        assert not array.flags.writeable
        assert sub.copied == 0


@pytest.mark.parametrize("default", ["", [0.0], np.uint8(0)], ids=["text", "list", "number"])
def test_what_is_no_array_does_not_count(default: Any) -> None:
    with Publisher("topic", default) as pub, Subscriber("topic", default, copy=False) as sub:
        pub.publish(default)
        assert sub.recv() == default
        assert sub.copied == 0


def test_views_of_bytes_are_memoryviews() -> None:
    with Publisher("blob", b"", views=1) as pub, Subscriber("blob", b"", copy=False) as sub:
        pub.publish(b"one")
        view, copy = sub.subscribe()[0], sub.recv()
        pub.publish(b"two")
        for found in (view, copy):
            assert type(found) is memoryview
            assert found.readonly
            assert found == b"one"
        assert sub.copied == 1


def close_subscriber(pub: Any, sub: Any) -> None:
    sub.close()


def close_publisher(pub: Any, sub: Any) -> None:
    pub.close()


def close_both(pub: Any, sub: Any) -> None:
    pub.close()
    sub.close()


def replace(pub: Any, sub: Any) -> None:
    with Publisher("cam", FRAME, replace=True) as other:
        other.publish(frame(9))
        assert (sub.recv() == 9).all()


def set_up_again(pub: Any, sub: Any) -> None:
    sub.__init__("other", 0)


@pytest.mark.parametrize(
    "end", [close_subscriber, close_publisher, close_both, replace, set_up_again]
)
def test_a_view_survives(end: Callable[[Any, Any], None]) -> None:
    pub, sub = Publisher("cam", FRAME), Subscriber("cam", FRAME, copy=False)
    try:
        pub.publish(frame(1))
        kept = sub.recv()
        end(pub, sub)
        assert (kept == 1).all()
        if not pub.closed:
            for number in range(2, 20):
                pub.publish(frame(number))
            assert (kept == 1).all()
    finally:
        pub.close()
        sub.close()
    assert (kept == 1).all()


def test_a_view_survives_its_subscriber() -> None:
    with Publisher("cam", FRAME) as pub:
        pub.publish(frame(1))
        kept = Subscriber("cam", FRAME, copy=False).recv()
        gc.collect()
        for number in range(2, 20):
            pub.publish(frame(number))
        assert (kept == 1).all()


def publish_frame(number: int) -> None:
    """In a peer, which keeps the publisher."""
    publishers.append(Publisher("cam", FRAME))
    publishers[-1].publish(frame(number))


publishers: list[Any] = []


def test_a_view_survives_the_publishers_death(peer: Peer) -> None:
    peer.call(publish_frame, 1)
    with Subscriber("cam", FRAME, copy=False) as sub:
        kept = sub.recv(10)
        peer.kill()
        until(lambda: not sub.publisher_alive)
        assert (kept == 1).all()
        remove("cam")
        with Publisher("cam", FRAME) as pub:
            pub.publish(frame(2))
            assert (sub.recv(10) == 2).all()
            assert (kept == 1).all()


def test_many_views_leave_no_pin() -> None:
    with Publisher("cam", FRAME, views=2) as pub, Subscriber("cam", FRAME, copy=False) as sub:
        pub.publish(frame(1))
        for _ in range(VALUES // 100):
            sub.subscribe()
        views = [sub.subscribe()[0] for _ in range(2)]
        assert sub.copied == 0
        assert all(view.base is not None for view in views)


def test_views_hold_while_a_publisher_laps_as_fast_as_it_can() -> None:
    chance = dice()
    words = np.zeros(4096, np.int64)
    with Publisher("words", words) as pub, Subscriber("words", words, copy=False) as sub:
        ends = threading.Event()

        def publish() -> None:
            number = 0
            while not ends.is_set():
                number += 1
                pub.publish(np.full(4096, number))

        thread = threading.Thread(target=publish)
        thread.start()
        try:
            kept: list[tuple[Any, int]] = []
            for _ in range(VALUES // 5_000):
                view = sub.recv(10) if chance.random() < 0.5 else sub.subscribe()[0]
                kept.append((view, int(view[chance.randrange(4096)])))
                if len(kept) > 3:
                    view, number = kept.pop(chance.randrange(4))
                    assert (view == number).all()
        finally:
            ends.set()
            thread.join()


def test_a_forked_childs_drop_leaves_the_parents_view(fork_child: Any) -> None:
    with Publisher("cam", FRAME, views=1) as pub, Subscriber("cam", FRAME, copy=False) as sub:
        pub.publish(frame(1))
        kept = sub.recv()

        def child() -> Any:
            nonlocal kept
            yield int(kept[0, 0, 0])
            kept = None
            yield sub.subscribe()[0].base is None  # the parent has the only entry

        forked = fork_child(child)
        assert forked.next() == 1
        assert forked.next() is True
        for number in range(2, 20):
            pub.publish(frame(number))
        assert (kept == 1).all()


def test_a_forked_child_has_views_of_its_own(fork_child: Any) -> None:
    with Publisher("cam", FRAME, views=1) as pub, Subscriber("cam", FRAME, copy=False) as sub:
        pub.publish(frame(1))
        assert sub.recv().base is not None  # this process has its lock byte now

        def child() -> Any:
            view, _ = sub.subscribe()
            yield view.base is not None
            yield bool((view == 1).all())

        forked = fork_child(child)
        assert forked.next() is True
        assert sub.subscribe()[0].base is None
        for number in range(2, 20):
            pub.publish(frame(number))
        assert forked.next() is True


def test_a_process_may_end_with_views(check_python: Check) -> None:
    with Publisher("cam", FRAME, views=1) as pub, Subscriber("cam", FRAME, copy=False) as sub:
        pub.publish(frame(1))
        program = """
import numpy as np, shm_pub_sub, sys, threading
default = np.zeros((48, 64, 3), np.uint8)
sub = shm_pub_sub.Subscriber("cam", default, copy=False)
view = sub.recv(10)
threading.local().view = view[1:]
sys.modules["kept"] = view
np.kept = memoryview(view)
print(view.base is not None, sub.copied)
"""
        assert check_python(program) == "True 0\n"
        assert sub.recv().base is not None  # the dead one's entry was swept
