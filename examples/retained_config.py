"""A configuration as a text that outlives its publisher: `retain=True` with JSON.

    python examples/retained_config.py set '{"speed": 1.5}'     # publishes and exits
    python examples/retained_config.py show                     # any time later, in any process

`show --seconds 60` prints changes as they happen; stop it with Ctrl-C.
`shm-pub-sub rm robot/config` removes the configuration.
"""

import json
from contextlib import suppress

import shm_pub_sub
from _options import during, parser

TOPIC, MOST = "robot/config", 64_000  # bytes


def show(seconds: float) -> None:
    last = None
    with shm_pub_sub.Subscriber(TOPIC, '{"speed": 0.5}') as config:
        for _ in during(seconds, shm_pub_sub.Rate(20)):
            text, ok = config.subscribe()
            if (text, ok) != last:
                last = text, ok
                print(f"{json.loads(text)} ({'set' if ok else 'factory setting'})", flush=True)


def main() -> None:
    arguments = parser(__doc__)
    arguments.set_defaults(seconds=0.05)
    arguments.add_argument("command", choices=["set", "show"])
    arguments.add_argument("config", nargs="?")
    options = arguments.parse_args()
    if (options.command == "set") != (options.config is not None):
        arguments.error("`set` takes JSON; `show` takes nothing")
    if options.command == "set":
        text = json.dumps(json.loads(options.config))  # raises if it is no JSON
        with shm_pub_sub.Publisher(TOPIC, "", max_size=MOST, retain=True) as config:
            config.publish(text)
    else:
        with suppress(KeyboardInterrupt):
            show(options.seconds)


if __name__ == "__main__":
    main()
