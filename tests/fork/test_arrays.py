"""Views, loans and arrays made from them in forked children."""

import gc
import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
import shm_pub_sub
from support.forked import ForkChild
from support.layout import topic_file
from support.peer import NewPeer, Peer

from . import _array_programs
from ._array_programs import FRAME, frame


def pins(directory: Path, views: int) -> int:
    """How many values are pinned."""
    table = topic_file(directory, "cam").read_bytes()[8 : 8 + 8 * (views + 1)]
    return sum(any(table[place : place + 8]) for place in range(0, len(table), 8))


@pytest.fixture
def orphans() -> Iterator[list[int]]:
    """The pids of children that their parent leaves behind."""
    pids: list[int] = []
    yield pids
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def test_inherited_views_stay_mapped_and_their_end_pins_on(
    shm_dir: Path, fork_child: ForkChild
) -> None:
    with (
        shm_pub_sub.Publisher("cam", FRAME) as publisher,
        shm_pub_sub.Subscriber("cam", FRAME, copy=False) as subscriber,
    ):
        publisher.publish(frame(1))
        holder = {"view": subscriber.subscribe()[0], "part": subscriber.subscribe()[0][1:, ::2]}

        def steps() -> Generator[Any, None, None]:
            yield all(bool((array == 1).all()) for array in holder.values())
            holder.clear()
            gc.collect()
            yield pins(shm_dir, 2)
            subscriber.close()
            yield pins(shm_dir, 2)

        child = fork_child(steps)
        for number in range(2, 20):
            publisher.publish(frame(number))
        assert child.next() is True
        assert [child.next(), child.next()] == [2, 2]
        child.end()
        for number in range(2, 20):
            publisher.publish(frame(number))
        assert all((array == 1).all() for array in holder.values())
        holder.clear()
        assert pins(shm_dir, 2) == 0


def test_views_outlive_the_parents_close(fork_child: ForkChild) -> None:
    publisher = shm_pub_sub.Publisher("cam", FRAME)
    subscriber = shm_pub_sub.Subscriber("cam", FRAME, copy=False)
    publisher.publish(frame(1))
    view = subscriber.subscribe()[0]

    def steps() -> Generator[Any, None, None]:
        yield bool((view == 1).all())
        yield subscriber.subscribe()[1]

    child = fork_child(steps)
    publisher.close()
    subscriber.close()
    assert child.next() is True
    assert child.next() is False
    child.end()
    assert (view == 1).all()


def test_a_child_that_subscribes_anew_pins_by_itself(shm_dir: Path, fork_child: ForkChild) -> None:
    with (
        shm_pub_sub.Publisher("cam", FRAME, views=2) as publisher,
        shm_pub_sub.Subscriber("cam", FRAME, copy=False) as subscriber,
    ):
        publisher.publish(frame(1))
        kept = subscriber.subscribe()[0]

        def steps() -> Generator[Any, None, None]:
            nonlocal kept
            own = shm_pub_sub.Subscriber("cam", FRAME, copy=False)
            view = own.recv(20)
            kept = None
            yield view.base is not None and own.copied == 0
            while True:
                yield int(view.min()), int(view.max())

        child = fork_child(steps)
        publisher.publish(frame(2))
        assert child.next() is True
        assert pins(shm_dir, 2) == 2
        for number in range(3, 20):
            publisher.publish(frame(number))
        assert (kept == 1).all()
        assert child.next() == (2, 2)
        kept = None
        assert pins(shm_dir, 2) == 1
        child.kill()
        views = [subscriber.subscribe()[0] for _ in range(2)]
        assert subscriber.copied == 0, "the dead child's pin was not given back"
        assert all((view == 19).all() for view in views)


@pytest.mark.parametrize("used", [False, True], ids=["", "that used the library"])
def test_a_dead_parents_pins_are_given_back_although_a_child_lives(
    peer: Peer, orphans: list[int], used: bool
) -> None:
    with (
        shm_pub_sub.Publisher("cam", FRAME, views=1) as publisher,
        shm_pub_sub.Subscriber("cam", FRAME, copy=False) as subscriber,
    ):
        publisher.publish(frame(1))
        was_view, pid = peer.call(_array_programs.keep_view_and_fork, used)
        orphans.append(pid)
        assert was_view
        peer.kill()
        os.kill(pid, 0)  # it lives
        assert subscriber.subscribe()[0].base is not None


