"""What processes on a lab's machines do: a bridge each, of the process or of a child of it."""

import os
import signal
import sys
from multiprocessing.connection import wait
from typing import Any

from shm_pub_sub.network import Bridge  # here, so that a forked child has it
from support.peer_main import LIFETIME

DEADLINE = 10.0
"""Seconds for the end of a child, which should be 2."""

bridges: list[Bridge] = []
children: list[int] = []


def open_bridge(options: dict[str, Any]) -> None:
    bridges.append(Bridge(**options))


def counts() -> dict[str, int]:
    """What the bridge has counted."""
    bridge = bridges[-1]
    names = "sent", "received", "skipped", "lost", "refused"
    return {name: getattr(bridge, name) for name in names}


def peers() -> list[str]:
    return bridges[-1].peers


def close_bridge() -> None:
    while bridges:
        bridges.pop().close()


def fork_bridge(options: dict[str, Any]) -> None:
    """Open a bridge in a child; this process must not have any."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            signal.alarm(LIFETIME)
            signal.signal(signal.SIGTERM, lambda *_: sys.exit())
            with Bridge(**options) as bridge:
                bridge.wait()
        except SystemExit:
            status = 0
        finally:
            os._exit(status)
    children.append(child)


def kill_child() -> None:
    """Kill the child's bridge, and wait until it is gone."""
    child = children.pop()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def stop_child() -> None:
    os.kill(children[-1], signal.SIGSTOP)
    os.waitpid(children[-1], os.WUNTRACED)


def continue_child() -> None:
    os.kill(children[-1], signal.SIGCONT)


def end() -> None:
    """Close all, those of children too."""
    close_bridge()
    while children:
        child = children.pop()
        os.kill(child, signal.SIGTERM)
        os.kill(child, signal.SIGCONT)
        with os.fdopen(os.pidfd_open(child)) as gone:
            if not wait([gone], DEADLINE):
                os.kill(child, signal.SIGUSR1)  # faulthandler writes where it is
                wait([gone], 1.0)
                os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert status == 0, status
