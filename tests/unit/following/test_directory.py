"""Names that change in a directory: one inotify for all followers, or scans without one."""

import errno
import gc
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from shm_pub_sub import (
    ClosedError,
    Follow,
    OpenError,
    Publisher,
    WaitTimeoutError,
    follow,
    remove,
)
from shm_pub_sub._directory import topic_of
from shm_pub_sub._hot import Poll
from shm_pub_sub._topics import file_of
from support import programs
from support.forked import ForkChild
from support.namespaces import launcher
from support.programs import Check

LONG = 30.0


@pytest.fixture
def followers() -> Iterator[list[Follow]]:
    made: list[Follow] = []
    yield made
    for follower in made:
        follower.close()


def receive(follower: Follow) -> tuple[str, Any]:
    name, sample = follower.recv(LONG)
    return name, sample.value


def sees(follower: Follow, name: str, directory: Path | None = None) -> None:
    """Assert that the follower sees a new topic."""
    with Publisher(name, 0, directory=directory) as pub:
        pub.publish(1)
        assert receive(follower) == (name, 1)


def inotifies() -> int:
    gc.collect()
    return links().count("anon_inode:inotify")


def links() -> list[str]:
    """What this process's descriptors are."""
    found = []
    for path in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the iteration's own
            found.append(str(path.readlink()))
    return found


def scans(follower: Follow) -> bool:
    return not follower._follower._names.watched


def test_followers_of_a_directory_share_one_inotify(
    followers: list[Follow], tmp_path: Path
) -> None:
    before = inotifies()
    followers += [follow(), follow("a*"), follow(newest=True)]
    assert inotifies() == before + 1
    followers.append(follow(directory=tmp_path))
    assert inotifies() == before + 2
    for follower in followers[:3]:
        sees(follower, "a")
    sees(followers[3], "a", tmp_path)
    for closed in (1, 0, 3):
        followers[closed].close()
    assert inotifies() == before + 1
    sees(followers[2], "b")
    followers[2].close()
    assert inotifies() == before


def test_each_listener_gets_each_name_whoever_reads(tmp_path: Path) -> None:
    polls = [Poll() for _ in range(3)]
    for poll in polls:
        poll.join(os.fsencode(tmp_path))
        assert poll.names() is None, "what is there already"
        assert poll.wait(0) == []
    (tmp_path / "shm_pub_sub.a").touch()
    assert [len(poll.wait(1)) for poll in polls] == [1, 1, 1]
    (tmp_path / "other").touch()
    (tmp_path / "shm_pub_sub.a").rename(tmp_path / "shm_pub_sub.b")
    assert polls[0].names() == {b"shm_pub_sub.a", b"shm_pub_sub.b"}
    assert polls[0].wait(0) == []
    for poll in polls[1:]:
        assert len(poll.wait(0)) == 1
        assert poll.names() == {b"shm_pub_sub.a", b"shm_pub_sub.b"}
        assert (poll.wait(0), poll.names()) == ([], set())


@pytest.mark.parametrize("name", ["a", "robot/arm", "ü", "a b", "100%", "a[1]", "~-._", "x" * 243])
def test_file_names_are_decoded_as_go_does(name: str, shm_dir: Path) -> None:
    file = Path(file_of(str(shm_dir), name)).name
    assert topic_of(str(shm_dir), os.fsencode(file)) == name


@pytest.mark.parametrize("file", ["", "%2f", "%61", "%", "%2", "%FF", "a/b", "%00", "x" * 260])
def test_other_files_are_no_topics(file: str, shm_dir: Path) -> None:
    assert topic_of(str(shm_dir), os.fsencode(f"shm_pub_sub.{file}")) is None


