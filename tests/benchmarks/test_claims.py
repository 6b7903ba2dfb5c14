"""That the documents' figures are copied from the results, and that --check sees where not."""

import json
import subprocess
import sys
from pathlib import Path

CLAIMS = Path(__file__).parents[2] / "benchmarks" / "claims.py"
DOCUMENT = """# Cost

<!-- figures: begin machine -->
something typed
<!-- figures: end machine -->

<!-- figures: begin summary -->
<!-- figures: end summary -->

<!-- figures: begin calls -->
<!-- figures: end calls -->
"""


def sample(folder: Path) -> Path:
    """Write results as compare.py does."""

    def row(title: str, ns: float) -> dict[str, object]:
        return {"title": title, "kind": "topic", "trouble": "", "ns": {"publish": [ns, ns, ns]}}

    calls = {
        "rounds": 3,
        "rows": {
            "ours": row("shm_pub_sub", 40.0),
            "slower": row("another", 400.0),
            "slowest": row("a third", 4000.0),
            "memory_struct": row("plain memory", 20.0),
        },
        "floors": {"trouble": "", "ns": {"clock": [32.0, 32.0, 32.0], "loop": [5.0, 5.0, 5.0]}},
    }
    machine = {
        "date": "2026-01-02 03:04 UTC",
        "python": "3.11.7",
        "kernel": "Linux 6",
        "processors": 2,
        "virtualised": True,
        "processor": "A processor",
    }
    results = folder / "results.json"
    results.write_text(json.dumps({"machine": machine, "parts": {"calls": calls}}))
    return results


def claims(results: Path, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, CLAIMS, "--results", results, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_check_says_what_would_change_and_changes_nothing(tmp_path: Path) -> None:
    results, document = sample(tmp_path), tmp_path / "cost.md"
    document.write_text(DOCUMENT)
    ended = claims(results, "--check", document)
    assert ended.returncode == 1
    assert "-something typed" in ended.stdout
    assert "+2026-01-02 03:04 UTC, CPython 3.11.7, Linux 6, 2 virtual processors" in ended.stdout
    assert document.read_text() == DOCUMENT


def test_the_figures_are_the_results(tmp_path: Path) -> None:
    results, document = sample(tmp_path), tmp_path / "cost.md"
    document.write_text(DOCUMENT)
    assert claims(results, document).returncode == 0
    text = document.read_text()
    assert text.startswith("# Cost\n")
    assert "something typed" not in text
    # The floor and the best peer, which plain memory is not, by ratios.
    assert "| **40.0 ns** | 32.0 ns (a C method with `clock_gettime`) | 1.25 |" in text
    assert "| 400 ns (another) | 0.10 |" in text
    assert claims(results, "--check", document).returncode == 0
    document.write_text(text.replace("1.25", "1.05"))
    assert claims(results, "--check", document).returncode == 1


def test_a_block_that_the_results_do_not_have_is_an_error(tmp_path: Path) -> None:
    document = tmp_path / "cost.md"
    for text in (DOCUMENT.replace("calls", "streams"), DOCUMENT.replace("end calls", "end call")):
        document.write_text(text)
        ended = claims(sample(tmp_path), document)
        assert ended.returncode == 1
        assert "figures" in ended.stderr or "no such part" in ended.stderr
        assert document.read_text() == text


def test_the_documents_say_what_the_committed_results_say() -> None:
    ended = subprocess.run(
        [sys.executable, CLAIMS, "--check"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
