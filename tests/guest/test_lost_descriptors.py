"""A program closes the library's descriptors, or gives their numbers to other files.

Daemons close all descriptors and open others, which get the numbers. The library goes on with what
it has mapped, and neither reads, writes, unlocks nor closes what is not its own.
"""

from pathlib import Path

import pytest
from support.programs import Check

HARNESS = """
import fcntl, gc, os, select, struct, sys, time, warnings
from shm_pub_sub import ExistsError, Publisher, Subscriber
warnings.simplefilter("ignore", DeprecationWarning)  # of fork
DOMAIN = os.environ["SHM_PUB_SUB_DIR"]

def path(topic):
    return f"{DOMAIN}/shm_pub_sub.{topic}"

def identity(fd):
    st = os.fstat(fd)
    return st.st_dev, st.st_ino

def descriptors(topic, access):
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            same = os.path.samestat(os.fstat(int(name)), os.stat(path(topic)))
            if same and fcntl.fcntl(int(name), fcntl.F_GETFL) & os.O_ACCMODE == access:
                found.append(int(name))
        except OSError:
            pass
    return found

def locked(file):
    "Whether byte 0 is, as somebody else sees it."
    asking = os.open(file, os.O_RDONLY)
    ask = struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, 0, 1, 0)
    answer = fcntl.fcntl(asking, fcntl.F_OFD_GETLK, ask)
    os.close(asking)
    return struct.unpack("hhqqi4x", answer)[0] != fcntl.F_UNLCK

# Each takes fd from its holder; its result checks that the number's new file is untouched.
def closed(fd):
    os.close(fd)
    return lambda: None

def give(fd, new):
    os.dup2(new, fd)
    was = identity(fd)
    def check():
        assert identity(fd) == was
    return check

def plain(fd):
    file = os.memfd_create("plain")
    os.write(file, b"0123456789")
    os.lseek(file, 5, os.SEEK_SET)
    lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0)
    fcntl.fcntl(file, fcntl.F_OFD_SETLK, lock)
    same = give(fd, file)
    def check():
        same()
        assert locked(f"/proc/self/fd/{fd}")
        assert os.lseek(fd, 0, os.SEEK_CUR) == 5 and os.pread(fd, 99, 0) == b"0123456789"
    return check

def another_publisher(fd):
    global other
    other = Publisher("other", 0)
    same = give(fd, *descriptors("other", os.O_RDWR))
    def check():
        same()
        assert locked(path("other"))
    return check

def reader(fd):
    "Of the same file."
    return give(fd, os.open(path("topic"), os.O_RDONLY))

def eventfd(fd):
    import ctypes
    event = ctypes.CDLL(None).eventfd(7, os.O_NONBLOCK)
    os.dup2(event, fd)
    def check():
        assert os.read(fd, 8) == struct.pack("Q", 7), "it was read or written"
        os.write(fd, struct.pack("Q", 7))
    return check

def epoll(fd):
    mine = select.epoll()
    readable, writable = os.pipe()
    mine.register(readable, select.EPOLLIN)
    os.dup2(mine.fileno(), fd)
    os.write(writable, b"x")
    number = select.epoll.fromfd(fd)
    def check():
        assert number.poll(5) == [(readable, select.EPOLLIN)], "closed"
    return check

lose = globals()[sys.argv[1]]
"""

PUBLISHER = """
retain, end = sys.argv[2] == "retain", sys.argv[3]
held = [Publisher("topic", 0, retain=retain)]
held[0].publish(1)
subscriber = Subscriber("topic", -1)
(fd,) = descriptors("topic", os.O_RDWR)
untouched = lose(fd)
try:
    Publisher("topic", 0)
except ExistsError:
    pass  # the mapping holds the lock
else:
    raise AssertionError("two publishers")
assert subscriber.publisher_alive
held[0].publish(2)
assert subscriber.subscribe() == (2, True)
if end == "fork":
    pid = os.fork()
    if pid == 0:
        assert held[0].closed
        untouched()
        held.clear()
        untouched()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert subscriber.publisher_alive, "the child took it away"
    assert not held[0].closed
    end = "close"
if end == "exit":
    import atexit
    atexit.register(untouched)
    sys.exit()
if end == "close":
    held[0].close()
held.clear()
untouched()
assert not subscriber.publisher_alive
assert subscriber.subscribe() == ((2, True) if retain else (-1, False))
with Publisher("topic", 0.5):  # free
    pass
untouched()
"""
FILES = ["closed", "plain", "another_publisher", "reader"]


