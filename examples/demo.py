"""The library's main job in six seconds: live values of this machine, from process to process.

    python examples/demo.py      # or, from a bare checkout: python3 build.py demo

This process subscribes and draws. Another publishes (machine_publisher.py); it is killed on the
way, and a third takes over. The exit status is 0 only if all went as it should. The topics are in a
directory of their own, apart from all others of the machine.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import shm_pub_sub
from machine_publisher import ALARM, AVAILABLE, BUSY, memory_mib

DEADLINE = 10.0  # seconds; what is promised is far less, but the machine may be loaded
DOMAIN = "SHM_PUB_SUB_DIR"


@contextmanager
def publisher(buffers: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Start another process that publishes. It does not outlive the block."""
    program = Path(__file__).with_name("machine_publisher.py")
    options = ["--seconds", "60", "--buffers", str(buffers)]
    process = subprocess.Popen([sys.executable, str(program), *options])
    try:
        yield process
    finally:
        process.kill()  # nothing where it has been waited for
        process.wait()


class Screen:
    """The subscribers, and their values as bars: in place, or a line each time without a tty."""

    def __init__(self) -> None:
        self.busy = shm_pub_sub.Subscriber(BUSY, 0.0)
        self.available = shm_pub_sub.Subscriber(AVAILABLE, 0)
        self.alarm = shm_pub_sub.Subscriber(ALARM, False)
        self._memory = memory_mib("MemTotal")
        self._in_place = sys.stdout.isatty()
        self._width = 40 if self._in_place else 10
        self._bar = "█░" if "utf" in sys.stdout.encoding.lower() else "#."

    def oks(self) -> set[bool]:
        return {topic.subscribe()[1] for topic in (self.busy, self.available, self.alarm)}

    def wait(self, ok: bool, since: float) -> float:
        """Wait until that is the ok of every topic. Return how many milliseconds after since."""
        while self.oks() != {ok}:
            if time.monotonic() - since > DEADLINE:
                raise SystemExit(f"FAILED: ok is still {not ok} after {DEADLINE:.0f} s")
            time.sleep(0.001)
        return (time.monotonic() - since) * 1e3

    def show(self, seconds: float, pause: float) -> float:
        """Draw for that long, with a pause between reads. Return the reads per second."""
        reads, start = 0, time.monotonic()
        period = 0.1 if self._in_place else 0.5
        drawn = -period
        while (elapsed := time.monotonic() - start) < seconds:
            for _ in range(1000 if pause == 0.0 else 1):
                value, ok = self.busy.subscribe()
                reads += 1
                if not (ok and 0.0 <= value <= 1.0):
                    raise SystemExit(f"FAILED: read {value}, {ok} from a live publisher")
            if elapsed >= drawn + period:
                self._draw(again=drawn >= 0.0)
                drawn = elapsed
            if pause:  # sleep(0) would take a twentieth of a millisecond
                time.sleep(pause)
        return reads / elapsed

    def _draw(self, again: bool) -> None:
        busy, available, alarm = (
            topic.subscribe()[0] for topic in (self.busy, self.available, self.alarm)
        )
        rows = [
            ("cpu busy", busy, f"{busy:6.1%}"),
            ("memory available", available / self._memory, f"{available} MiB"),
            ("cpu alarm", float(alarm), f"{bool(alarm)}"),
        ]
        bars = []
        for label, share, text in rows:
            full = round(min(1.0, share) * self._width)
            bars.append((label, self._bar[0] * full + self._bar[1] * (self._width - full), text))
        if self._in_place:
            up = "\x1b[3A" if again else ""
            print(up + "\n".join(f"   {a:16} {b} {c:>10}\x1b[K" for a, b, c in bars), flush=True)
        else:
            print("  ", "   ".join(f"{a} {b} {c}" for a, b, c in bars), flush=True)


def main() -> None:
    with tempfile.TemporaryDirectory(
        prefix="shm_pub_sub-demo-", dir=os.environ.get(DOMAIN) or "/dev/shm"
    ) as directory:
        os.environ[DOMAIN] = directory  # inherited by the publishers
        play(Path(directory))


def play(directory: Path) -> None:
    screen = Screen()  # before there is any publisher
    start = time.monotonic()
    with publisher(buffers=3) as first:
        screen.wait(True, start)
        print(f"\n1. Values flow from process {first.pid} to process {os.getpid()}, this one.")
        screen.show(1.5, pause=0.01)
        print("   Now this one reads as fast as it can, which the values themselves show:")
        rate = screen.show(1.5, pause=0.0)
        print(f"   {rate:,.0f} reads a second, in Python; not one without a value.")
        if (published := shm_pub_sub.inspect(BUSY).published) < 5:
            raise SystemExit(f"FAILED: {published} values in 3 s; expected about 30")

        print(f"\n2. kill -9 {first.pid}: the publisher can close nothing.")
        killed = time.monotonic()
        first.kill()
        print(f"   ok turned False after {screen.wait(False, killed):.0f} ms.")
        print(f"   Every read is {screen.busy.subscribe()} from now on: the default, and no ok.")
        time.sleep(0.5)  # to be read

    print("\n3. A new publisher, with another buffer_num. Nobody cleans up, nobody reconnects.")
    start = time.monotonic()
    with publisher(buffers=8) as second:
        took = screen.wait(True, start)
        print(f"   ok is True again {took:.0f} ms after its start, most of which is Python's own.")
        screen.show(2.0, pause=0.01)
        if (found := screen.busy.buffer_num) != 8:
            raise SystemExit(f"FAILED: the subscriber reads a topic of {found} buffers; expected 8")

        print("\n4. The publisher ends in order.")
        second.terminate()
        if status := second.wait(DEADLINE):
            raise SystemExit(f"FAILED: the publisher's exit status is {status}; expected 0")
        if screen.oks() != {False}:
            raise SystemExit("FAILED: ok is True after the publisher's end")
    if left := sorted(path.name for path in directory.iterdir()):
        raise SystemExit(f"FAILED: left in {directory}: {', '.join(left)}")
    print("   ok is False at the next read, and nothing is left in shared memory.\n")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit("interrupted") from None
