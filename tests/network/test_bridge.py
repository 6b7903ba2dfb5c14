"""Bridge: what a program sees of it, and that the program ends as it would without."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("zenoh", reason="eclipse-zenoh is not installed")

import shm_pub_sub
from shm_pub_sub import ExistsError, NetworkError, Publisher, Subscriber, TopicValueError
from shm_pub_sub._network.bridge import Running
from shm_pub_sub._network.status import MAX_PEERS, TOPICS, _lines
from shm_pub_sub.network import Bridge
from support.programs import Program, Start
from support.waiting import until

END = 15.0
"""Seconds in which a program with a bridge ends beside busy ones; by itself it takes 0.3."""


@pytest.fixture
def there(tmp_path: Path, shm_dir: Path) -> Path:
    """The topics of the other machine."""
    folder = tmp_path / "there"
    folder.mkdir()
    return folder


@pytest.fixture
def bridges() -> Iterator[Callable[..., Bridge]]:
    made: list[Bridge] = []

    def make(**options: Any) -> Bridge:
        made.append(Bridge(**options))
        return made[-1]

    yield make
    for bridge in made:
        bridge.close()


def test_a_topic_is_on_the_other_machine(bridges: Any, endpoint: str, there: Path) -> None:
    with Publisher("robot/speed", 0.0) as pub, Publisher("other", 0) as other:
        pub.publish(1.5)
        other.publish(1)
        robot = bridges(name="robot", listen=endpoint, send="robot/*")
        laptop = bridges(name="laptop", connect=endpoint, receive="*", directory=there)
        with Subscriber("robot/speed", 0.0, directory=there) as sub:
            assert sub.recv(timeout=30) == 1.5
            until(lambda: robot.peers == ["laptop"])
            assert laptop.peers == ["robot"]
            assert (laptop.received, laptop.lost, laptop.refused, robot.received) == (1, 0, 0, 0)
            assert robot.sent == 1
            rtt = laptop.rtt
            assert rtt is not None
            assert 0 < rtt < 10
            found = shm_pub_sub.topics(directory=there)
            assert [t.name for t in found if not t.name.startswith("bridge/")] == ["robot/speed"]
            robot.close()
            until(lambda: not sub.subscribe()[1])
            until(lambda: laptop.peers == [])


def test_it_is_visible_as_topics(bridges: Any, endpoint: str, there: Path) -> None:
    robot = bridges(name="robot", listen=endpoint, send="robot/*")
    bridges(name="laptop", connect=endpoint, receive="robot/*", directory=there)
    names = {topic.name: topic for topic in shm_pub_sub.topics()}
    assert set(names) == {f"bridge/robot/{topic}" for topic in TOPICS}
    assert all(topic.bridged for topic in names.values())
    assert names["bridge/robot/rtt"].metadata["unit"] == "s"
    with (
        Subscriber("bridge/robot/connected", 0) as connected,
        Subscriber("bridge/robot/peers") as peers,
    ):
        until(lambda: connected.subscribe() == (1, True))
        until(lambda: peers.subscribe() == ("laptop", True))
        robot.close()
        assert connected.subscribe() == (0, False)
    assert shm_pub_sub.topics() == []


def test_names_that_do_not_fit_are_left_out() -> None:
    names = [f"{n:0100}" for n in range(1000)]
    kept = _lines(names).split("\n")
    assert kept == names[: len(kept)]
    assert MAX_PEERS - 101 <= len(_lines(names)) <= MAX_PEERS
    assert _lines(["a", "b"]) == "a\nb"


def test_a_name_belongs_to_one_bridge_of_a_machine(bridges: Any, endpoint: str) -> None:
    first = bridges(name="a", listen=endpoint, send="*")
    with pytest.raises(ExistsError, match=r"'a': found one of this name in this process.*replace"):
        bridges(name="a", listen=f"{endpoint}2", send="*")
    again = bridges(name="a", listen=endpoint, send="*", replace=True)  # the same endpoint
    assert (first.closed, again.closed) == (True, False)
    first.close()  # the earlier one's does nothing to the new one
    assert shm_pub_sub.topics("bridge/a/connected")[0].alive
    again.close()
    bridges(name="a", listen=endpoint, send="*")


def test_a_name_that_another_process_has(bridges: Any, endpoint: str, start_python: Start) -> None:
    other = start_python(SLEEPING, "a", f"{endpoint}2")
    assert other.line() == "ready"
    with pytest.raises(ExistsError, match=f"bridge 'a': found a bridge .*--name.*{other.pid}"):
        bridges(name="a", listen=endpoint, send="*")
    other.tell("")
    assert other.wait(30) == 0


def test_one_name_on_two_machines_is_logged(
    endpoint: str, there: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shm_pub_sub._network.bridge.PERIOD", 0.05)
    with (
        Bridge(name="a", listen=endpoint, send="*", lease=0.1),
        Bridge(name="a", connect=endpoint, receive="*", directory=there, lease=0.1) as bridge,
    ):
        until(lambda: "another bridge of this name" in caplog.text)
        assert bridge.peers == []
    assert caplog.text.count("another bridge of this name") <= 2


def test_what_is_wrong_leaves_nothing(endpoint: str) -> None:
    with pytest.raises(TopicValueError, match="not encrypted"):
        Bridge(connect="tcp/robot:7447", receive="*")
    with Bridge(name="a", listen=endpoint, send="*"), pytest.raises(NetworkError, match="'b'"):
        Bridge(name="b", listen=endpoint, send="*")
    assert shm_pub_sub.topics() == []


def test_a_thread_that_fails_ends_it(bridges: Any, endpoint: str) -> None:
    bridge = bridges(name="a", listen=endpoint, send="*")
    running: Running = bridge._running
    assert running._sender is not None
    running._sender.error = ValueError("made")
    running._changed.set()
    with pytest.raises(NetworkError, match="bridge 'a': made"):
        bridge.wait(30)
    assert bridge.closed
    until(lambda: shm_pub_sub.topics() == [])


def test_waiting(bridges: Any, endpoint: str) -> None:
    bridge = bridges(name="a", listen=endpoint, send="*")
    assert bridge.wait(0.01) is False
    bridge.close()
    assert bridge.wait() is True
    bridge.close()
    assert "closed" in repr(bridge)


def test_a_fork_has_no_bridge(bridges: Any, endpoint: str, fork_child: Any) -> None:
    bridge = bridges(name="a", listen=endpoint, send="*")

    def child() -> Iterator[list[str]]:
        errors = []
        for use in (lambda: bridge.peers, lambda: bridge.sent, lambda: bridge.wait(1)):
            try:
                use()
            except shm_pub_sub.ForkedError as error:
                errors.append(str(error))
        bridge.close()
        assert bridge.closed
        yield errors

    errors = fork_child(child).next()
    assert len(errors) == 3
    assert "a fork of" in errors[0]
    assert not bridge.closed
    assert shm_pub_sub.topics("bridge/a/connected")[0].alive


SLEEPING = """
import sys
from shm_pub_sub.network import Bridge
bridge = Bridge(name=sys.argv[1], listen=sys.argv[2], send="*", receive="*")
print("ready", flush=True)
input()
"""
ENDINGS = {
    "end": "",
    "exception": "raise ValueError('made')",
    "exit": "sys.exit(0)",
    "in a thread": "import threading; threading.Thread(target=lambda: None).start()",
    "collected": "del bridge; import gc; gc.collect()",
    "closed": "bridge.close()",
    "fork": """
