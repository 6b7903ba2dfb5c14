"""The publisher's side of the eventcount, on which subscribers wait.

A waiter is played by hand: the word of page 0 is epoch << 1 | somebody waits.
"""

import ctypes
import mmap
import platform
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from shm_pub_sub import Publisher, Subscriber
from support.waiting import until

SYS_FUTEX = {"x86_64": 202, "aarch64": 98}
FUTEX_WAIT = 0


@contextmanager
def wait_page(domain: Path) -> Iterator[mmap.mmap]:
    (file,) = domain.iterdir()
    with file.open("r+b") as opened, mmap.mmap(opened.fileno(), 4096) as page:
        yield page


def word(page: mmap.mmap) -> int:
    found: int = struct.unpack_from("<I", page)[0]
    return found


def test_publish_leaves_the_word_alone_while_nobody_waits(shm_dir: Path) -> None:
    with Publisher("topic", 0) as pub, wait_page(shm_dir) as page:
        for epoch in (0, 7):
            struct.pack_into("<I", page, 0, epoch << 1)
            pub.publish(1)
            assert word(page) == epoch << 1


@pytest.mark.parametrize("epoch", [0, 1, 2**31 - 1])
def test_publish_moves_the_epoch_on_when_somebody_waits(shm_dir: Path, epoch: int) -> None:
    with Publisher("topic", 0.0) as pub, wait_page(shm_dir) as page:
        struct.pack_into("<I", page, 0, epoch << 1 | 1)
        pub.publish(1.5)
        assert word(page) == (epoch + 1) << 1 & 0xFFFFFFFF
        pub.publish(1.5)
        assert word(page) == (epoch + 1) << 1 & 0xFFFFFFFF


def asleep(thread_id: int) -> bool:
    """Report whether that thread of this process waits in futex(2)."""
    call = Path(f"/proc/self/task/{thread_id}/syscall").read_text().split()[0]
    return call in {str(number) for number in SYS_FUTEX.values()}


@pytest.mark.parametrize("what", ["publish", "close"])
def test_sleeping_waiter_is_woken(shm_dir: Path, what: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    number = SYS_FUTEX[platform.machine()]
    with Publisher("topic", True) as pub, wait_page(shm_dir) as page:
        address = ctypes.addressof(ctypes.c_char.from_buffer(page))
        struct.pack_into("<I", page, 0, 1)
        results: list[int] = []
        limit = struct.pack("qq", 30, 0)

        def wait() -> None:
            results.append(libc.syscall(number, ctypes.c_void_p(address), FUTEX_WAIT, 1, limit))

        waiter = threading.Thread(target=wait)
        waiter.start()
        until(lambda: waiter.native_id and asleep(waiter.native_id))
        pub.publish(True) if what == "publish" else pub.close()
        waiter.join(20)
        assert results == [0], "woken, not timed out"


def test_closing_sends_this_subscribers_own_waiter_away_and_no_other(shm_dir: Path) -> None:
    with Publisher("topic", 0) as pub, wait_page(shm_dir) as page:
        subs = [Subscriber("topic", 0) for _ in range(2)]
        received: list[list[int]] = [[], []]
        threads = [threading.Thread(target=received[n].extend, args=(subs[n],)) for n in range(2)]
        for thread in threads:
            thread.start()
            until(lambda t=thread: t.native_id and asleep(t.native_id))
        before = word(page)
        assert before & 1
        subs[0].close()
        threads[0].join(20)
        assert not threads[0].is_alive()
        # Another epoch, in which somebody still waits: a kill here would cost nobody a wake-up.
        assert word(page) == before + 2
        # It looks again between its slices.
        until(lambda: asleep(threads[1].native_id or 0))
        pub.publish(7)
        until(lambda: received[1] == [7])
        subs[1].close()
        threads[1].join(20)
        assert received == [[], [7]]
