"""Settings that outlive the program that made them, as MQTT's retained messages do.

    python examples/retained_settings.py set 1.25     # publishes and ends
    python examples/retained_settings.py show         # any time later, in any process
    python examples/retained_settings.py forget       # removes what was kept

They last until the next publisher, `forget`, or the machine's next start. To see changes as they
are made: `show --seconds 60`. Ctrl-C ends it.
"""

from contextlib import suppress

import shm_pub_sub
from _pace import parser, ticks

TOPIC = "settings/speed_limit_metres_per_second"
FACTORY = 0.5  # used where nothing is set


def show(seconds: float) -> None:
    last = None
    with shm_pub_sub.Subscriber(TOPIC, FACTORY) as setting:
        for _ in ticks(0.05, seconds):
            limit, ok = setting.subscribe()
            if (limit, ok) != last:
                last = limit, ok
                print(f"speed limit {limit} m/s ({'set' if ok else 'factory setting'})", flush=True)


def main() -> None:
    arguments = parser(__doc__)
    arguments.set_defaults(seconds=0.05)
    arguments.add_argument("command", choices=["set", "show", "forget"])
    arguments.add_argument("limit", nargs="?", type=float)
    options = arguments.parse_args()
    if (options.command == "set") != (options.limit is not None):
        arguments.error("`set` takes a number, and the others take none")
    if options.command == "set":
        with shm_pub_sub.Publisher(TOPIC, 0.0, retain=True) as setting:
            setting.publish(options.limit)
    elif options.command == "show":
        with suppress(KeyboardInterrupt):
            show(options.seconds)
    else:
        try:
            shm_pub_sub.remove(TOPIC)
        except shm_pub_sub.TopicNotFoundError:
            print("nothing was set")


if __name__ == "__main__":
    main()