@pytest.mark.parametrize("end", ["close", "collect", "fork", "exit"])
@pytest.mark.parametrize("retain", ["retain", "forget"])
@pytest.mark.parametrize("fate", FILES)
def test_publisher_takes_its_own_file_and_nobody_elses_descriptor(
    fate: str, retain: str, end: str, check_python: Check, shm_dir: Path
) -> None:
    check_python(HARNESS + PUBLISHER, fate, retain, end)
    left = [file.name for file in shm_dir.iterdir()]
    assert left == (["shm_pub_sub.topic"] if (retain, end) == ("retain", "exit") else [])
    for file in shm_dir.iterdir():
        file.unlink()


SUBSCRIBER = """
publisher = Publisher("topic", 0, 8)
publisher.publish_many([1, 2, 3])
subscriber = Subscriber("topic", -1, history=8)
assert subscriber.recv() == 1
(fd,) = descriptors("topic", os.O_RDONLY)
untouched = lose(fd)
assert subscriber.publisher_alive
end = time.monotonic() + 0.2
while time.monotonic() < end:
    assert subscriber.subscribe() == (3, True)
assert subscriber.drain() == [2, 3] and subscriber.lost == 0
publisher.publish(4)
assert subscriber.recv(5) == 4
publisher.close()
assert not subscriber.publisher_alive
with Publisher("topic", 0) as publisher:
    publisher.publish(5)
    assert subscriber.recv(5) == 5
subscriber.close()
untouched()
"""


@pytest.mark.parametrize("fate", ["closed", "plain", "another_publisher"])
def test_subscriber_asks_for_its_own_publisher_and_reads_on(fate: str, check_python: Check) -> None:
    check_python(HARNESS + SUBSCRIBER, fate)


# Two publications: the watcher signals the first, and would the second had the reader armed again.
FILENO = """
publisher = Publisher("topic", 0, 8)
subscriber = Subscriber("topic", -1)
fd = subscriber.fileno()
held = subscriber._hold() if sys.argv[2] == "held" else None
untouched = lose(fd)
poll = select.poll()
for value in (1, 2):
    publisher.publish(value)
    time.sleep(0.01)  # the watcher's turn, which ends in nothing to be seen
    assert subscriber.try_recv() == value and subscriber.try_recv() is None
    untouched()
if sys.argv[2] == "fork":
    pid = os.fork()
    if pid == 0:
        untouched()
        assert subscriber.try_recv() is None
        untouched()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    untouched()
else:
    again = subscriber.fileno()
    poll.register(again, select.POLLIN)
    publisher.publish(3)
    assert poll.poll(20000)
    assert subscriber.try_recv() == 3
subscriber.close()
held = None
gc.collect()
untouched()
"""


@pytest.mark.parametrize("how", ["plainly", "held", "fork"])
@pytest.mark.parametrize("fate", ["closed", "plain", "another_publisher", "eventfd", "epoll"])
def test_fileno_rings_and_closes_only_its_own_bell(
    fate: str, how: str, check_python: Check
) -> None:
    check_python(HARNESS + FILENO, fate, how)


def test_each_bell_has_an_inode_of_its_own(check_python: Check) -> None:
    check_python(
        HARNESS.replace("lose =", "#")
        + """
held = [select.epoll(), *(Subscriber(f"topic/{n}", 0) for n in range(20))]
assert len({identity(each.fileno()) for each in held}) == 21
"""
    )
