"""A page of the documentation: its blocks, and what the commands on it print.

    <!-- domain
    import shm_pub_sub
    pub = shm_pub_sub.Publisher("robot/speed", 0.0)
    print("ready")
    input()
    -->

A Python program in a comment prepares a domain for the blocks from there to the next such comment.
It prints "ready", and may run on until its standard input ends; to `list -v` it is
`python publisher.py`. Before the first one the domain is empty. The blocks of a domain share a
folder. A block that begins with `# name.py`, or another name, is a file that the commands use; any
other python block is a program by itself. In a console block

    $ shm-pub-sub list -c | cat      a command, for bash; "> " continues it
    1                                what it prints, stderr included
    ...                              as the last line: it goes on beside what follows
    ^C                               as the last line: Ctrl-C ends it

and in what it prints a number stands for any number, a time as 1.2 s for any time, spaces for any
spaces, `...` for any text, a line `...` for any lines, and /dev/shm for the test's own directory.

`<!-- not run: why -->` excepts a block. Before a python block, `<!-- mypy: code, code -->` names
the errors that mypy finds in it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .paths import DOCS

_BLOCK = re.compile(
    r"^<!-- domain\n(?P<program>(?s:.*?))^-->$|"
    r"^(?:<!-- mypy: (?P<mypy>.+) -->\n)?(?:<!-- not run: (?P<excuse>.+) -->\n)?"
    r"```(?P<language>\S+)\n(?P<text>(?s:.*?))^```$",
    re.MULTILINE,
)
_TIME = r"\d+(?:\.\d+)? (?:ns|us|ms|s)\b"
_NUMBER = r"(?<![\w.])-?\d+(?:\.\d+)*(?:e[-+]?\d+)?"
_AS_REGEX = {
    "domain": (r"/dev/shm", r"/dev/shm(?:/shm_pub_sub-test-[^\s/]+)?"),
    "any": (r"\.\.\.", r".*?"),
    "time": (_TIME, _TIME),
    "number": (_NUMBER, r"-?\d+(?:\.\d+)*(?:e[-+]?\d+)?"),
    "spaces": (r"\s+", r"\s+"),
}
_PARTS = re.compile("|".join(f"(?P<{name}>{part})" for name, (part, _) in _AS_REGEX.items()))


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
class Section:
    """What runs in one domain."""

    page: str
    line: int
    program: str = ""
    blocks: list[Block] = field(default_factory=list)


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
        return shape(self.expected[:-1] if self.goes_on or self.interrupted else self.expected)


def sections(page: str) -> list[Section]:
    """Return the parts of a page that have blocks."""
    text = (DOCS / page).read_text(encoding="utf-8")
    found = [Section(page, 1)]
    for match in _BLOCK.finditer(text):
        if match["program"] is not None:
            line = text.count("\n", 0, match.start()) + 1
            found.append(Section(page, line, match["program"]))
            continue
        line = text.count("\n", 0, match.start("text"))
        errors = frozenset(match["mypy"].split(", ") if match["mypy"] else ())
        block = Block(page, line, match["language"], match["text"], match["excuse"], errors)
        found[-1].blocks.append(block)
    return [section for section in found if section.blocks]


def blocks(page: str) -> Iterator[Block]:
    for section in sections(page):
        yield from section.blocks


def commands(block: Block) -> list[Command]:
    found: list[Command] = []
    for number, line in enumerate(block.text.splitlines(), block.line + 1):
        if line.startswith("$ "):
            found.append(Command(number, line[2:]))
            continue
        assert found, f"{block.page}:{number}: output of no command"
        if line.startswith("> ") and not found[-1].expected:
            found[-1].text += f"\n{line[2:]}"
        else:
            found[-1].expected.append(line)
    return found


def shape(lines: list[str]) -> "re.Pattern[str]":
    """Return what matches output of the same shape as lines."""
    return re.compile(
        "".join(r"(?:.*\n)*?" if line.strip() == "..." else _shape(line) for line in lines)
    )


def _shape(line: str) -> str:
    regex, at = "", 0
    for part in _PARTS.finditer(line):
        regex += re.escape(line[at : part.start()]) + _AS_REGEX[str(part.lastgroup)][1]
        at = part.end()
    return regex + re.escape(line[at:]) + r"[^\S\n]*\n"
