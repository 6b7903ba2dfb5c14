"""Shared memory that is full or impossible: an error with a remedy when a topic is created."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from shm_pub_sub import CreateError, OpenError, Publisher, ShmError, Subscriber, remove, topics
from support.layout import HEADER
from support.programs import Check, Run

from .conftest import Mount, remount_read_only

PREFIX = "^Failed to create shared memory: "


def check_create_error(error: BaseException, *words: str) -> None:
    assert isinstance(error, CreateError)
    assert isinstance(error, RuntimeError)
    for word in words:
        assert word in str(error)


def test_topic_too_big_for_the_file_system_names_both_sizes_and_the_remedies(
    mount_tmpfs: Mount,
) -> None:
    folder = mount_tmpfs("size=64k")
    with pytest.raises(RuntimeError, match=PREFIX) as caught:
        Publisher("my/topic", 0.0, 10_000)
    # 10,001 slots of 32 bytes behind page 0 and a header of 256, in whole pages.
    check_create_error(caught.value, "my/topic", "327680 bytes", "65536 bytes free")
    check_create_error(caught.value, "Docker", "64 MB", "fewer buffers", str(folder))
    assert list(folder.iterdir()) == []


def test_error_names_the_size_asked_for(mount_tmpfs: Mount) -> None:
    mount_tmpfs("size=64k")
    with pytest.raises(CreateError) as caught:
        Publisher("topic", 0.0, 2**31)
    assert str(64 * 2**30 + 2 * 4096) in str(caught.value)


def test_full_file_system_is_an_error_and_the_other_topics_go_on(mount_tmpfs: Mount) -> None:
    folder = mount_tmpfs("size=128k")
    with Publisher("first", 0) as pub, Subscriber("first", -1) as sub:
        pub.publish(1)
        pubs: list[Publisher[int]] = []
        with pytest.raises(RuntimeError, match=PREFIX):
            pubs.extend(Publisher(f"more/{number}", 0) for number in range(1000))
        assert 1 <= len(pubs) <= 32
        with pytest.raises(RuntimeError, match=PREFIX):
            Publisher("first/again", 0)
        for value in range(100):
            pub.publish(value)
            assert sub.subscribe() == (value, True)
            for other in pubs:
                other.publish(value)
        pubs.pop().close()
        Publisher("more", 0).close()  # space for one more is free again
    pubs.clear()
    assert list(folder.iterdir()) == []


def test_publishing_on_a_file_system_that_became_full_is_safe(mount_tmpfs: Mount) -> None:
    folder = mount_tmpfs("size=256k")
    with Publisher("topic", 0, 2000) as pub, Subscriber("topic", -1) as sub:
        with pytest.raises(OSError, match="space"):
            (folder / "filler").write_bytes(bytes(2**20))
        for value in range(5000):  # into every slot
            pub.publish(value)
            assert sub.subscribe() == (value, True)


def test_replacing_a_dead_publishers_topic_needs_space_for_both(mount_tmpfs: Mount) -> None:
    mount_tmpfs("size=64k")
    with Publisher("topic", 0, 1200, retain=True) as pub:
        pub.publish(1)
    with pytest.raises(CreateError):
        Publisher("topic", 0, 1200)
    assert Subscriber("topic", -1).subscribe() == (1, True), "the old value is still there"
    remove("topic")
    Publisher("topic", 0, 1200).close()


def test_no_more_files_is_an_error(mount_tmpfs: Mount) -> None:
    mount_tmpfs("size=1m,nr_inodes=4")
    pubs: list[Publisher[int]] = []
    with pytest.raises(CreateError):
        pubs.extend(Publisher(f"topic/{number}", 0) for number in range(10))
    assert pubs


def test_missing_directory_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    missing = tmp_path / "missing" / "directory"
    monkeypatch.setenv("SHM_PUB_SUB_DIR", str(missing))
    with pytest.raises(RuntimeError, match=PREFIX) as caught:
        Publisher("topic", 0)
    check_create_error(caught.value, str(missing), "SHM_PUB_SUB_DIR")
    uses: list[Callable[[], object]] = [lambda: Subscriber("topic", 7), topics]
    for use in uses:
        with pytest.raises(OpenError, match="SHM_PUB_SUB_DIR") as opened:
            use()
        assert str(missing) in str(opened.value), "mistyped, perhaps"


def test_subscriber_survives_that_its_directory_is_replaced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    directory = tmp_path / "directory"
    directory.mkdir()
    monkeypatch.setenv("SHM_PUB_SUB_DIR", str(directory))
    with Subscriber("topic", 7) as sub:
        for value in range(3):
            with Publisher("topic", 0) as pub:
                pub.publish(value)
                assert sub.subscribe() == (value, True)
            directory.rmdir()
            assert sub.subscribe() == (7, False)
            directory.mkdir()


def test_file_as_directory_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("SHM_PUB_SUB_DIR", str(file))
    with pytest.raises(RuntimeError, match=PREFIX) as caught:
        Publisher("topic", 0)
    check_create_error(caught.value, "directory", "SHM_PUB_SUB_DIR")
    with contextlib.suppress(ShmError):
        assert Subscriber("topic", 7).subscribe() == (7, False)


def test_read_only_file_system_is_an_error_and_retained_values_are_read(mount_tmpfs: Mount) -> None:
    folder = mount_tmpfs("size=64k")
    with Publisher("kept", 0, retain=True) as pub:
        pub.publish(1)
    remount_read_only(folder)
    with pytest.raises(RuntimeError, match=PREFIX) as caught:
        Publisher("topic", 0)
    check_create_error(caught.value, "read-only", str(folder), "SHM_PUB_SUB_DIR")
    with pytest.raises(RuntimeError, match=PREFIX):
        Publisher("kept", 0)
    with Subscriber("kept", -1) as sub, Subscriber("topic", -1) as other:
        assert sub.subscribe() == (1, True)
        assert other.subscribe() == (-1, False)
    with pytest.raises(OpenError):
        remove("kept")


def test_no_free_descriptor_is_an_error_and_others_go_on(check_python: Check) -> None:
    printed = check_python(
        "import resource, shm_pub_sub\n"
        "from shm_pub_sub import *\n"
        "pub, sub = Publisher('topic', 0), Subscriber('topic', -1)\n"
        "pub.publish(1)\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))\n"
        "pubs, subs = [], []\n"
        "try:\n"
        "    while True: pubs.append(Publisher(f'more/{len(pubs)}', 0))\n"
        "except CreateError as error:\n"
        "    print(error)\n"
        "try:\n"
        "    while True: subs.append(Subscriber('topic', 0))\n"
        "except OpenError as error:\n"
        "    print(error)\n"
        "for value in range(100):\n"
        "    pub.publish(value)\n"
        "    assert sub.subscribe() == (value, True)\n"
        "pubs.clear()\n"
        "subs.clear()\n"
        "for _ in range(100):\n"
        "    Publisher('again', 0).close()\n"
        "    Subscriber('topic', 0).close()\n"
    )
    first, second = printed.splitlines()
    assert first.startswith("Failed to create shared memory: ")
    assert second.startswith("Failed to open shared memory: ")
    for line in (first, second):
        assert "descriptor" in line
        assert "ulimit -n" in line


def test_sizes_on_disk_are_as_announced(shm_dir: Path) -> None:
    with Publisher("topic", 0, 1000):
        (path,) = shm_dir.iterdir()
        stat = os.stat(path)  # noqa: PTH116
        assert stat.st_size == HEADER + 32768
        assert stat.st_blocks * 512 == 4096 + 32768, "all of it is reserved, except the hole"


DIES = """
import os, signal, shm_pub_sub
publisher = shm_pub_sub.Publisher("big", 0.0, 1500)
publisher.publish(1.0)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_dead_topic_makes_room_for_its_successor(mount_tmpfs: Mount, run_python: Run) -> None:
    folder = mount_tmpfs("size=80k")  # for one of them
    assert run_python(DIES).returncode == -9
    assert len(list(folder.iterdir())) == 1
    with Publisher("big", 0.0, 1500) as pub, Subscriber("big", -1.0) as sub:
        pub.publish(2.0)
        assert sub.subscribe() == (2.0, True)


def test_second_publisher_is_refused_for_the_first_even_without_room(mount_tmpfs: Mount) -> None:
    mount_tmpfs("size=80k")
    with Publisher("big", 0.0, 1500), pytest.raises(RuntimeError, match="already exists"):
        Publisher("big", 0.0, 1500)
