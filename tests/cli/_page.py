"""A page of the command line's documentation: the commands on it, and what they are to print.

How a page is written:

    <!-- domain
    import shm_pub_sub
    pub = shm_pub_sub.Publisher("robot/speed", 0.0)
    print("ready")
    input()
    -->

A Python program in a comment prepares a domain. It prints "ready" when the domain is, and may run
on until its standard input ends; to `list -v` it is `python publisher.py`. It serves the
```console blocks from there to the next such comment, which run in their order in that domain and
in one folder; before the first comment the domain is empty. In a block

    $ shm-pub-sub list -c | cat      a command, for bash; "> " goes on with it
    1                                what it prints, stderr as well
    ^C                               as a last line: it goes on until then, and Ctrl-C ends it

and in what it prints a number stands for any number, a time as 1.2 s for any time, spaces for any
spaces, `...` for any text, a line `...` for any lines, and /dev/shm for the test's own directory.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

_BLOCK = re.compile(
    r"^<!-- domain\n(?P<program>(?s:.*?))^-->$|^```console\n(?P<console>(?s:.*?))^```$",
    re.MULTILINE,
)
_NUMBER = r"\d+(?:\.\d+)?(?:e[-+]?\d+)?"
_TIME = r"\d+(?:\.\d+)? (?:ns|us|ms|s)\b"
_PARTS = re.compile(
    rf"(?P<domain>/dev/shm)|(?P<any>\.\.\.)|(?P<time>{_TIME})|(?P<number>{_NUMBER})|(?P<spaces>\s+)"
)
_AS_REGEX = {
    "domain": r"/dev/shm(?:/shm_pub_sub-test-[^\s/]+)?",
    "any": r".*?",
    "time": _TIME,
    "number": _NUMBER,
    "spaces": r"\s+",
}


@dataclass
class Command:
    line: int
    """Of the page."""
    text: str
    expected: list[str]
    interrupted: bool = False


@dataclass
class Section:
    """What runs in one domain."""

    line: int
    program: str
    commands: list[Command] = field(default_factory=list)


def sections(page: Path) -> list[Section]:
    """Return the page's domains that commands run in."""
    text = page.read_text(encoding="utf-8")
    found = [Section(1, "")]
    for block in _BLOCK.finditer(text):
        line = text.count("\n", 0, block.start()) + 1
        if block["program"] is not None:
            found.append(Section(line, block["program"]))
        else:
            found[-1].commands += _commands(block["console"], line + 1)
    return [section for section in found if section.commands]


def _commands(block: str, first_line: int) -> list[Command]:
    commands: list[Command] = []
    for number, line in enumerate(block.splitlines(), first_line):
        if line.startswith("$ "):
            commands.append(Command(number, line[2:], []))
            continue
        command = commands[-1]  # IndexError: the block begins with no command
        if line.startswith("> ") and not command.expected:
            command.text += f"\n{line[2:]}"
        elif line == "^C":
            command.interrupted = True
        else:
            command.expected.append(line)
    return commands


def shape(lines: list[str]) -> re.Pattern[str]:
    """Return what matches output of the same shape as lines."""
    return re.compile(
        "".join(r"(?:.*\n)*?" if line.strip() == "..." else _shape(line) for line in lines)
    )


def _shape(line: str) -> str:
    regex, at = "", 0
    for part in _PARTS.finditer(line):
        regex += re.escape(line[at : part.start()]) + _AS_REGEX[str(part.lastgroup)]
        at = part.end()
    return regex + re.escape(line[at:]) + r"[^\S\n]*\n"
