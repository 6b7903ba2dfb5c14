"""Settings that outlive their publisher, like MQTT's retained messages.

    python examples/retained_settings.py set 1.25     # publishes and exits
    python examples/retained_settings.py show         # any time later, in any process
    python examples/retained_settings.py forget       # removes the setting

A setting lasts until the next publisher, `forget` or a reboot. `show --seconds 60` prints changes
as they happen; stop it with Ctrl-C.
"""

from contextlib import suppress

import shm_pub_sub
from _options import during, parser

TOPIC = "settings/speed_limit_metres_per_second"
FACTORY = 0.5  # used if nothing is set


def show(seconds: float) -> None:
    last = None
    with shm_pub_sub.Subscriber(TOPIC, FACTORY) as setting:
        for _ in during(seconds, shm_pub_sub.Rate(20)):
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
        arguments.error("`set` takes a number; the others don't")
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
