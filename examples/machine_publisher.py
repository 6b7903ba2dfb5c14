"""This machine's load and memory from /proc, as a float, an int and a bool topic.

    python examples/machine_publisher.py
    python examples/check_subscriber.py --topic machine/cpu/busy --type float

Stop it with Ctrl-C, or with SIGTERM as service managers do: both close the topics.
"""

import signal
import sys
from contextlib import suppress
from pathlib import Path

import shm_pub_sub
from _options import during, parser

BUSY, AVAILABLE, ALARM = "machine/cpu/busy", "machine/memory/available_mib", "machine/cpu/alarm"
ALARM_ABOVE = 0.5


def cpu_times() -> tuple[int, int]:
    """Return the processors' busy time and total time since boot."""
    user, nice, system, idle, waiting, *rest = map(
        int, Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]
    )
    work = user + nice + system + sum(rest)
    return work, work + idle + waiting


def memory_mib(field: str) -> int:
    """Return a field of /proc/meminfo."""
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith(f"{field}:"))


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--buffers", type=int, default=3)
    options = arguments.parse_args()
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit())
    work, total = 0, 0  # the first value is the mean since boot
    with (
        suppress(KeyboardInterrupt),
        shm_pub_sub.Publisher(BUSY, 0.0, options.buffers) as busy_topic,
        shm_pub_sub.Publisher(AVAILABLE, 0, options.buffers) as available_topic,
        shm_pub_sub.Publisher(ALARM, False, options.buffers) as alarm_topic,
    ):
        for _ in during(options.seconds, shm_pub_sub.Rate(10)):
            (work_before, total_before), (work, total) = (work, total), cpu_times()
            busy = (work - work_before) / max(1, total - total_before)
            busy_topic.publish(busy)
            available_topic.publish(memory_mib("MemAvailable"))
            alarm_topic.publish(busy > ALARM_ABOVE)


if __name__ == "__main__":
    main()
