"""The demonstration: it ends with 0 only if every act went as it should."""

import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from ._example import EXAMPLES, LAUNCH, Example

ACTS = [
    r"1\. Values flow from process \d+ to process \d+",
    r"cpu busy .* \d+\.\d%.*memory available .* \d+ MiB.*cpu alarm .* (True|False)",
    r"[\d,]+ reads a second",
    r"2\. kill -9 \d+",
    r"ok turned False after \d+ ms",
    r"Every read is \(0\.0, False\)",
    r"3\. A new publisher",
    r"ok is True again \d+ ms after its start",
    r"cpu busy",
    r"4\. The publisher ends in order",
    r"nothing is left",
]


def read_all(terminal: int) -> str:
    data = b""
    while True:
        try:
            data += os.read(terminal, 4096)
        except OSError:  # how Linux says that the other side is closed
            return data.decode()


def test_demo_plays_its_acts_in_lines_and_in_place_on_a_terminal(
    start_example: Callable[..., Example],
    start_python: Callable[..., "subprocess.Popen[str]"],
) -> None:
    in_lines = start_example("demo.py")
    terminal, screen = pty.openpty()
    program = [sys.executable, "-W", "error", EXAMPLES / "demo.py"]
    in_place = start_python(LAUNCH, *program, stdout=screen, stderr=screen)
    os.close(screen)

    drawn = read_all(terminal)
    os.close(terminal)
    printed = "\n".join(in_lines.finish())

    assert in_place.wait() == 0, drawn
    assert re.search(".*".join(ACTS), printed, re.DOTALL), printed
    assert "\x1b" not in printed
    bars = re.findall(r"(?:\x1b\[3A)?   cpu busy +[█░]{40} +\d+\.\d%\x1b\[K", drawn)
    assert len(bars) > 10
    assert bars[1].startswith("\x1b[3A")
    assert re.search(r"nothing is left", drawn)


def test_demo_fails_with_a_message_where_an_act_goes_wrong(
    run_python: Callable[..., "subprocess.CompletedProcess[str]"], tmp_path: Path, shm_dir: Path
) -> None:
    for name in ("demo.py", "_pace.py"):
        shutil.copy(EXAMPLES / name, tmp_path)
    sound = (EXAMPLES / "machine_publisher.py").read_text(encoding="utf-8")
    faulty = sound.replace("busy_topic.publish(busy)", "busy_topic.publish(7.0)")
    assert faulty != sound
    (tmp_path / "machine_publisher.py").write_text(faulty, encoding="utf-8")

    demo = run_python(LAUNCH, sys.executable, tmp_path / "demo.py")

    assert demo.returncode == 1
    assert demo.stderr == "FAILED: read 7.0, True from a live publisher\n"
    assert list(shm_dir.iterdir()) == []
