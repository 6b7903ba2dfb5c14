"""Check a new machine, part 1: publish a counter.

    python examples/check_publisher.py       # in one terminal
    python examples/check_subscriber.py      # in another

--type float or bool publishes that type (bools alternate). Stop it with Ctrl-C.
"""

from contextlib import suppress

import shm_pub_sub
from _options import during, parser

DEFAULTS: dict[str, bool | int | float] = {"bool": False, "int": 0, "float": 0.0}


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--topic", default="check/counter")
    arguments.add_argument("--type", choices=DEFAULTS, default="int")
    arguments.add_argument("--buffers", type=int, default=3)
    options = arguments.parse_args()
    default = DEFAULTS[options.type]
    count = 0
    with (
        suppress(KeyboardInterrupt),
        shm_pub_sub.Publisher(options.topic, default, options.buffers) as topic,
    ):
        print(topic, flush=True)
        for _ in during(options.seconds, shm_pub_sub.Rate(20)):
            count += 1
            topic.publish(type(default)(count % 2 if default is False else count))
    print(f"published {count} values")


if __name__ == "__main__":
    main()
