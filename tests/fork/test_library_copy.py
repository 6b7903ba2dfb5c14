"""A forked child loads the library again: from memory, or from a temporary file."""

import contextlib
import os
import tempfile
from collections.abc import Generator
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from pathlib import Path
from typing import Any

import pytest
import shm_pub_sub
from support import remote
from support.forked import ForkChild
from support.peer import Peer

from ._load import make_go_collect


def refuse_to_make(_name: str, _flags: int = 0) -> int:
    raise PermissionError(1, "vm.memfd_noexec is 2")


def mapped() -> set[str]:
    """Return where this process's copies of the library come from."""
    lines = Path("/proc/self/maps").read_text().splitlines()
    paths = {line.split(maxsplit=5)[5] for line in lines if " r-xp " in line and "/" in line}
    return {path for path in paths if "shm" in path and ("memfd:" in path or ".so" in path)}


def descriptors() -> list[str]:
    """Return this process's open files."""
    found = []
    for path in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the one that lists them
            found.append(str(path.readlink()))
    return found


def steps() -> Generator[Any, None, None]:
    before = mapped()
    with shm_pub_sub.Publisher("topic", 0) as publisher:
        publisher.publish(2)
        make_go_collect(20)
        yield shm_pub_sub.Subscriber("topic", -1).subscribe()
    yield mapped() - before
    with shm_pub_sub.Publisher("topic", 0.0):
        pass
    yield mapped() - before


@pytest.fixture(autouse=True)
def _used() -> None:
    with shm_pub_sub.Publisher("first", 0):
        pass


def test_the_copy_is_in_memory(fork_child: ForkChild) -> None:
    child = fork_child(steps)
    assert child.next() == (2, True)
    (path,) = child.next()
    assert "/memfd:shm_pub_sub" in path
    assert child.next() == {path}  # once a process


@pytest.mark.parametrize("refusal", ["making", "executing"])
def test_the_copy_is_a_temporary_file_where_memory_is_refused(
    fork_child: ForkChild, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, refusal: str
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    if refusal == "making":
        monkeypatch.setattr(os, "memfd_create", refuse_to_make)
    else:
        create = ExtensionFileLoader.create_module

        def refuse_to_execute(loader: ExtensionFileLoader, spec: ModuleSpec) -> Any:
            if str(spec.origin).startswith("/proc/"):
                raise ImportError("failed to map segment from shared object")
            return create(loader, spec)

        monkeypatch.setattr(ExtensionFileLoader, "create_module", refuse_to_execute)
    child = fork_child(steps)
    assert child.next() == (2, True)
    (path,) = child.next()
    assert path.startswith(str(tmp_path))
    child.end()
    assert list(tmp_path.iterdir()) == []  # mapped, and removed


@pytest.mark.parametrize("files", ["no directory", "not executable"])
def test_neither_memory_nor_a_temporary_file_is_an_error_that_says_what_to_do(
    fork_child: ForkChild, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, files: str
) -> None:
    def refuse_to_execute(_loader: ExtensionFileLoader, _spec: ModuleSpec) -> Any:
        raise ImportError("failed to map segment from shared object")

    def attempt() -> Generator[Any, None, None]:
        tempfile.tempdir = str(tmp_path if files == "not executable" else tmp_path / "missing")
        for make, expected in [
            (lambda: shm_pub_sub.Publisher("topic", 0), shm_pub_sub.CreateError),
            (lambda: shm_pub_sub.Subscriber("topic", 0), shm_pub_sub.OpenError),
            (shm_pub_sub.topics, shm_pub_sub.OpenError),
        ]:
            with pytest.raises(expected, match="set TMPDIR") as raised:
                make()
            yield str(raised.value)

    if files == "not executable":
        monkeypatch.setattr(ExtensionFileLoader, "create_module", refuse_to_execute)
    monkeypatch.setattr(os, "memfd_create", refuse_to_make)
    child = fork_child(attempt)
    found = "No such file" if files == "no directory" else "failed to map segment"
    for operation in ("create", "open", "open"):
        text = child.next()
        assert text.startswith(f"Failed to {operation} shared memory: ")
        assert "vm.memfd_noexec is 2" in text
        assert found in text
    child.end()
    assert list(tmp_path.iterdir()) == []


def test_a_copy_holds_no_descriptor_and_does_not_grow_with_use(fork_child: ForkChild) -> None:
    def count() -> Generator[Any, None, None]:
        while True:
            with shm_pub_sub.Publisher("topic", 0):
                pass
            shm_pub_sub.topics()
            yield descriptors()

    child = fork_child(count)
    first = child.next()  # with Go's own, of its first use of files
    assert not [path for path in first if "memfd:" in path or path.endswith(".so")]
    for _ in range(3):
        assert len(child.next()) == len(first)


def test_a_child_that_only_reads_loads_nothing(fork_child: ForkChild, peer: Peer) -> None:
    peer.call(remote.make_publisher, "topic", 0)
    subscriber = shm_pub_sub.Subscriber("topic", -1)

    def read() -> Generator[Any, None, None]:
        before = mapped()
        for _ in range(2):
            yield subscriber.subscribe(), mapped() - before

    peer.call(remote.publish, "topic", 1)
    child = fork_child(read)
    assert child.next() == ((1, True), set())
    peer.call(remote.publish, "topic", 2)
    assert child.next() == ((2, True), set())