def test_a_child_of_a_reader_may_be_the_last_that_has_the_file(new_peer: NewPeer) -> None:
    """Pins of a file that has lost its name hinder nobody."""
    first = new_peer()
    with shm_pub_sub.Publisher("cam", FRAME, views=1) as publisher:
        publisher.publish(frame(1))
        assert first.call(_array_programs.keep_view)
    with (
        shm_pub_sub.Publisher("cam", FRAME, views=1) as publisher,
        shm_pub_sub.Subscriber("cam", FRAME, copy=False) as subscriber,
    ):
        publisher.publish(frame(2))
        assert (subscriber.recv(20) == 2).all()
        assert subscriber.copied == 0


@pytest.mark.parametrize("end", ["publish", "raise"])
def test_an_inherited_loan_stays_the_parents(fork_child: ForkChild, end: str) -> None:
    with (
        shm_pub_sub.Publisher("cam", FRAME) as publisher,
        shm_pub_sub.Subscriber("cam", FRAME) as subscriber,
    ):
        loan = publisher.loan()
        array = loan.__enter__()
        array[:] = 7

        def steps() -> Generator[Any, None, None]:
            yield int(array.min())
            if end == "publish":
                with pytest.raises(shm_pub_sub.ForkedError):
                    loan.__exit__(None, None, None)
            else:
                loan.__exit__(ValueError, ValueError(), None)
            with pytest.raises(shm_pub_sub.ForkedError):
                publisher.loan().__enter__()
            yield subscriber.subscribe()[1]

        child = fork_child(steps)
        assert child.next() == 7
        assert child.next() is False
        child.end()
        with pytest.raises(shm_pub_sub.LoanError):
            publisher.publish(FRAME)
        array[0] = 8
        loan.__exit__(None, None, None)
        found = subscriber.recv(20)
        assert (found[0] == 8).all()
        assert (found[1:] == 7).all()


def test_arrays_of_loans_stay_mapped_in_a_child(fork_child: ForkChild) -> None:
    publisher = shm_pub_sub.Publisher("cam", FRAME)
    with publisher.loan() as array:
        array[:] = 7
    holder = [array]
    del array

    def steps() -> Generator[Any, None, None]:
        publisher.close()
        yield int(holder[0].min())
        holder.clear()
        gc.collect()
        yield "dropped"

    child = fork_child(steps)
    assert child.next() == 7
    assert child.next() == "dropped"
    child.end()
    assert (holder[0] == 7).all()
    publisher.publish(frame(8))
    publisher.close()
    assert holder[0].shape == FRAME.shape
    assert int(holder[0].max()) in (7, 8)  # it is still mapped


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_multiprocessing_children_read_and_publish_arrays(peer: Peer, method: str) -> None:
    found = peer.call(_array_programs.double_in_child, method)
    assert found == [*[(n, 0, 2 * n) for n in range(1, 6)], 0]
    peer.finish()


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_views_are_sent_to_other_processes_as_copies(peer: Peer, method: str) -> None:
    found = peer.call(_array_programs.sums_of_views, method)
    assert found == [(FRAME.size * n, True) for n in range(1, 4)]
    peer.finish()


def test_a_child_that_is_killed_with_a_parents_view_leaves_it(
    shm_dir: Path, fork_child: ForkChild
) -> None:
    with (
        shm_pub_sub.Publisher("cam", FRAME, views=1) as publisher,
        shm_pub_sub.Subscriber("cam", FRAME, copy=False) as subscriber,
        shm_pub_sub.Subscriber("cam", FRAME, copy=False) as other,
    ):
        publisher.publish(frame(1))
        kept = [subscriber.subscribe()[0]]

        def steps() -> Generator[Any, None, None]:
            yield bool((kept[0] == 1).all())

        child = fork_child(steps)
        assert child.next() is True
        child.kill()
        assert other.subscribe()[0].base is None  # it sweeps, and finds that the parent lives
        assert pins(shm_dir, 1) == 1
        for number in range(2, 20):
            publisher.publish(frame(number))
        assert (kept[0] == 1).all()
        kept.clear()
        assert pins(shm_dir, 1) == 0
