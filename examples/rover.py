"""A rover: sensors that publish at different rates, and a command topic that it obeys.

    python examples/rover.py             # in one terminal
    python examples/rover_remote.py      # in another

Stop either with Ctrl-C. If the remote control is missing, dead or hanging, the rover halts, because
`subscribe()` then returns the default command.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from enum import IntEnum
from typing import TypeVar

import shm_pub_sub
from _options import during, parser

Reading = TypeVar("Reading", bool, int, float)
COMMAND, BUMPER, COMPASS = "rover/remote/command", "rover/bumper/hit", "rover/compass/degrees"
ODOMETER = "rover/odometer/ticks"
WALL = 200  # ticks to the next wall


class Command(IntEnum):
    HALT = 0
    FORWARD = 1
    TURN = 2


class Body:  # simulated
    def __init__(self) -> None:
        self.odometer, self.ahead, self.heading = 0, WALL, 0.0

    def move(self, command: int) -> None:
        if command == Command.FORWARD and self.ahead > 0:
            self.odometer, self.ahead = self.odometer + 5, self.ahead - 5
        elif command == Command.TURN:
            self.heading, self.ahead = (self.heading + 2.0) % 360.0, WALL


def report(
    topic: shm_pub_sub.Publisher[Reading],
    read: Callable[[], Reading],
    hertz: float,
    end: threading.Event,
) -> None:
    with topic:
        for _ in shm_pub_sub.Rate(hertz):
            if end.is_set():
                break
            topic.publish(read())


def main() -> None:
    options = parser(__doc__).parse_args()
    body, end, last = Body(), threading.Event(), None
    jobs = [
        (shm_pub_sub.Publisher(BUMPER, False), lambda: body.ahead <= 0, 50, end),
        (shm_pub_sub.Publisher(COMPASS, 0.0, 5), lambda: body.heading, 20, end),
        (shm_pub_sub.Publisher(ODOMETER, 0, buffer_num=10), lambda: body.odometer, 100, end),
    ]
    sensors = [threading.Thread(target=report, args=job) for job in jobs]
    for sensor in sensors:
        sensor.start()
    remote = shm_pub_sub.Subscriber(COMMAND, Command.HALT, max_age=0.5)
    with suppress(KeyboardInterrupt):
        for _ in during(options.seconds, shm_pub_sub.Rate(50)):
            order, ok = remote.subscribe()
            body.move(order)
            if (order, ok) != last:
                last = order, ok
                print(f"{Command(order).name}{'' if ok else ' (no remote control)'}", flush=True)
    end.set()
    for sensor in sensors:
        sensor.join()


if __name__ == "__main__":
    main()
