"""A reader that may not write to the topic's file pins nothing, and copies as well as it can."""

from pathlib import Path

import numpy as np
import pytest
from shm_pub_sub import Publisher
from support.counts import LAPPED_SECONDS
from support.programs import Check, Start

from ..files._users import BECOME, GROUP, OUTSIDER, OWNER, needs_root, who

pytestmark = [needs_root, pytest.mark.shm_leaves_files]  # of publishers that are killed

READER = (
    BECOME.replace("import logging", "import numpy as np, logging")
    + """
default = np.zeros(int(sys.argv[2]), np.int64)
options = dict(directory=os.environ["SHM_PUB_SUB_DIR"], trust=int(sys.argv[3]))
"""
)

WRITER = (
    BECOME.replace("import logging", "import numpy as np, logging")
    + """
value = np.zeros(int(sys.argv[2]), np.int64)
pub = Publisher("words", value, buffer_num=int(sys.argv[3]), mode=0o644)
print("ready", flush=True)
number = 0
while True:
    number += 1
    value[:] = number
    pub.publish(value)
"""
)


# Values whose chunks nobody fills: more of them than could be copied.
FASTER = (
    BECOME.replace("import logging", "import mmap, numpy as np, logging")
    + """
value = np.zeros(4_000_000, np.int64)
pub = Publisher("words", value, buffer_num=1, views=0, mode=0o644)
pub.publish(value)
with open(os.environ["SHM_PUB_SUB_DIR"] + "/shm_pub_sub.words", "r+b") as file:
    header = np.frombuffer(mmap.mmap(file.fileno(), 4096, offset=65536), np.uint64)
head, slots = header[16:17], header[32:40].reshape(2, 4)
slots[0, 2:] = slots[1, 2:]
print("ready", flush=True)
for k in range(2, 10**9):
    slot = slots[k % 2]
    slot[0] = 2 * k - 1
    slot[1] = time.monotonic_ns()
    slot[0] = 2 * k
    head[0] = k
"""
)


@pytest.fixture(autouse=True)
def _open_to_all(shm_dir: Path) -> None:
    shm_dir.chmod(0o1777)


def test_views_are_copies_that_count(check_python: Check) -> None:
    with Publisher("words", np.zeros(5000, np.int64), mode=0o644) as pub:
        pub.publish(np.full(5000, 7))
        read = """
with Subscriber("words", default, copy=False, **options) as sub:
    for value in (sub.subscribe()[0], sub.recv(), sub.last(1)[0]):
        assert (value == 7).all()
    assert not sub.subscribe()[0].flags.writeable
    print(sub.copied)
"""
        assert check_python(READER + read, who(OUTSIDER, GROUP), "5000", "0") == "3\n"


@pytest.mark.parametrize("length", [100, 5000, 200_000])
def test_no_copy_is_torn_and_what_is_skipped_is_lost(
    start_python: Start, check_python: Check, length: int
) -> None:
    owner = who(OWNER, GROUP)
    writer = start_python(WRITER, owner, str(length), "10")
    assert writer.line() == "ready"
    read = """
into = np.empty_like(default)
with Subscriber("words", default, **options) as sub:
    seen = last = 0
    for turn in range(300):
        value = [lambda: sub.recv(10), lambda: sub.recv(10, into=into)][turn % 2]()
        assert (value == value[0]).all(), value
        assert value[0] > last
        last, seen = int(value[0]), seen + 1
        newest, ok = sub.subscribe()
        assert (newest == newest[0]).all()
        several = sub.last(3)
        assert (several == several[:, :1]).all()
        assert (np.diff(several[:, 0]) == 1).all()
    print(sub.lost > 0 or seen == last)
"""
    assert check_python(READER + read, who(OUTSIDER, GROUP), str(length), str(OWNER)) == "True\n"


def test_a_reader_that_is_lapped_for_ever_ends_its_call(
    start_python: Start, check_python: Check
) -> None:
    writer = start_python(FASTER, who(OWNER, GROUP))
    assert writer.line() == "ready"
    # On a busy machine the publisher may stop for as long as a copy takes.
    read = """
lapped = 0
with Subscriber("words", default, **options) as sub:
    for read in (sub.subscribe, sub.sample, sub.try_recv, sub.drain, lambda: sub.last(2)):
        try:
            read()
        except OpenError as error:
            assert "overwritten" in str(error) and "larger buffer_num" in str(error), error
            lapped += 1
    try:
        sub.recv(0.3)
    except WaitTimeoutError:
        lapped += 1
print(lapped)
"""
    printed = check_python(READER + read, who(OUTSIDER, GROUP), "4000000", str(OWNER), timeout=60)
    assert 0 <= int(printed) <= 6


def test_an_interrupt_ends_the_call(start_python: Start) -> None:
    writer = start_python(FASTER, who(OWNER, GROUP))
    assert writer.line() == "ready"
    read = """
with Subscriber("words", default, **options) as sub:
    try:
        print("reading", flush=True)
        while True:
            sub.recv()
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""
    reader = start_python(READER + read, who(OUTSIDER, GROUP), "4000000", str(OWNER))
    assert reader.line() == "reading"
    assert reader.interrupt()[-1] == "interrupted"


def test_frames_from_a_fast_publisher_are_whole_or_refused_until_an_interrupt(
    start_python: Start,
) -> None:
    owner = who(OWNER, GROUP)
    writer = start_python(WRITER, owner, str(6 << 17), "1")
    assert writer.line() == "ready"
    read = """
end = time.monotonic() + float(sys.argv[4])
whole = lapped = 0
with Subscriber("words", default, **options) as sub:
    reads = (sub.subscribe, sub.sample, sub.try_recv, sub.drain, lambda: sub.last(1))
    while time.monotonic() < end:
        for read in reads:
            try:
                found = read()
            except OpenError:
                lapped += 1
                continue
            value = getattr(found, "value", found)
            value = value[0] if isinstance(value, tuple) else value
            for frame in value if isinstance(value, list) or np.ndim(value) == 2 else [value]:
                if frame is not None:
                    assert (frame == frame[0]).all()
                    whole += 1
    try:
        print(whole + lapped > 0, flush=True)
        while True:
            sub.recv()
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""
    words = who(OUTSIDER, GROUP), str(6 << 17), str(OWNER), str(LAPPED_SECONDS)
    reader = start_python(READER + read, *words)
    assert reader.line() == "True"
    assert reader.interrupt()[-1] == "interrupted"
