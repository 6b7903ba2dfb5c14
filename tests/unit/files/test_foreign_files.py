"""A file that is not a topic, under a topic's name."""

import os
import random
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from shm_pub_sub import LayoutError, Publisher, Subscriber, inspect, remove, topics
from support.layout import HEADER, topic_file

from ._probe import Prober, assert_nothing_is_read, assert_taken_over


def make_directory(path: Path) -> None:
    path.mkdir()
    path.joinpath("inside").touch()


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(path.parent)  # a socket's path is short
        try:
            listener.bind(path.name)
        finally:
            os.chdir(here)


def make_device(path: Path) -> None:
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))  # /dev/zero's
    except PermissionError:
        pytest.skip("only root can make a device")


NOT_REGULAR: dict[str, Callable[[Path], None]] = {
    "a directory": make_directory,
    "a FIFO": os.mkfifo,
    "a socket": make_socket,
    "a dangling link": lambda path: path.symlink_to(path.parent / "nowhere"),
    "a link to itself": lambda path: path.symlink_to(path),
    "a link to a directory": lambda path: path.symlink_to(path.parent),
    "a link to a device": lambda path: path.symlink_to("/dev/zero"),
    "a device": make_device,
}


@pytest.mark.shm_leaves_files("none of these is ours to remove")
@pytest.mark.parametrize("make", NOT_REGULAR.values(), ids=NOT_REGULAR)
def test_what_is_no_regular_file_is_a_clear_error_and_stays(
    make: Callable[[Path], None], shm_dir: Path, probe: Prober
) -> None:
    path = topic_file(shm_dir)
    make(path)
    before = path.lstat()
    outcomes = probe(path)
    assert_nothing_is_read(outcomes)
    assert outcomes["late"].kind == "error"
    assert outcomes["late"].name == "LayoutError"
    assert "regular file" in outcomes["late"].value
    assert outcomes["inspect"].name == "LayoutError"
    assert outcomes["topics"].value == []
    assert outcomes["early alive"].value is False
    assert outcomes["publish"].kind == "error"
    assert outcomes["publish"].value.startswith("Failed to create shared memory: ")
    assert outcomes["publish"].name == "CreateError", "what the class's documentation promises"
    assert path.lstat().st_ino == before.st_ino


@pytest.mark.shm_leaves_files("the symbolic link")
def test_link_to_another_topic_is_not_followed(shm_dir: Path, probe: Prober) -> None:
    with Publisher("other", 0.0, retain=True) as other, Subscriber("other", 0.0) as sub:
        other.publish(1.5)
        topic_file(shm_dir).symlink_to(topic_file(shm_dir, "other"))
        outcomes = probe(topic_file(shm_dir))
        assert_nothing_is_read(outcomes)
        assert outcomes["publish"].kind == "error"
        other.publish(2.5)
        assert sub.subscribe() == (2.5, True)
        assert topic_file(shm_dir, "other").is_file()


def test_directory_that_is_empty_is_not_replaced(shm_dir: Path, probe: Prober) -> None:
    path = topic_file(shm_dir)
    path.mkdir()
    assert probe(path)["publish"].kind == "error"
    path.rmdir()


def junk(size: int) -> bytes:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    return random.Random(seed).randbytes(size)


EMPTY = bytes(HEADER)
CONTENTS = [b"", b"\0", b"hello\n", b"SHMPUBSB", EMPTY, 3 * EMPTY, b"\xff" * 3 * HEADER]
CONTENTS += [EMPTY + b"SHMPUBSB", EMPTY + b"SHMPUBSB" * 1000]


@pytest.mark.parametrize("content", [*CONTENTS, junk], ids=range(10))
def test_foreign_file_is_never_read_and_taken_over(
    content: bytes | Callable[[int], bytes], shm_dir: Path, probe: Prober
) -> None:
    path = topic_file(shm_dir)
    path.write_bytes(content if isinstance(content, bytes) else content(5 * HEADER))
    outcomes = probe(path)
    assert_nothing_is_read(outcomes)
    assert outcomes["late"].name == "LayoutError"
    assert outcomes["inspect"].name == "LayoutError"
    assert outcomes["topics"].value == []
    assert_taken_over(outcomes)
    assert not path.exists()


def test_error_about_a_foreign_file_says_what_was_found_and_what_to_do(shm_dir: Path) -> None:
    path = topic_file(shm_dir)
    path.write_bytes(b"hello\n")
    for use in (lambda: Subscriber("topic", 0), lambda: inspect("topic")):
        with pytest.raises(LayoutError) as caught:
            use()
        text = str(caught.value)
        assert isinstance(caught.value, RuntimeError)
        assert text.startswith("Failed to open shared memory: ")
        for words in ("found 6 bytes", "expected", "remove", str(path)):
            assert words in text
    remove("topic")
    assert not path.exists()


@pytest.mark.shm_leaves_files("files that are not ours")
def test_files_with_other_names_are_no_topics(shm_dir: Path) -> None:
    for name in ("shm_pub_sub.", "shm_pub_sub.a/b".replace("/", "%2f"), "shm_pub_sub.%41", "other"):
        shm_dir.joinpath(name).touch()
    shm_dir.joinpath("shm_pub_sub.%ff").touch()
    shm_dir.joinpath("shm_pub_sub.%FF").touch()  # no UTF-8
    with Publisher("topic", 0):
        assert [topic.name for topic in topics()] == ["topic"]