def test_a_directory_that_comes_and_goes(
    followers: list[Follow], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    below = tmp_path / "below"
    follower = follow(directory=below)
    followers.append(follower)
    for _ in range(3):
        below.mkdir()
        sees(follower, "topic", below)
        sees(follower, "topic", below)
        assert not scans(follower)
        below.rmdir()
        with pytest.raises(WaitTimeoutError):
            follower.recv(0.01)
    assert not caplog.messages


def test_a_directory_that_is_moved_away(followers: list[Follow], tmp_path: Path) -> None:
    below = tmp_path / "below"
    below.mkdir()
    follower = follow(directory=below)
    followers.append(follower)
    sees(follower, "topic", below)
    below.rename(tmp_path / "other")
    below.mkdir()
    sees(follower, "topic", below)


def test_a_link_that_comes_to_point_elsewhere(
    followers: list[Follow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shm_pub_sub._directory.CHECK", 0.01)
    link = tmp_path / "link"
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    link.symlink_to("one")
    follower = follow(directory=link)
    followers.append(follower)
    sees(follower, "topic", tmp_path / "one")
    link.unlink()
    link.symlink_to("two")
    sees(follower, "topic", tmp_path / "two")
    assert not scans(follower)


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENOSPC])
def test_without_inotify_it_scans_and_says_so_once(
    number: int,
    followers: list[Follow],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    attempts = []

    def refused(_poll: Poll, _path: bytes) -> None:
        attempts.append(number)
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as without, caplog.at_level(logging.WARNING, "shm_pub_sub"):
        without.setattr("shm_pub_sub._directory.watch", refused)
        without.setattr("shm_pub_sub._directory.RETRY", 0.01)
        follower = follow()
        followers.append(follower)
        for n in range(3):
            sees(follower, f"topic/{n}")
        assert scans(follower)
    assert len(attempts) > 1
    (message,) = caplog.messages
    assert f"inotify: {os.strerror(number)}; looking at the directory every 0.1 s" in message
    while scans(follower):
        with pytest.raises(WaitTimeoutError):
            follower.recv(0.01)
    sees(follower, "topic")


def test_no_topic_is_lost_while_the_directory_cannot_be_listed(
    followers: list[Follow], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_directory: str) -> list[str]:
        raise OpenError("too many open files")

    with Publisher("topic", 0, 9, retain=True) as pub:
        pub.publish(1)
    with monkeypatch.context() as full:
        full.setattr("shm_pub_sub._follow.topic_names", refused)
        followers.append(late := follow())
        assert late.topics == []
    assert receive(late) == ("topic", 1)
    with monkeypatch.context() as full:
        full.setattr("shm_pub_sub._follow.topic_names", refused)
        full.setattr("shm_pub_sub._taking.FORGET", 0.0)
        late._follower._rescan = True
        with pytest.raises(WaitTimeoutError):
            late.recv(0.01)
        assert late.topics == ["topic"]
    with pytest.raises(WaitTimeoutError):
        late.recv(0.6)  # it lists the directory again, and finds nothing new
    remove("topic")


WITHOUT = """
import logging, pathlib, sys
logging.basicConfig(stream=sys.stdout, format="%(message)s")
pathlib.Path("/proc/sys/user/max_inotify_instances").write_text("0")
from shm_pub_sub import Publisher, follow
with follow() as follower, Publisher("topic", 0) as pub:
    pub.publish(1)
    print(follower.recv(30)[1].value)
"""


def test_a_user_without_inotify_instances_follows_by_scans() -> None:
    ended = programs.run(*launcher("-Ur"), sys.executable, "-c", WITHOUT)
    assert (ended.returncode, ended.stderr) == (0, "")
    message, value = ended.stdout.splitlines()
    assert "inotify: Too many open files; looking at the directory every 0.1 s" in message
    assert value == "1"


def test_an_overflow_of_the_queue_costs_one_scan(followers: list[Follow], shm_dir: Path) -> None:
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    follower = follow()
    followers.append(follower)
    files = [shm_dir / f"shm_pub_sub.{n}" for n in range(2)]
    files[0].touch()
    for n in range(most + 10):  # two different names, as equal events in a row are one
        files[n % 2].rename(files[1 - n % 2])
    for file in files:
        file.unlink(missing_ok=True)
    sees(follower, "topic")
    assert not scans(follower)


def watching() -> list[str]:
    """The descriptors of epoll and eventfd; other libraries' too."""
    return sorted(link for link in links() if "eventpoll" in link or "eventfd" in link)


def test_a_child_that_is_forked_while_a_thread_waits(
    followers: list[Follow], fork_child: ForkChild
) -> None:
    before = watching()
    waiting, found = follow("parent"), follow("both")
    followers += [waiting, found]
    received: list[tuple[str, Any]] = []
    thread = threading.Thread(target=lambda: received.append(receive(waiting)))
    thread.start()
    while not waiting._receivers:
        pass

    def steps() -> Iterator[Any]:
        yield inotifies()
        yield receive(found)
        yield inotifies()
        found.close()
        yield inotifies()
        waiting.close()
        yield watching()

    child = fork_child(steps)
    assert child.next() == 0, "the parent's would take the parent's events"
    with Publisher("both", 0) as pub:
        pub.publish(1)
        assert receive(found) == child.next() == ("both", 1)
    assert child.next() == 1
    assert child.next() == 0
    assert child.next() == before
    with Publisher("parent", 0) as pub:
        pub.publish(1)
        thread.join(LONG)
    assert received == [("parent", 1)]


LOST = """
import logging, os, sys, tempfile
from shm_pub_sub import Publisher, follow
logging.basicConfig(stream=sys.stderr)
follower = follow()
with Publisher("early", 0, 9) as early:
    early.publish(1)
    assert follower.recv(30)[1].value == 1
    os.closerange(3, 256)
    files = [os.open(tempfile.mkstemp()[1], os.O_RDWR) for _ in range(int(sys.argv[1]))]
    with Publisher("late", 0) as late:
        late.publish(2)
        assert follower.recv(30)[1].value == 2
        early.publish(3)
        assert follower.recv(30)[1].value == 3
    follower.close()
    for file in files:
        assert os.fstat(file).st_size == 0
        os.unlink(os.readlink(f"/proc/self/fd/{file}"))
"""

LOST_TO_OTHERS = """
import gc, os, select
from shm_pub_sub import Publisher, follow
follower = follow()
os.closerange(3, 256)
epolls = [select.epoll() for _ in range(40)]
read, write = os.pipe()
for epoll in epolls:
    epoll.register(read)
with Publisher("topic", 0) as pub:
    pub.publish(1)
    assert follower.recv(30)[1].value == 1
    assert follower._follower.poll.fileno() not in [epoll.fileno() for epoll in epolls]
    follower.close()
del follower
gc.collect()
os.write(write, b"x")
for epoll in epolls:
    assert epoll.poll(0) == [(read, select.EPOLLIN)]
"""


@pytest.mark.parametrize("others", [0, 40])
def test_a_program_that_closes_all_descriptors_follows_on(check_python: Check, others: int) -> None:
    assert check_python(LOST, others) == ""


def test_another_epoll_that_has_the_follower_s_number_is_left_alone(check_python: Check) -> None:
    check_python(LOST_TO_OTHERS)


def test_a_poll_is_closed_once_nothing_refers_to_it(tmp_path: Path) -> None:
    poll = Poll()
    poll.join(os.fsencode(tmp_path))
    fd = poll.fileno()
    poll.close()
    assert str(Path(f"/proc/self/fd/{fd}").readlink()) == "anon_inode:[eventpoll]"
    with pytest.raises(ValueError, match="closed"):
        poll.wait(0)
    del poll
    assert not Path(f"/proc/self/fd/{fd}").is_symlink()


def test_a_poll_checks_what_it_is_given(tmp_path: Path) -> None:
    poll = Poll()
    with pytest.raises(FileNotFoundError):
        poll.join(os.fsencode(tmp_path / "none"))
    with pytest.raises(NotADirectoryError):
        poll.join(b"/dev/null")
    with pytest.raises(TypeError, match="expected bytes"):
        poll.join("text")  # type: ignore[arg-type]
    with pytest.raises(OSError, match="Bad file"):
        poll.add(-1)
    with pytest.raises(OSError, match="Bad file"):
        poll.add("text")  # type: ignore[arg-type]


def test_no_room_for_an_epoll_is_an_error(check_python: Check) -> None:
    check_python(
        """
import resource, shm_pub_sub
shm_pub_sub.topics()
from shm_pub_sub import follow
resource.setrlimit(resource.RLIMIT_NOFILE, (4, 4))
try:
    follow()
except OSError as error:
    assert error.errno == 24, error
else:
    raise AssertionError
"""
    )


def test_closed_is_an_error_that_says_so(followers: list[Follow]) -> None:
    follower = follow("a")
    follower.close()
    with pytest.raises(ClosedError, match="'a'"):
        follower.fileno()
