"""shm-pub-sub play on a terminal: keys pause and step it, and its end restores the terminal."""

import signal
from pathlib import Path

import pytest
import shm_pub_sub
from support.programs import DEADLINE
from support.waiting import until

pytest.importorskip("mcap")
from ._terminal import Terminal
from .conftest import PROGRAM, RunCli, StartTerminal, check_failure
from .test_keys import state
from .test_play import listening, write


def says(player: Terminal, words: str) -> None:
    """Wait until the newest state is that."""
    player.wait_for(lambda _: words in player.written.rpartition("\r")[2])


def test_space_and_steps(terminal: StartTerminal, path: Path) -> None:
    write(path, {"a": [(n / 100, n) for n in range(5)] + [(60.0, 60)]})
    with listening(("a", -1)) as (listener,):
        player = terminal("play", "--start-paused", path)
        says(player, "paused at 0.0 s of 60.0 s, 0 values; . steps, space plays, q ends")
        for count in (1, 2):
            player.type(".")
            assert listener.received(count) == [*range(count)]
        says(player, "paused at 0.0 s of 60.0 s, 2 values")
        player.type(" ")
        assert listener.received(5) == [*range(5)]
        says(player, "5 values; space pauses, q ends")
        player.type(".")  # steps only while it is paused
        player.type(" ")
        says(player, "paused at")
        assert listener.values == [*range(5)]
        player.type("..")  # the second one is after the end
        assert listener.received(6)[5] == 60
        assert player.end() == 0
    assert player.modes_are_as_before()
    assert "published 6 values of 1 topic" in player.written


def test_a_pause_shifts_what_follows(terminal: StartTerminal, path: Path) -> None:
    """Values after a pause keep their distances, and are not late."""
    write(path, {"a": [(0.0, 0), (0.3, 1), (0.6, 2)]})
    with shm_pub_sub.Subscriber("a", 0) as subscriber:
        player = terminal("play", path)
        assert subscriber.recv(DEADLINE) == 0
        player.type(" ")
        says(player, "paused")
        assert not shm_pub_sub.select([subscriber], 1.0)  # it would have ended by then
        player.type(" ")
        first = subscriber.recv_sample(DEADLINE)
        second = subscriber.recv_sample(DEADLINE)
        assert player.end() == 0
    assert 0.15 < (second.time_ns - first.time_ns) / 1e9 < 0.6


def test_q_ends_it_and_its_topics(terminal: StartTerminal, path: Path, shm_dir: Path) -> None:
    write(path, {"a": [(0.0, 1), (60.0, 2)]})
    with shm_pub_sub.Subscriber("a", 0) as subscriber:
        player = terminal("play", path)
        assert subscriber.recv(DEADLINE) == 1
        player.type("xq")
        assert player.end() == 0
    assert "published 1 value of 1 topic" in player.written
    assert [*shm_dir.iterdir()] == []
    assert player.modes_are_as_before()


def test_values_that_leave_no_time_can_be_paused(terminal: StartTerminal, path: Path) -> None:
    write(path, {"a": [(n / 1e6, n) for n in range(2000)]})
    with listening(("a", -1)) as (listener,):
        player = terminal("play", "--loop", path)
        listener.received(1)
        player.type(" ")
        says(player, "paused")
        player.type("q")
        assert player.end() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_during_a_pause_restores_the_terminal(
    terminal: StartTerminal, path: Path, shm_dir: Path, number: int
) -> None:
    write(path, {"a": [(0.0, 1)]})
    player = terminal("play", "--start-paused", path)
    says(player, "paused")
    player.process.send_signal(number)
    assert player.end() == 128 + number
    assert player.modes_are_as_before()
    assert [*shm_dir.iterdir()] == []


@pytest.mark.soak
def test_ctrl_z_is_a_pause(terminal: StartTerminal, path: Path) -> None:
    """The value due meanwhile comes as late after fg as it was to come."""
    write(path, {"a": [(0.0, 0), (2.0, 1), (2.2, 2)]})
    shell = terminal(program=("bash", "--norc", "-i"))
    with shm_pub_sub.Subscriber("a", 0) as subscriber:
        shell.type(f"{PROGRAM} play {path}\n")
        assert subscriber.recv(DEADLINE) == 0
        pid = shm_pub_sub.inspect("a").pid
        shell.type("\x1a")
        until(lambda: state(pid) == "T", "Ctrl-Z stops it")
        assert not shm_pub_sub.select([subscriber], 2.5)
        shell.type("fg\n")
        first = subscriber.recv_sample(DEADLINE)
        second = subscriber.recv_sample(DEADLINE)
        assert 0.1 < (second.time_ns - first.time_ns) / 1e9 < 0.5  # not both at once
        shell.wait_for(lambda _: "at most" in shell.written)
    shell.type("exit\n")
    shell.end()


def test_start_paused_needs_a_terminal(run_cli: RunCli, path: Path) -> None:
    write(path, {"a": [(0.0, 1)]})
    check_failure(run_cli("play", "--start-paused", path), "found no terminal", 2)
