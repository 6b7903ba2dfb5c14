"""kill -9 at each store and system call of programs that take, publish, pin, unpin and sweep.

Afterwards no value is torn, and no chunk and no entry is missing.
"""

import mmap
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sanitizers._compile import PROTOCOL, compile_c, compiler
from support.programs import run

from ._ptrace import Traced

pytestmark = [pytest.mark.usefixtures("ptrace"), pytest.mark.timeout(300)]

HEADER = 65536
STORES = {
    # A slot made odd; two words of the chunk; time, chunk, length, even, head.
    "publish": 1 + 2 + 5,
    "drop": 1 + 2,
    "late": 1 + 2 + 5 + 1 + 2 + 4,  # the slot had that length
    # An entry, which is cleared again; sweep clears two before.
    "view": 2,
    "copy": 2,
    "sweep": 4,
}
"""How often each changes the shared memory."""

READERS = ["view", "copy", "sweep"]


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = tmp_path_factory.mktemp("victim") / "pins_victim"
    parts = [str(path) for path in PROTOCOL.glob("*.c")]
    compile_c(compiler(), ["-O2", *parts], Path(__file__).parent / "pins_victim.c", program)
    return program


def snapshot(memory: mmap.mmap) -> bytes:
    return memory[:64] + memory[HEADER : HEADER + 512] + memory[2 * HEADER :]


class Victims:
    """One after the other, each with a new file."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program, self.file = program, folder / "pins"

    def do(self, role: str) -> None:
        done = run(self._program, self.file, role, timeout=60)
        wanted = -signal.SIGKILL if role == "leave" else 0
        assert (done.returncode, done.stderr) == (wanted, "")

    @contextmanager
    def begun(self, role: str) -> Iterator[Traced]:
        """One that is about to act. It is killed at the end, and what it leaves is checked."""
        self.do("create")
        if role == "sweep":
            self.do("leave")
        command = [self._program, self.file, role]
        with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
            assert process.stdin is not None
            with Traced(process.pid) as traced:
                process.stdin.write(b"\n")
                process.stdin.flush()
                traced.run_to_mark()
                yield traced
        self.do("check")
        self.file.unlink()


@pytest.fixture
def victims(victim: Path, shm_dir: Path) -> Victims:
    return Victims(victim, shm_dir)


@contextmanager
def mapped(path: Path) -> Iterator[mmap.mmap]:
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
        yield memory


def step_to_store(traced: Traced, memory: mmap.mmap) -> bool:
    before = snapshot(memory)
    while traced.step():
        if snapshot(memory) != before:
            return True
    return False


@pytest.mark.parametrize("role", STORES)
def test_a_kill_after_any_store_tears_nothing_and_loses_nothing(
    victims: Victims, role: str
) -> None:
    killed_after, ended = 0, False
    while not ended:
        with victims.begun(role) as traced, mapped(victims.file) as memory:
            for _ in range(killed_after):
                ended |= not step_to_store(traced, memory)
        killed_after += 1
    assert killed_after - 2 == STORES[role]


def test_a_view_is_whole_wherever_it_meets_the_writer(victims: Victims) -> None:
    steps, ended = 0, False
    while not ended:
        with victims.begun("look") as traced:
            for _ in range(steps):
                ended |= not traced.step()
            victims.do("write")
            if not ended:
                traced.run_to_mark()
        steps += 1
    assert steps > 50


@pytest.mark.parametrize("role", READERS)
def test_a_kill_around_any_system_call_loses_no_entry(victims: Victims, role: str) -> None:
    killed_at, ended, calls = 0, False, 0
    while not ended:
        with victims.begun(role) as traced:
            for _ in range(killed_at):
                ended |= traced.step_to_call() is None
        calls, killed_at = killed_at - 1, killed_at + 1
    assert calls > 20
