"""What processes on a lab's machines do: a bridge each, of the process or of a child of it."""

import os
import signal
from typing import Any

from shm_pub_sub.network import Bridge  # here, so that a forked child has it

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
    """Open a bridge in a child, which no thread of this process may be in the way of."""
    child = os.fork()
    if child == 0:
        try:
            with Bridge(**options) as bridge:
                bridge.wait()
        finally:
            os._exit(1)
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
    close_bridge()
    while children:
        kill_child()
