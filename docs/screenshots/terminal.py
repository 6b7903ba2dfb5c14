"""Pictures of the command line in a terminal, for the documentation: docs/images/*.svg.

    python docs/screenshots/terminal.py [NAME...]     # list echo hz top plot; all of them

A robot publishes, the commands run in tmux, which is a terminal of its own, and what its screen
shows becomes SVG: text, whatever fonts a reader has. Needs tmux and the extras of shm_pub_sub.
"""

from __future__ import annotations

import argparse
import html
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

IMAGES = Path(__file__).parents[1] / "images"
BIN = Path(sys.executable).parent
DEADLINE = 30.0  # seconds

PROGRAM = """
import math, sys, time
import shm_pub_sub
pubs = {publishers}
print("ready", flush=True)
start = time.monotonic()
for n in range(sys.maxsize):
    t = n / {rate}
    for k, pub in enumerate(pubs):
        pub.publish({value})
    time.sleep(max(0.0, start + t + 1 / {rate} - time.monotonic()))
"""


def program(publishers: str, value: str, rate: float) -> str:
    return PROGRAM.format(
        publishers=publishers.replace("Publisher", "shm_pub_sub.Publisher"), value=value, rate=rate
    )


ROBOT = {
    "lidar.py": program(
        '[Publisher("robot/lidar/distance", 0.0, 500)]',
        "round(2 + math.sin(1.3 * t) + 0.2 * math.sin(7.1 * t), 3)",
        100,
    ),
    "arm.py": program(
        '[Publisher(f"robot/arm/joint{n}/angle", 0.0, 50) for n in range(1, 7)]',
        "round(45 * math.sin(t + k), 2)",
        200,
    ),
    "wheels.py": program(
        '[Publisher(f"robot/wheel/{side}/ticks", 0, 10) for side in ("left", "right")]',
        "137 + n * (3 + k)",
        50,
    ),
    "safety.py": program('[Publisher("robot/estop", False)]', "n % 40 > 36", 4),
    "dashboard.py": """
import shm_pub_sub
subs = [shm_pub_sub.Subscriber(f"robot/{name}") for name in ("lidar/distance", "estop")]
print("ready", flush=True)
for _ in subs[0]:
    pass
""",
    "battery.py": program('[Publisher("robot/battery/volts", 0.0)]', "round(25.2 - t / 9, 2)", 2),
}
KILLED = "battery.py"
SETTINGS = 'Publisher("robot/settings/speed_limit", 0.0, retain=True).publish(1.5)'


@dataclass(frozen=True)
class Picture:
    command: str
    """What is typed after shm-pub-sub; its first word is the verb."""
    columns: int
    lines: int
    ready: Callable[[str], bool]
    """Whether the screen shows what is wanted."""
    keys: tuple[str, ...] = ()
    """Pressed then, before the picture is taken."""


def lines_with(text: str, count: int) -> Callable[[str], bool]:
    return lambda screen: screen.count(text) >= count


PICTURES = {
    "list": Picture("list -v", 136, 20, lines_with("$", 2)),
    "echo": Picture("echo 'robot/wheel/*' --csv -n 6", 100, 20, lines_with("$", 2)),
    "hz": Picture("hz robot/lidar/distance", 100, 20, lines_with("average rate", 3), ("C-c",)),
    "top": Picture("top", 126, 18, lines_with("alive ", 10)),
    "plot": Picture("plot 'robot/arm/joint[1-3]/angle'", 100, 26, lines_with("-10 s", 1)),
}
SETTLE = {"top": 3.0, "plot": 10.0}
"""Seconds that a live picture goes on before it is taken: rates and curves need some time."""

THEME = TerminalTheme(
    (24, 27, 33),
    (214, 218, 224),
    [
        (64, 70, 82),
        (240, 113, 120),
        (137, 209, 133),
        (229, 192, 103),
        (97, 175, 239),
        (198, 140, 235),
        (86, 199, 210),
        (214, 218, 224),
    ],
)

