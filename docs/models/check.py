"""Check the protocol's models exhaustively with spin, and that it finds what is broken on purpose.

    python3 docs/models/check.py                small sizes, one fault each: a minute, 2 GB
    python3 docs/models/check.py --full         large sizes, all faults: 20 minutes, 4 GB
    python3 docs/models/check.py ring           only the runs whose name begins so

Exit status: 0 all is as it should be, 1 it is not, 2 wrong usage, 3 spin or the compiler missing.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
COMPILER = shlex.split(os.environ.get("CC", "cc"))
MISSING = 3


@dataclass(frozen=True)
class Run:
    """One model with some of its parameters; finds is what spin must say of a control."""

    model: str
    defines: str = ""
    finds: str = ""
    full: bool = False

    @property
    def name(self) -> str:
        """The model and its parameters, as a user types them."""
        return f"{self.model} {self.defines}".strip()

    @property
    def memory(self) -> int:
        """The most that the search may take, MB: small ones run two at a time."""
        return 4000 if self.full else 900


def ring() -> Iterator[Run]:
    """Yield the runs of ring.pml."""
    yield Run("ring")
    yield Run("ring", "SLOTS=3")
    yield Run("ring", "SLOTS=4", full=True)
    yield Run("ring", "NO_FIRST_CHECK")
    yield Run("ring", "EVEN_EARLY")
    yield Run("ring", "NO_SECOND_CHECK", finds="assertion violated")
    yield Run("ring", "NO_ODD", finds="assertion violated")
    yield Run("ring", "ODD_LATE", finds="assertion violated")
    yield Run("ring", "HEAD_EARLY", finds="assertion violated")
    yield Run("ring", "SLOTS=1", finds="assertion violated")


def eventcount() -> Iterator[Run]:
    """Yield the runs of eventcount.pml."""
    yield Run("eventcount", "WAITERS=2")
    yield Run("eventcount", "VALUES=2", full=True)
    yield Run("eventcount", "NOBODY_GIVES_UP", full=True)
    yield Run("eventcount", "WAITERS=2 FLAG", finds="invalid end state")
    yield Run("eventcount", "WAITERS=2 NO_SECOND_LOOK", finds="invalid end state")
    yield Run("eventcount", "WAITERS=2 NOTIFY_EARLY", finds="invalid end state")
    yield Run("eventcount", "WAITERS=2 NO_SLICES", finds="invalid end state")
    yield Run("eventcount", "WAITERS=2 GIVE_UP_FOR_ALL", finds="invalid end state")
    yield Run("eventcount", "WAKE_ONE", finds="invalid end state")


def ownership() -> Iterator[Run]:
    """Yield the runs of ownership.pml."""
    yield Run("ownership", "R=1")
    yield Run("ownership", "SUBSCRIBERS=0")
    yield Run("ownership", "RETAIN=1 REMOVERS=0")
    yield Run("ownership", "N=3 R=1 SUBSCRIBERS=0", full=True)
    yield Run("ownership", "N=3 REMOVERS=0 SUBSCRIBERS=0", full=True)
    yield Run("ownership", "N=3 R=1 REMOVERS=0", full=True)
    yield Run("ownership", "NO_STAT_CHECK", finds="assertion violated")
    yield Run("ownership", "ONE_LOCK", finds="assertion violated")
    yield Run("ownership", "UNLOCK_EARLY", finds="assertion violated")
    yield Run("ownership", "NO_SUCCESSOR_UNLINK", finds="assertion violated")
    yield Run("ownership", "NO_RETIRED_LOOK", finds="assertion violated")
    yield Run("ownership", "RETAIN=1 REMOVERS=0 RETIRE_EARLY", finds="assertion violated")


def pins() -> Iterator[Run]:
    """Yield the runs of pins.pml."""
    yield Run("pins")
    yield Run("pins", "VIEWS=0 VALUES=4")
    yield Run("pins", "READERS=1 BYTES=2 VIEWS=2")
    yield Run("pins", "READERS=1 KEEP VALUES=5")
    yield Run("pins", "READERS=1 KEEP LOANS=2 VALUES=4")
    yield Run("pins", "VIEWS=0 BYTES=3", full=True)
    yield Run("pins", "VIEWS=0 LOANS=2", full=True)
    yield Run("pins", "READERS=1 BYTES=3", full=True)
    yield Run("pins", "VALUES=4", full=True)
    yield Run("pins", "SLOTS=3 VALUES=4", full=True)
    yield Run("pins", "VIEWS=0 SLOTS=3 VALUES=5", full=True)
    yield Run("pins", "VIEWS=0 BYTES=3 VALUES=4", full=True)
    yield Run("pins", "VIEWS=0 LOANS=2 VALUES=4", full=True)
    yield Run("pins", "READERS=1 BYTES=2 VALUES=5", full=True)
    yield Run("pins", "KEEP", full=True)
    yield Run("pins", "VIEWS=0 NO_CLEAR_ON_ACQUIRE TORN", full=True)
    torn, leak = "assertion violated (content[", "assertion violated ((0!=0)|| !("
    yield Run("pins", "VIEWS=0 WEAK_SEQ", finds=torn)
    yield Run("pins", "VIEWS=0 WEAK_PIN", finds=torn)
    yield Run("pins", "VIEWS=0 WEAK_CLEAR", finds=torn)
    yield Run("pins", "VIEWS=0 ASK_THEN_CLEAR TORN", finds=torn)
    yield Run("pins", "VIEWS=0 SWEEP_OWN TORN", finds=torn)
    yield Run("pins", "VIEWS=0 SHARED_BYTE TORN", finds=torn)
    yield Run("pins", "VIEWS=0 UNLOCK_FIRST TORN", finds=torn)
    yield Run("pins", "VIEWS=0 NO_CLEAR_ON_ACQUIRE", finds=leak)
    yield Run("pins", "VIEWS=0 SCAN_FIRST", finds=torn)
    yield Run("pins", "VIEWS=0 NO_RECHECK", finds=torn)
    yield Run("pins", "VIEWS=0 ONE_CHUNK_LESS", finds="assertion violated (taken")
    yield Run("pins", "VALUES=4 ONE_CHUNK_LESS", finds="assertion violated (taken")
    yield Run("pins", "VIEWS=0 VALUES=4 SCAN_PER_CHUNK", finds="assertion violated 0")
    yield Run("pins", "VIEWS=0 LOANS=2 LOAN_NO_ODD", finds="violated (whole||(sequence[")


def pins_takeover() -> Iterator[Run]:
    """Yield the runs of pins_takeover.pml."""
    yield Run("pins_takeover")
    yield Run("pins_takeover", "OLD_VALUES=3", full=True)
    yield Run("pins_takeover", "VALUES=4", full=True)
    yield Run("pins_takeover", "VIEWS=1", full=True)
    yield Run("pins_takeover", "BYTES=2", full=True)
    yield Run("pins_takeover", "OLD_PIN", finds="violated (content[((f*")
    yield Run("pins_takeover", "CARRY_EARLY", finds="violated ((copied==k)")
    yield Run("pins_takeover", "OLD_BYTE TORN", finds="violated (content[((viewFile*")
    yield Run("pins_takeover", "OLD_ENTRY", finds="violated  !((((pin[((viewFile*")
    yield Run("pins_takeover", "NO_HOLD", finds="violated  !((((pin[((file*")


def watch() -> Iterator[Run]:
    """Yield the runs of watch.pml."""
    yield Run("watch")
    yield Run("watch", "VALUES=5", full=True)
    yield Run("watch", "NO_SECOND_LOOK", finds="invalid end state")
    yield Run("watch", "NO_KICK", finds="invalid end state")
    yield Run("watch", "UNLISTED", finds="invalid end state")
    yield Run("watch", "LOAD_LATE", finds="invalid end state")
    yield Run("watch", "VALUES=5 ANNOUNCE_ALWAYS", finds="assertion violated")


def sleeper() -> Iterator[Run]:
    """Yield the runs of sleeper.pml."""
    yield Run("sleeper")
    yield Run("sleeper", "VALUES=2", full=True)
    yield Run("sleeper", "VALUES=3", full=True)
    yield Run("sleeper", "NO_KICK", finds="invalid end state")
    yield Run("sleeper", "NO_END_KICK", finds="invalid end state")
    yield Run("sleeper", "NO_EPOCH", finds="invalid end state")
    yield Run("sleeper", "ONLY_WAITING", finds="invalid end state")
    yield Run("sleeper", "NO_HOLD", finds="invalid end state")
    yield Run("sleeper", "NO_SECOND_LOOK", finds="invalid end state")


RUNS = [*ownership(), *ring(), *pins(), *pins_takeover(), *eventcount(), *watch(), *sleeper()]


def chosen(*, full: bool) -> list[Run]:
    """Return all runs; or those of small sizes, with the first of each model's controls."""
    controls = {run.model: run for run in reversed(RUNS) if run.finds}
    return [
        run
        for run in RUNS
        if full or not (run.full or (run.finds and run is not controls[run.model]))
    ]


