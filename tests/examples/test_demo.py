"""The demonstration ends with 0 only if every act succeeded."""

import json
import os
import pty
import re
import sys

from support.paths import EXAMPLES
from support.programs import OPTIONS, Start

ACTS = [
    r"1\. Values flow from process \d+ to this one",
    r"angle +[+-]\d+\.\d   swings \d+   right (True|False)",
    r"[\d,]+ reads per second",
    r"2\. kill -9 \d+",
    r"ok turned False after \d+ ms",
    r"Every read now returns \(0\.0, False\)",
    r"3\. A new publisher",
    r"ok is True again \d+ ms after its start",
    r"angle",
    r"4\. The publisher exits normally",
    r"shared memory is empty",
]


def read_all(terminal: int) -> str:
    data = b""
    while True:
        try:
            data += os.read(terminal, 4096)
        except OSError:  # how Linux says that the other side is closed
            return data.decode()


def test_demo_plays_its_acts_in_lines_and_in_place_on_a_terminal(
    start_example: Start, start_command: Start
) -> None:
    in_lines = start_example("demo.py")
    as_json = start_example("demo.py", "--format", "json")
    terminal, screen = pty.openpty()
    program = [sys.executable, *OPTIONS, EXAMPLES / "demo.py"]
    in_place = start_command(*program, stdout=screen, stderr=screen)
    os.close(screen)

    drawn = read_all(terminal)
    os.close(terminal)
    printed = "\n".join(in_lines.finish())

    (figures,) = map(json.loads, as_json.finish())
    assert figures["reads_per_second"] > 0
    assert 0 < figures["kill_noticed"] < 10
    assert 0 < figures["taken_over"] < 10
    assert in_place.wait() == 0, drawn
    assert re.search(".*".join(ACTS), printed, re.DOTALL), printed
    assert "\x1b" not in printed
    frames = re.findall(r"(?:\x1b\[A)?   ·*●·*  angle +[+-]\d+\.\d .*\x1b\[K", drawn)
    assert len(frames) > 1
    assert frames[1].startswith("\x1b[A")
    assert re.search(r"shared memory is empty", drawn)
