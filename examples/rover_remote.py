"""The rover's remote control: drives forward and turns by 90 degrees at each wall.

    python examples/rover.py             # in one terminal
    python examples/rover_remote.py      # in another

Stop it with Ctrl-C, and the rover halts. It also halts if this hangs: try Ctrl-Z, then `fg`.
"""

from contextlib import suppress

import shm_pub_sub
from _options import during, parser
from rover import BUMPER, COMMAND, COMPASS, ODOMETER, Command


def main() -> None:
    options = parser(__doc__).parse_args()
    command, turn_to = Command.HALT, 0.0
    bumper = shm_pub_sub.Subscriber(BUMPER, False)
    compass = shm_pub_sub.Subscriber(COMPASS, 0.0)
    odometer = shm_pub_sub.Subscriber(ODOMETER, 0)
    with suppress(KeyboardInterrupt), shm_pub_sub.Publisher(COMMAND, Command.HALT) as remote:
        for _ in during(options.seconds, shm_pub_sub.Rate(20)):
            (hit, touching), (heading, oriented) = bumper.subscribe(), compass.subscribe()
            before = command
            if not (touching and oriented):
                command = Command.HALT
            elif command == Command.TURN:
                left = (turn_to - heading) % 360.0
                if not 0.0 < left <= 90.0:
                    command = Command.FORWARD
            elif hit:
                command, turn_to = Command.TURN, (round(heading / 90.0) + 1) * 90.0
            else:
                command = Command.FORWARD
            # Published even if unchanged: the rover halts if the last command is old.
            remote.publish(command)
            if command != before:
                distance, _ = odometer.subscribe()
                print(f"{command.name} at {distance} ticks, {heading:.0f}°", flush=True)


if __name__ == "__main__":
    main()