@dataclass(frozen=True)
class Result:
    """What one search came to; wrong is empty where it is as it should be."""

    run: Run
    wrong: str
    states: int = 0
    depth: int = 0
    megabytes: float = 0
    seconds: float = 0


class Failed(Exception):
    """A tool that could not do its part."""


def call(command: list[str], folder: Path) -> str:
    """Run a tool and return what it printed."""
    done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True)
    output = done.stdout + done.stderr
    if done.returncode != 0:
        raise Failed(f"{command[0]} ended with {done.returncode}:\n{output.strip()}")
    return output


def search(run: Run, folder: Path) -> str:
    """Generate, compile and run the verifier; return its report."""
    defines = [f"-D{define}" for define in run.defines.split()]
    source = call(["spin", *defines, "-a", str(HERE / f"{run.model}.pml")], folder)
    if not (folder / "pan.c").exists():
        raise Failed(f"spin made no verifier:\n{source.strip()}")
    # SAFETY: assertions and invalid end states, no cycles. COLLAPSE: exact, in less memory.
    # What is broken is found at once, so that compiling is what it costs.
    options = [
        "-w",
        "-O0" if run.finds else "-O2",
        "-DSAFETY",
        "-DCOLLAPSE",
        f"-DMEMLIM={run.memory}",
    ]
    call([*COMPILER, *options, "-o", "pan", "pan.c"], folder)
    # -m: the longest path there may be; a longer one is reported, and an error here.
    return call(["./pan", "-m2000000", "-w26" if run.full and not run.finds else "-w23"], folder)


