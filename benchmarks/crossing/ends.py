"""How soon a subscriber's `ok` is False, when what it reads is gone."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

from shm_pub_sub import Subscriber

from .figures import Figure
from .machines import BRIDGE, DEADLINE, LAPTOP, ROBOT, Machines

LEASE = 2.0


def ends(machines: Machines, quick: bool) -> list[Figure]:
    """`ok` False after kill -9 of the source, of the sending bridge, after the link is cut."""
    times: dict[str, list[float]] = {"source": [], "bridge": [], "link": []}
    rounds = {"source": 10, "bridge": 10, "link": 5}
    endpoint = f"tcp/{machines.lab.address(ROBOT)}:{BRIDGE}"

    def start_robot() -> Callable[[], None]:
        return machines.bridge(ROBOT, "--listen", endpoint, "--send", "*").kill

    kill_robot = start_robot()
    machines.bridge(LAPTOP, "--connect", endpoint, "--receive", "*")
    with Subscriber("tick/0", 0, directory=machines.directory(LAPTOP)) as subscriber:
        for what, count in rounds.items():
            for number in range(1 if quick else count):
                out = machines.program(ROBOT, "crossing_out")
                out.tell("ticks", 1, 100, 60.0)
                _until(lambda: subscriber.subscribe()[1])
                time.sleep(0.5 + 0.01 * number)
                began = time.monotonic()
                if what == "source":
                    out.process.kill()
                elif what == "bridge":
                    kill_robot()
                else:
                    machines.lab.cut(LAPTOP)
                _until(lambda: not subscriber.subscribe()[1])
                times[what].append(time.monotonic() - began)
                out.kill()
                if what == "bridge":
                    kill_robot = start_robot()
                elif what == "link":
                    machines.lab.join(LAPTOP)
    texts = {
        "source": ("kill -9 of the source", 0.2),
        "bridge": ("kill -9 of the sending bridge", 0.2),
        "link": (f"the link is cut; lease {LEASE:g} s", LEASE + 0.2),
    }
    found = []
    for what, (text, most) in texts.items():
        found.append(Figure(f"{text}, median", median(times[what]), "s"))
        found.append(Figure(f"{text}, latest", max(times[what]), "s", most))
    return found


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"what must happen has not within {DEADLINE} s")
        time.sleep(0.0005)