# Rich's own has a font from elsewhere. Each piece has a width, so any font of one width does.
SVG = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
    font-family: ui-monospace, "DejaVu Sans Mono", "Liberation Mono", Menlo, Consolas, monospace;
    font-size: {char_height}px;
    line-height: {line_height}px;
}}
.{unique_id}-title {{ font-size: 18px; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""

TEXT = re.compile(
    r'(?P<begin><text class="[^"]*" )x="(?P<x>[\d.]+)" (?P<y>y="[\d.]+")'
    r' textLength="(?P<length>[\d.]+)"(?P<rest>[^>]*)>(?P<characters>[^<]*)</text>'
)


@contextmanager
def robot(folder: Path) -> Iterator[None]:
    """Have the robot's programs publish in the domain of SHM_PUB_SUB_DIR, one of them killed."""
    processes = []
    try:
        for name, code in ROBOT.items():
            (folder / name).write_text(code, encoding="utf-8")
            process = subprocess.Popen(
                ["python", name],
                executable=sys.executable,
                cwd=folder,
                env=os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}"},  # where python is
                stdout=subprocess.PIPE,
                text=True,
            )
            processes.append(process)
            assert process.stdout is not None
            if process.stdout.readline() != "ready\n":
                raise SystemExit(f"{name} does not start")
            if name == KILLED:
                time.sleep(1.0)  # some values
                process.kill()
        subprocess.run(
            [sys.executable, "-c", f"from shm_pub_sub import Publisher\n{SETTINGS}"], check=True
        )
        yield
    finally:
        for process in processes:
            process.kill()
            process.communicate()


class Tmux:
    """A terminal with a shell in it that knows nothing of this machine."""

    def __init__(self, folder: Path, columns: int, lines: int) -> None:
        self._socket = folder / "tmux"
        shell = {
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "PATH": f"{BIN}:/usr/bin:/bin",
            "PS1": "$ ",
            "SHM_PUB_SUB_DIR": os.environ["SHM_PUB_SUB_DIR"],
        }
        variables = [f"{name}={value}" for name, value in shell.items()]
        size = ("-x", columns, "-y", lines)
        bash = ("env", "-i", "TERM=tmux-256color", *variables, "bash", "--norc", "--noprofile")
        self._do("-f", os.devnull, "new-session", "-d", *size, "-c", folder, *bash)
        self._do("set-option", "-g", "status", "off")

    def type(self, *keys: str) -> None:
        self._do("send-keys", *keys)

    def screen(self, *options: str) -> str:
        return self._do("capture-pane", "-p", *options)

    def wait_for(self, ready: Callable[[str], bool]) -> None:
        deadline = time.monotonic() + DEADLINE
        while not ready(self.screen()):
            if time.monotonic() > deadline:
                raise SystemExit(f"this is not what was expected:\n{self.screen()}")
            time.sleep(0.05)

    def close(self) -> None:
        self._do("kill-server")

    def _do(self, *words: object) -> str:
        return subprocess.run(
            ["tmux", "-u", "-S", self._socket, *map(str, words)],
            check=True,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        ).stdout


def photograph(name: str, picture: Picture, folder: Path) -> None:
    terminal = Tmux(folder, picture.columns, picture.lines)
    try:
        terminal.wait_for(lambda screen: "$" in screen)
        terminal.type(f"shm-pub-sub {picture.command}", "Enter")
        terminal.wait_for(picture.ready)
        time.sleep(SETTLE.get(name, 0.2))
        for key in picture.keys:
            terminal.type(key)
            terminal.wait_for(lambda screen: screen.rstrip().endswith("$"))
        screen = terminal.screen("-e", "-N")
        terminal.type("q")
    finally:
        terminal.close()
    text = screen.rstrip().removesuffix("$")  # the shell waits for the next command
    console = Console(record=True, width=picture.columns, file=io.StringIO(), legacy_windows=False)
    console.print(Text.from_ansi(text.rstrip("\n")), no_wrap=True, crop=True)
    svg = console.export_svg(
        title=f"shm-pub-sub {name}", theme=THEME, code_format=SVG, unique_id=f"terminal-{name}"
    )
    svg = TEXT.sub(placed, svg)
    for private in (str(folder), os.uname().nodename, str(BIN)):
        if private in svg:
            raise SystemExit(f"the picture of {name} shows {private!r}, which is this machine's")
    (IMAGES / f"{name}.svg").write_text(svg, encoding="utf-8")
    print(f"docs/images/{name}.svg")


def placed(text: re.Match[str]) -> str:
    """Give each character its place, where a font may lack some, and another has other widths."""
    characters = html.unescape(text["characters"])
    if characters.replace("\N{NO-BREAK SPACE}", " ").isascii():
        return text[0]
    cell = float(text["length"]) / len(characters)
    places = " ".join(f"{float(text['x']) + n * cell:g}" for n in range(len(characters)))
    return f'{text["begin"]}x="{places}" {text["y"]}{text["rest"]}>{text["characters"]}</text>'


def has_verb(verb: str) -> bool:
    asked = subprocess.run([BIN / "shm-pub-sub", verb, "--help"], capture_output=True, check=False)
    return asked.returncode == 0


def main() -> None:
    parser = argparse.ArgumentParser(description="Take pictures of the command line.")
    parser.add_argument("names", metavar="NAME", nargs="*", help=f"of {', '.join(PICTURES)}")
    wanted = parser.parse_args().names or list(PICTURES)
    if unknown := set(wanted) - set(PICTURES):
        parser.error(f"found {', '.join(sorted(unknown))}; expected some of {', '.join(PICTURES)}")
    if shutil.which("tmux") is None:
        raise SystemExit("no tmux here (Debian: apt install tmux)")
    IMAGES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="shm_pub_sub-pictures-", dir="/dev/shm") as domain,
        tempfile.TemporaryDirectory() as folder,
    ):
        os.environ["SHM_PUB_SUB_DIR"] = domain
        with robot(Path(folder)):
            for name in wanted:
                if has_verb(PICTURES[name].command.split()[0]):
                    photograph(name, PICTURES[name], Path(folder))
                else:
                    print(f"docs/images/{name}.svg: not made, as there is no such verb")


if __name__ == "__main__":
    main()
