"""Every block of the pages that newcomers read runs, and prints what the page says."""

import ast
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import pages
from support.pages import Block, Command
from support.programs import VARIABLE, Run

README = "../README.md"
PAGES = [README, "index.md", "tutorial.md", "testing.md", "containers.md", "migration.md", "faq.md"]
ELSEWHERE = (
    "receiving.md",  # examples/test_pages.py
    "memory-layout.md",  # examples/test_c.py
    "notebooks.md",  # notebook/
    "command-line/",  # cli/test_pages.py
    "api.md",  # test_api.py
)
BLOCKS = [block for page in PAGES for block in pages.blocks(page)]
DEADLINE = 30.0  # seconds
# Ctrl-C works even where the tests run in the background.
BASH = ["env", "--default-signal=INT", "bash", "-c"]


class Terminals:
    """Runs a page's commands, those that go on beside the others."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[tuple[subprocess.Popen[bytes], Path]] = []

    def run(self, command: Command) -> None:
        """Wait until it has printed what it should; end it, if the page does."""
        output = self._folder / f".output{len(self._started)}"
        process = self._start(command.text, output)
        shape, deadline = command.shape(), time.monotonic() + DEADLINE
        lasts = command.goes_on or command.interrupted
        while process.poll() is None and not (lasts and shape.match(output.read_text())):
            assert time.monotonic() < deadline, f"{command.text}\n{output.read_text()}"
            time.sleep(0.01)
        text = output.read_text()
        if not lasts:
            assert shape.fullmatch(text), f"line {command.line}: {command.text}\n{text}"
            return
        assert process.poll() is None, f"line {command.line}: {command.text}: it ended\n{text}"
        if command.interrupted:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(DEADLINE)
            assert "Traceback" not in output.read_text()

    def end(self) -> None:
        for process, _ in self._started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGINT)
        for process, output in self._started:
            try:
                process.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                pytest.fail(f"Ctrl-C does not end it\n{output.read_text()}")

    def _start(self, text: str, output: Path) -> "subprocess.Popen[bytes]":
        with output.open("wb") as out:
            process = subprocess.Popen(
                [*BASH, text],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={
                    **os.environ,
                    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                    "PYTHONUNBUFFERED": "1",
                    **VARIABLE,
                    "PYTEST_ADDOPTS": "-p no:cacheprovider -p no:hypothesispytest",
                    "COLUMNS": "80",
                },
                start_new_session=True,
            )
        self._started.append((process, output))
        return process


@pytest.fixture
def terminals(tmp_path: Path, shm_dir: Path) -> Iterator[Terminals]:
    terminals = Terminals(tmp_path)
    yield terminals
    terminals.end()


@pytest.mark.shm_leaves_files("what the commands of a page leave is the page's own affair")
@pytest.mark.parametrize("page", PAGES)
def test_commands_print_what_the_page_says(page: str, terminals: Terminals, tmp_path: Path) -> None:
    for block in pages.blocks(page):
        if block.file:
            (tmp_path / block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "console" and not block.excuse:
            for command in pages.commands(block):
                terminals.run(command)


def _programs() -> Iterator[object]:
    for block in BLOCKS:
        if block.language == "python" and not block.file and not block.excuse:
            yield pytest.param(block, id=f"{block.page}:{block.line}")


@pytest.mark.parametrize("block", [*_programs()])
def test_program_runs_by_itself(block: Block, run_python: Run, tmp_path: Path) -> None:
    ended = run_python(block.text, cwd=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("page", PAGES)
def test_every_block_is_run_or_says_why_not(page: str) -> None:
    for block in pages.blocks(page):
        where = f"{page}:{block.line}"
        if block.language == "python":
            ast.parse(block.text)
        elif block.language == "yaml":
            services = pytest.importorskip("yaml").safe_load(block.text)["services"]
            assert all("image" in service or "build" in service for service in services.values())
        elif block.language != "console":
            assert block.excuse, f"{where}: {block.language} is nothing that can be run"
        assert not block.excuse or len(block.excuse) > 5, where


def test_every_page_with_blocks_is_tested() -> None:
    found = {str(path.relative_to(pages.DOCS)) for path in pages.DOCS.rglob("*.md")}
    with_blocks = {page for page in found if any(pages.blocks(page))}
    assert {page for page in with_blocks if not page.startswith(ELSEWHERE)} == {*PAGES} - {README}


@pytest.mark.parametrize("page", PAGES)
def test_every_file_of_a_page_is_used(page: str) -> None:
    found = [*pages.blocks(page)]
    used = "\n".join(block.text for block in found if block.language == "console")
    for block in found:
        assert block.file is None or block.file in used, f"{page}:{block.line}: nobody runs it"


@pytest.mark.parametrize(
    ("console", "complaint"),
    [
        ("$ echo one\ntwo\n", "line 2: echo one"),
        ("$ echo one 2\none two\n", "line 2: echo one"),
        ("$ echo 1\n2\nmore\n...\n", "it ended"),
        ("$ false\n$ true; echo 1\n...\n2 3\n", "line 3: true"),
        ("no command\n", "output of no command"),
    ],
)
def test_a_page_that_is_wrong_fails(
    console: str,
    complaint: str,
    terminals: Terminals,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "page.md").write_text(f"```console\n{console}```\n", encoding="utf-8")
    monkeypatch.setattr(pages, "DOCS", tmp_path)
    with pytest.raises(AssertionError, match=complaint):
        test_commands_print_what_the_page_says("page.md", terminals, tmp_path)


def test_a_block_that_nobody_runs_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "DOCS", tmp_path)
    for text in ("```rust\nfn main() {}\n```\n", "```yaml\nservices: {a: {}}\n```\n"):
        (tmp_path / "page.md").write_text(text, encoding="utf-8")
        with pytest.raises(AssertionError):
            test_every_block_is_run_or_says_why_not("page.md")
