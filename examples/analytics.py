"""Live analytics over all topics that match a pattern, including ones that appear later.

    python examples/rover.py                    # in one terminal: sources, or use any others
    python examples/analytics.py 'rover/*'      # in another

Every second it prints the mean, deviation and range of each topic's values, and publishes the mean
as mean/TOPIC. Stop it with Ctrl-C.
"""

import statistics
import time
from contextlib import ExitStack, suppress
from fnmatch import fnmatchcase
from typing import Any

import shm_pub_sub
from _options import parser

PREFIX = "mean/"
SECOND = 1.0


class Source:
    """A topic, its values of the current second, and the topic of their mean."""

    def __init__(self, topic: shm_pub_sub.TopicInfo, stack: ExitStack) -> None:
        self.subscriber: Any = shm_pub_sub.Subscriber(topic.name, topic.type())
        self.mean = shm_pub_sub.Publisher(PREFIX + topic.name, 0.0)
        self.values: list[float] = []
        stack.enter_context(self.subscriber)
        stack.enter_context(self.mean)

    def report(self) -> None:
        if self.values:
            mean = statistics.fmean(self.values)
            self.mean.publish(mean)
            print(
                f"{self.subscriber.name}: {mean:.3f} ± {statistics.pstdev(self.values):.3f}, "
                f"{min(self.values):.3f} to {max(self.values):.3f}, {len(self.values)} values, "
                f"{self.subscriber.lost} lost",
                flush=True,
            )
        self.values.clear()


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("pattern", nargs="?", default="*", help="topics to read (default: *)")
    options = arguments.parse_args()
    end = time.monotonic() + options.seconds
    sources: dict[str, Source] = {}
    with suppress(KeyboardInterrupt), ExitStack() as stack:
        while (now := time.monotonic()) < end:
            for topic in shm_pub_sub.topics():
                ours = topic.name in sources or topic.name.startswith(PREFIX)
                if fnmatchcase(topic.name, options.pattern) and not ours:
                    sources[topic.name] = Source(topic, stack)
            report_at = min(now + SECOND, end)
            while (left := report_at - time.monotonic()) > 0:
                ready = shm_pub_sub.select([s.subscriber for s in sources.values()], left)
                for subscriber in ready:
                    sources[subscriber.name].values += subscriber.drain()
            for source in sources.values():
                source.report()


if __name__ == "__main__":
    main()
