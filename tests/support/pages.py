"""What is on a page: its blocks, the files that they are, and the commands with what they print.

A python block that begins with `# name.py` is a file that the page's commands use; any other one is
a program by itself. In a console block `$ command` is followed by what it prints: there numbers may
differ, and `...` stands for any lines. At the end of a command's lines `...` means that it goes on
beside what follows, and `^C` that Ctrl-C ends it. `<!-- not run: why -->` excepts a block. Before a
python block, `<!-- mypy: code, code -->` names the errors that mypy finds in it, as is meant.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .paths import DOCS

BLOCK = re.compile(
    r"^(?:<!-- mypy: (.+) -->\n)?(?:<!-- not run: (.+) -->\n)?```(\S+)\n((?s:.*?))^```$",
    re.MULTILINE,
)
NUMBER = r"-?\d+(\.\d+)?"


@dataclass(frozen=True)
class Block:
    page: str
    line: int
    language: str
    text: str
    excuse: str | None = None
    mypy_errors: frozenset[str] = frozenset()

    @property
    def file(self) -> str | None:
        """The name that its first line gives it."""
        match = re.match(r"# (\S+\.\w+)\n", self.text)
        return match[1] if match else None


@dataclass
class Command:
    line: int
    text: str
    expected: list[str] = field(default_factory=list)

    @property
    def goes_on(self) -> bool:
        return self.expected[-1:] == ["..."]

    @property
    def interrupted(self) -> bool:
        return self.expected[-1:] == ["^C"]

    def shape(self) -> "re.Pattern[str]":
        lines = self.expected[:-1] if self.goes_on or self.interrupted else self.expected
        return re.compile("".join("(.*\n)*?" if line == "..." else _shape(line) for line in lines))


def blocks(page: str) -> Iterator[Block]:
    text = (DOCS / page).read_text(encoding="utf-8")
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start(4))
        errors = frozenset(match[1].split(", ") if match[1] else ())
        yield Block(page, line, match[3], match[4], match[2], errors)


def commands(block: Block) -> Iterator[Command]:
    command = None
    for number, line in enumerate(block.text.splitlines(), block.line + 1):
        if line.startswith("$ "):
            if command is not None:
                yield command
            command = Command(number, line[2:])
        else:
            assert command is not None, f"{block.page}:{number}: output of no command"
            command.expected.append(line)
    if command is not None:
        yield command


def _shape(line: str) -> str:
    """A line's pattern: the same words, whatever the numbers and the width of the gaps."""
    numbers = re.split(r"(?<![\w.])-?\d+(?:\.\d+)?", line)
    gaps = [r"\s+".join(map(re.escape, re.split(r"\s+", part))) for part in numbers]
    return NUMBER.join(gaps) + r"[ \t]*\n"
