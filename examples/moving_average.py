"""Read a float topic and publish its moving average as another topic.

    python examples/greenhouse_sensor.py                       # the source
    python examples/moving_average.py                          # its mean over two seconds
    python examples/check_subscriber.py --type float \\
        --topic greenhouse/north_bed/air_celsius/mean          # reads the mean

It samples the source every 0.1 s, so a value counts for as long as it is the latest. Stop it with
Ctrl-C.
"""

import statistics
from collections import deque
from contextlib import suppress

import shm_pub_sub
from _options import during, parser
from greenhouse_sensor import TOPIC


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--topic", default=TOPIC, help="the source; the result is TOPIC/mean")
    arguments.add_argument("--window", type=int, default=20, help="samples to average (20)")
    options = arguments.parse_args()
    window: deque[float] = deque(maxlen=options.window)
    with (
        suppress(KeyboardInterrupt),
        shm_pub_sub.Subscriber(options.topic, 0.0) as source,
        shm_pub_sub.Publisher(f"{options.topic}/mean", 0.0) as result,
    ):
        for _ in during(options.seconds, shm_pub_sub.Rate(10)):
            value, ok = source.subscribe()
            if not ok:
                # Publish nothing while the source is gone; readers notice with max_age=.
                window.clear()
                print("waiting for", options.topic, flush=True)
                continue
            window.append(value)
            mean = statistics.fmean(window)
            result.publish(mean)
            print(f"mean of {len(window):2}: {mean:8.3f}   newest: {value:8.3f}", flush=True)


if __name__ == "__main__":
    main()