def number(pattern: str, report: str) -> float:
    """Return the number that pattern captures in the report; 0 if there is none."""
    found = re.search(pattern, report)
    return float(found[1]) if found else 0


def unreached(report: str) -> list[str]:
    """Return the statements that no path comes to: a model that says less than it seems to."""
    lines = re.findall(r"^\t(\S+\.pml:\d+, state .*)$", report, re.MULTILINE)
    return [line for line in lines if not line.endswith('"-end-"')]


def verdict(run: Run, report: str) -> str:
    """Return what is wrong with the report; nothing where it is what the run should give."""
    errors = number(r"errors: (\d+)", report)
    stopped = "Search not completed" in report and not (run.finds and errors)
    if "errors:" not in report or stopped:
        return f"the search was not completed:\n{report.strip()}"
    if run.finds:
        if errors == 0:
            return "spin found no error in what is broken on purpose"
        return "" if run.finds in report else f"spin found another error:\n{report.strip()}"
    if errors:
        return f"spin found an error:\n{report.strip()}"
    if "max search depth too small" in report:
        return "the search was not complete: a path was too long"
    if dead := unreached(report):
        return "never reached:\n" + "\n".join(dead)
    return ""


def check(run: Run) -> Result:
    """Search one model in a temporary folder."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="models.") as folder:
        try:
            report = search(run, Path(folder))
        except Failed as error:
            return Result(run, str(error), seconds=time.monotonic() - began)
    return Result(
        run,
        verdict(run, report),
        states=int(number(r"([\d.e+]+) states, stored", report)),
        depth=int(number(r"depth reached (\d+)", report)),
        megabytes=number(r"([\d.]+)\s+total actual memory usage", report),
        seconds=time.monotonic() - began,
    )


def show(result: Result) -> None:
    """Print one line of the table."""
    outcome = "WRONG" if result.wrong else "found" if result.run.finds else "holds"
    print(
        f"{result.run.name:<42} {outcome:<6} {result.states:>12,} {result.depth:>9,}"
        f" {result.megabytes:>8,.0f} {result.seconds:>8.1f}",
        flush=True,
    )


def missing() -> list[str]:
    """Return the programs that are not there."""
    return [program for program in ("spin", COMPILER[0]) if shutil.which(program) is None]


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="the large sizes and all controls too")
    parser.add_argument("names", nargs="*", metavar="NAME", help="how a run's name begins")
    return parser.parse_args()


def main() -> int:
    """Check the runs that the command line asks for."""
    options = arguments()
    if lacks := missing():
        print(f"not here: {', '.join(lacks)} (Debian: apt install spin gcc)", file=sys.stderr)
        return MISSING
    wanted = tuple(options.names) or ("",)
    runs = [run for run in chosen(full=options.full) if run.name.startswith(wanted)]
    if not runs:
        print(f"no run begins with {' or '.join(wanted)}; all runs, with --full:", file=sys.stderr)
        print(*(run.name for run in RUNS), sep="\n", file=sys.stderr)
        return 2
    print(f"{'model':<42} {'':<6} {'states':>12} {'depth':>9} {'MB':>8} {'seconds':>8}")
    # The large ones fill the memory: one at a time.
    with ThreadPoolExecutor(1 if options.full else 2) as workers:
        results = []
        for result in workers.map(check, runs):
            show(result)
            results.append(result)
    wrong = [result for result in results if result.wrong]
    for result in wrong:
        print(f"\n{result.run.name}: {result.wrong}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
