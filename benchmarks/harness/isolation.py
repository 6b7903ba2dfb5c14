"""Names, folders and a /dev/shm that only one measurement uses, and programs that answer once."""

from __future__ import annotations

import functools
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import peers

from harness.workers import Failed

BENCHMARKS = Path(__file__).parents[1]
SHARED = Path("/dev/shm")

PRIVATE = "BENCHMARK_PRIVATE"
"""Set for a program with a /dev/shm of its own."""

_MOUNT = 'mount -t tmpfs -o size="$0" tmpfs /dev/shm && mkdir -p "$SHM_PUB_SUB_DIR" && exec "$@"'
_OWN_MEMORY = ["unshare", "-rm", "sh", "-c", _MOUNT]

_numbers = itertools.count()


@contextmanager
def own_domain() -> Iterator[Path]:
    """Keep the benchmark's topics apart from everyone else's."""
    folder = Path(tempfile.mkdtemp(prefix="shm_pub_sub.bench.", dir=SHARED))
    os.environ["SHM_PUB_SUB_DIR"] = str(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def own_names(number: int = 0) -> Iterator[Path]:
    """Give a part a folder and a name of its own, and remove what its peers leave."""
    with own_domain() as folder:
        folder.chmod(0o755)
        run = os.environ["BENCHMARK_RUN"] = f"b{os.getpid()}x{number}"
        os.environ["BENCHMARK_FOLDER"] = str(folder)
        try:
            yield folder
        finally:
            peers.remove_named(run)


@contextmanager
def surroundings() -> Iterator[dict[str, str]]:
    """Yield an environment whose names are unique, and remove what is left under them."""
    run = f"{os.environ['BENCHMARK_RUN']}n{next(_numbers)}e"
    sockets = tempfile.mkdtemp(prefix=f"{run}.")  # not in /dev/shm, which may be full
    topics = tempfile.mkdtemp(prefix=f"bench.{run}.", dir=SHARED)
    own = {"BENCHMARK_RUN": run, "BENCHMARK_FOLDER": sockets, "SHM_PUB_SUB_DIR": topics}
    own["PYTHONPATH"] = str(BENCHMARKS)
    try:
        yield {**os.environ, **own}
    finally:
        shutil.rmtree(sockets, ignore_errors=True)
        peers.remove_named(run)


@functools.cache
def has_namespaces() -> bool:
    """It reports whether a program may have a /dev/shm of its own."""
    if shutil.which("unshare") is None:
        return False
    command = [*_OWN_MEMORY, "64k", "true"]
    own = {**os.environ, "SHM_PUB_SUB_DIR": "/dev/shm"}
    return subprocess.run(command, check=False, capture_output=True, env=own).returncode == 0


def ask(
    program: str,
    *arguments: object,
    environment: Mapping[str, str],
    timeout: float,
    memory: str = "50%",
) -> Any:
    """Run a program of benchmarks/ and return its last line, which is JSON.

    It ends after timeout seconds, with everything it started. Failed says why there is no answer.
    If namespaces are available it has a /dev/shm of its own, of that size: nothing stays behind.
    """
    command: list[str | Path] = [sys.executable, BENCHMARKS / program, *map(str, arguments)]
    if has_namespaces():
        command = [*_OWN_MEMORY, memory, *command]
        environment = {**environment, PRIVATE: "1"}
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env=environment,
            start_new_session=True,
        )
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failed(f"no end within {timeout:.0f} s") from None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # it, or children it left
            process.wait()
        lines = _lines(output)
        if process.returncode == 0 and lines:
            try:
                return json.loads(lines[-1])
            except ValueError:
                raise Failed(f"its answer is {lines[-1][:80]!r}") from None
        raise Failed(_why_ended(process.returncode, (_lines(errors) or ["it printed nothing"])[-1]))


def _lines(file: Any) -> list[str]:
    file.seek(0)
    text: str = file.read().decode(errors="replace")
    return text.strip().splitlines()


def _why_ended(code: int, last_words: str) -> str:
    if code >= 0:
        return last_words
    with suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
