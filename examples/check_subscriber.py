"""Check a new machine, part 2: print what arrives on a topic.

    python examples/check_subscriber.py                               # reads check_publisher.py
    python examples/check_subscriber.py --topic NAME --type float     # reads any topic

It prints every change, or the names of live topics if there is no value. Stop it with Ctrl-C. The
exit status is 1 if no value arrived.
"""

from contextlib import suppress

import shm_pub_sub
from _options import during, parser
from check_publisher import DEFAULTS


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--topic", default="check/counter")
    arguments.add_argument("--type", choices=DEFAULTS, default="int")
    options = arguments.parse_args()
    arrived, last = 0, None
    try:
        topic = shm_pub_sub.Subscriber(options.topic, DEFAULTS[options.type])
    except shm_pub_sub.TopicTypeError as error:
        raise SystemExit(f"{error}; try --type") from None
    with suppress(KeyboardInterrupt), topic:
        for elapsed in during(options.seconds, shm_pub_sub.Rate(100)):
            value, ok = topic.subscribe()
            if (value, ok) == last:
                continue
            last = value, ok
            if ok:
                arrived += 1
                print(f"{elapsed:7.2f} s  {value}", flush=True)
            else:
                others = ", ".join(info.name for info in shm_pub_sub.topics() if info.alive)
                print(f"{elapsed:7.2f} s  no value; live topics: {others or 'none'}", flush=True)
    print(f"{arrived} values arrived")
    raise SystemExit(0 if arrived else 1)


if __name__ == "__main__":
    main()