import os
pid = os.fork()
if pid == 0:
    del bridge
    sys.exit(0)
while os.waitpid(pid, os.WNOHANG) == (0, 0):
    time.sleep(0.001)
""",
    "fork keeps it": """
import os
if (pid := os.fork()) == 0:
    kept = [bridge]
    kept.append(kept)
    sys.exit(0)
os.waitpid(pid, 0)
""",
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_programs_end(
    ending: str, bridges: Any, endpoint: str, there: Path, start_python: Start
) -> None:
    """Python's end otherwise waits for Zenoh's callbacks, for ever."""
    other = bridges(name="b", listen=f"{endpoint}2", send="*", directory=there)
    code = SLEEPING.replace("import sys", "import sys, time").replace("listen=", "connect=")
    program = start_python(code + ENDINGS[ending], "a", f"{endpoint}2", stderr=subprocess.PIPE)
    assert program.line() == "ready"
    until(lambda: other.peers == ["a"])
    program.tell("")
    began = time.monotonic()
    program.wait(30)
    assert time.monotonic() - began < END
    assert program.returncode == (1 if ending == "exception" else 0)
    until(lambda: other.peers == [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_signals_end_programs(
    number: signal.Signals, bridges: Any, endpoint: str, there: Path, start_python: Start
) -> None:
    other = bridges(name="b", listen=f"{endpoint}2", send="*", directory=there)
    code = SLEEPING.replace("listen=", "connect=")
    program: Program = start_python(code, "a", f"{endpoint}2", stderr=subprocess.PIPE)
    assert program.line() == "ready"
    until(lambda: other.peers == ["a"])
    program.send_signal(number)
    began = time.monotonic()
    program.wait(30)
    assert time.monotonic() - began < END
    until(lambda: other.peers == [])
    for topic in shm_pub_sub.topics("bridge/a/*"):  # of one that was killed
        shm_pub_sub.remove(topic.name)
