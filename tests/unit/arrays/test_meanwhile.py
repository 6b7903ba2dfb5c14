"""Arrays in every way to wait, and what other threads do while a large one is copied."""

import array
import asyncio
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shm_pub_sub import ClosedError, Publisher, Subscriber, TopicTypeError, select
from support.layout import topic_file
from support.waiting import until

FRAME = np.zeros((40, 30, 3), np.uint8)
LARGE = np.zeros(1 << 18)  # 2 MiB: copied without the GIL


def test_every_way_to_wait_has_arrays() -> None:
    got: list[int] = []
    with (
        Publisher("cam", FRAME) as pub,
        Subscriber("cam", FRAME) as sub,
        Subscriber("cam", FRAME, callback=lambda value: got.append(int(value[0, 0, 0]))),
    ):
        pub.publish(FRAME + 1)
        until(lambda: got == [1])
        assert select([sub], 5) == [sub]
        assert (asyncio.run(sub.arecv(5)) == 1).all()
        assert select([sub], 0) == []
        assert sub.fileno() >= 0
        pub.publish(FRAME + 2)
        assert (next(sub) == 2).all()
        until(lambda: got == [1, 2])


@pytest.mark.parametrize("copy", [True, False])
@pytest.mark.parametrize("act", ["close", "set up again"])
def test_a_subscriber_ends_while_others_copy(copy: bool, act: str) -> None:
    with Publisher("topic", LARGE) as pub, Publisher("other", ""):
        pub.publish(LARGE + 1)
        for _ in range(10):
            sub: Any = Subscriber("topic", LARGE, copy=copy)
            read = threading.Event()
            wrong: list[Any] = []

            def reads(sub: Any = sub, read: Any = read, wrong: Any = wrong) -> None:
                into = np.empty_like(LARGE)
                try:
                    for _ in range(10_000):
                        found = sub.subscribe(into=into)[0], sub.subscribe()[0], sub.last(1)
                        read.set()
                        wrong += [v for v in found if not (len(v) and np.all(v == 1))]
                except ClosedError:
                    return

            thread = threading.Thread(target=reads)
            thread.start()
            assert read.wait(30)
            if act == "close":
                sub.close()
            else:
                sub.__init__("other", "")
                sub.close()
            thread.join(60)
            assert not thread.is_alive()
            assert all(isinstance(v, (str, list)) or len(v) == 0 for v in wrong)
        with Subscriber("topic", LARGE, copy=False) as last:
            views = [last.subscribe()[0] for _ in range(2)]
            assert last.copied == 0
            assert all(view.base is not None for view in views)


class OpenedAgainToo:
    """Another thread opens it again before the error of a call is worded."""

    def _refuse_element(self, *found: Any) -> Any:
        self.__init__("topic", np.zeros(2))  # type: ignore[misc]
        super()._refuse_element(*found)  # type: ignore[misc]

    def _refuse_buffer(self, *found: Any) -> Any:
        self.__init__("topic", "")  # type: ignore[misc]
        super()._refuse_buffer(*found)  # type: ignore[misc]


class ThatPublisher(OpenedAgainToo, Publisher[Any]):
    pass


class ThatSubscriber(OpenedAgainToo, Subscriber[Any]):
    pass


def test_an_error_is_of_the_type_that_the_call_met() -> None:
    with ThatPublisher("topic", [0]) as pub, pytest.raises(TopicTypeError, match="an int"):
        pub.publish(["2"])
    with ThatSubscriber("topic", 0) as sub, pytest.raises(TopicTypeError, match="format 'q'"):
        sub.drain(into=array.array("d", [0.0]))


def test_threads_share_a_subscriber_of_arrays() -> None:
    words = np.zeros(20_000, np.int64)
    with Publisher("words", words, 5) as pub, Subscriber("words", words) as sub:
        seen: list[list[int]] = [[], []]

        def take(mine: list[int]) -> None:
            while not mine or mine[-1] != 0:
                value = sub.recv(30)
                assert (value == value[0]).all()
                mine.append(int(value[0]))

        threads = [threading.Thread(target=take, args=(mine,)) for mine in seen]
        for thread in threads:
            thread.start()
        for number in range(1, 500):
            pub.publish(words + number)
        while any(thread.is_alive() for thread in threads):
            pub.publish(words)
        for thread in threads:
            thread.join()
        numbers = [n for mine in seen for n in mine if n]
        assert len(numbers) == len(set(numbers))
        for mine in seen:
            assert mine[:-1] == sorted(mine[:-1])


def test_a_name_that_is_none_of_a_file_for_a_moment_costs_no_view_later(shm_dir: Path) -> None:
    value = np.zeros(1000)
    with Publisher("topic", value) as pub, Subscriber("topic", value, copy=False) as sub:
        pub.publish(value)
        path, other = topic_file(shm_dir), shm_dir / "other"
        path.rename(other)
        path.symlink_to(other)
        assert sub.subscribe()[1]
        assert sub.copied == 1, "it cannot be opened for writing"
        other.replace(path)

        def is_a_view() -> bool:
            copied = sub.copied
            return sub.subscribe()[1] and sub.copied == copied

        until(is_a_view, "a view again", 10.0)
