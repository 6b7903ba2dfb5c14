"""record as a service of systemd: sd_notify."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import shm_pub_sub
from shm_pub_sub._cli.notify import notify
from support.programs import DEADLINE

from .conftest import Cli


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.settimeout(DEADLINE)
        yield made


@pytest.mark.parametrize("abstract", [False, True])
def test_notification_arrives(
    listener: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, abstract: bool
) -> None:
    name = f"shm_pub_sub-test-{os.getpid()}" if abstract else f"{tmp_path}/n"
    listener.bind(f"\0{name}" if abstract else name)
    monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}" if abstract else name)
    assert notify("READY=1", "STATUS=two\nlines")
    assert listener.recv(1000) == b"READY=1\nSTATUS=two lines"


@pytest.mark.parametrize("address", ["", "relative", "/nowhere/at/all", "@nobody", "/" + "x" * 200])
def test_without_a_listener_nothing_happens(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    assert not notify("READY=1")


def test_a_recorder_is_ready_once_it_follows_topics(
    cli: Cli, listener: socket.socket, tmp_path: Path
) -> None:
    listener.bind(f"{tmp_path}/n")
    environment = os.environ | {"NOTIFY_SOCKET": f"{tmp_path}/n"}
    with shm_pub_sub.Publisher("speed", 0.0, 10) as speed:
        recorder = cli.start("record", "-o", tmp_path / "run.mcap", env=environment)
        assert listener.recv(1000).startswith(b"READY=1\nSTATUS=recording to ")
        speed.publish_many([1.0, 2.0])
        recorder.send_signal(signal.SIGTERM)
        assert listener.recv(1000) == b"STOPPING=1"
        _, err = recorder.communicate(timeout=DEADLINE)
    assert recorder.returncode == 0
    assert "2 values of 1 topic, 0 lost" in err
