"""What `shm-pub-sub record` takes: processor time, memory, lost values.

    python benchmarks/recording.py            # ten seconds of each, 4 GB of /dev/shm
    python benchmarks/recording.py --quick    # two seconds of each
    python benchmarks/recording.py --only images --only disk

The processor's share is ru_utime and ru_stime of the whole recorder, its start included, by the
seconds it ran. "write" is a program that only writes the same bytes from memory to such a file.
Needs the package with its extra `record`, and numpy.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

IMAGE = 1080 * 1920 * 3

IMAGES = """
pub = shm_pub_sub.Publisher("camera", numpy.zeros((1080, 1920, 3), numpy.uint8), 10)
frames = [random.integers(0, 256, (1080, 1920, 3), numpy.uint8) for _ in range(3)]
ready()
for n in ticks(60):
    pub.publish(frames[n % 3])
"""
SCALARS = """
pub = shm_pub_sub.Publisher("scalar", 0.0, 10_000)
ready()
for n in ticks(100):
    pub.publish_many([n + k / 1000 for k in range(1000)])
"""
TOPICS = """
pubs = [shm_pub_sub.Publisher(f"joint{n}", 0.0, 100) for n in range(50)]
ready()
for n in ticks(1000):
    for pub in pubs:
        pub.publish(n / 1000)
"""
RECORDS = """
class Imu(typing.NamedTuple):
    stamp: int
    ax: float
    ay: float
    az: float
pubs = [shm_pub_sub.Publisher(f"imu{n}", Imu(0, 0.0, 0.0, 0.0), 100) for n in range(50)]
ready()
for n in ticks(1000):
    for pub in pubs:
        pub.publish(Imu(n, 0.1, 0.2, 9.81))
"""
PUBLISHER = """
import sys, time, typing
import numpy, shm_pub_sub
random = numpy.random.default_rng(1)
seconds = float(sys.argv[1])
def ready():
    print("ready", flush=True)
    sys.stdin.readline()
def ticks(hertz):
    start, count = time.monotonic(), round(seconds * hertz)
    for n in range(count):
        yield n
        time.sleep(max(0.0, start + (n + 1) / hertz - time.monotonic()))
{body}
print("done", flush=True)
sys.stdin.readline()
"""
# A disk of so many bytes per second: every write takes as long as it would there.
SLOW = """
import os, sys, time
from shm_pub_sub._recording import mcap_output
due, writev = 0.0, os.writev
def slow(fd, parts):
    global due
    written = writev(fd, parts)
    due = max(due, time.monotonic()) + written / {speed}
    time.sleep(max(0.0, due - time.monotonic()))
    return written
mcap_output.os = type("os", (), dict(vars(os), writev=staticmethod(slow)))
from shm_pub_sub.__main__ import main
sys.exit(main())
"""
WRITE = """
import os, sys, time
data, path, count = bytearray(os.urandom(int(sys.argv[1]))), sys.argv[2], int(sys.argv[3])
fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
before = time.process_time()
for _ in range(count):
    os.write(fd, data)
print(time.process_time() - before)
"""


class Case(NamedTuple):
    title: str
    body: str
    values: int
    """A second."""
    arguments: tuple[str, ...] = ()
    speed: float | None = None
    """Bytes per second of the disk."""


CASES = {
    "images": Case("1080p RGB at 60 Hz", IMAGES, 60),
    "disk": Case("the same, to 150 MB/s, --memory 64MB", IMAGES, 60, ("--memory", "64MB"), 150e6),
    "scalars": Case("one float at 100 kHz", SCALARS, 100_000),
    "topics": Case("50 floats at 1 kHz", TOPICS, 50_000),
    "records": Case("50 records of 4 fields at 1 kHz", RECORDS, 50_000),
}  # fmt: skip


class Result(NamedTuple):
    values: int
    lost: int
    seconds: float
    processor: float
    megabytes: float
    """Written."""
    peak: float
    """Of the recorder's own memory, in MB: not of what it maps of topics."""


def own_memory(pid: int) -> float:
    """Return the megabytes of a process that are not shared: topics are files that it maps."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    found = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Rss")}
    return int(found.get("RssAnon", 0)) / 1000


def measure(case: Case, seconds: float, folder: Path) -> Result:
    """Record what a publisher publishes in so many seconds."""
    publisher = subprocess.Popen(
        [sys.executable, "-c", PUBLISHER.format(body=case.body), str(seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert publisher.stdin is not None
    assert publisher.stdout is not None
    publisher.stdout.readline()
    path = folder / "run.mcap"
    program = [str(Path(sys.executable).parent / "shm-pub-sub")]
    if case.speed is not None:
        program = [sys.executable, "-c", SLOW.format(speed=case.speed)]
    recorder = subprocess.Popen(
        [*program, "record", "-o", path, "--force", "--format", "json", *case.arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert recorder.stdout is not None
    assert recorder.stderr is not None
    start = time.monotonic()
    recorder.stderr.readline()
    time.sleep(0.5)  # it follows the topics
    publisher.stdin.write("go\n")
    publisher.stdin.flush()
    peak = 0.0
    os.set_blocking(publisher.stdout.fileno(), False)
    while not publisher.stdout.readline():
        peak = max(peak, own_memory(recorder.pid))
        time.sleep(0.02)
    recorder.send_signal(signal.SIGINT)
    out = recorder.stdout.read()
    recorder.stderr.read()
    _, _, usage = os.wait4(recorder.pid, 0)
    passed = time.monotonic() - start
    recorder.returncode = 0
    publisher.communicate("\n")
    summary = json.loads(out)
    size = path.stat().st_size / 1e6
    path.unlink()
    return Result(
        summary["values"],
        summary["lost"],
        passed,
        usage.ru_utime + usage.ru_stime,
        size,
        peak,
    )


def plain_write(nbytes: int, count: int, folder: Path) -> float:
    """Return the processor time of writing so many bytes so often."""
    path = folder / "plain"
    found = subprocess.run(
        [sys.executable, "-c", WRITE, str(nbytes), str(path), str(count)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    path.unlink()
    return float(found.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure shm-pub-sub record.")
    parser.add_argument("--quick", action="store_true", help="two seconds of each")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--only", action="append", choices=CASES, help="repeatable")
    options = parser.parse_args()
    seconds = 2.0 if options.quick else options.seconds
    print(
        f"| {seconds:g} s of | expected | recorded | lost | of a core | write | MB | memory, MB |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory(prefix="shm_pub_sub-record-", dir="/dev/shm") as made:
        folder = Path(made)
        os.environ["SHM_PUB_SUB_DIR"] = made
        results = {}
        for name in options.only or CASES:
            case = CASES[name]
            results[name] = result = measure(case, seconds, folder)
            write = ""
            if case.body is IMAGES and case.speed is None:
                write = f"{plain_write(IMAGE, result.values, folder) / result.seconds:.0%}"
            print(
                f"| {case.title} | {case.values * seconds:.0f} | {result.values} | {result.lost} "
                f"| {result.processor / result.seconds:.0%} | {write} | {result.megabytes:.0f} "
                f"| {result.peak:.0f} |",
                flush=True,
            )
    if options.json:
        found = {name: result._asdict() for name, result in results.items()}
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
