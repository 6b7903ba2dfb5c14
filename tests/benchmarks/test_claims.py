"""The results' page, its plots and the documents' figures are what results.json says."""

import json
import sys
from pathlib import Path

import claims
import pytest
from support.programs import run

DOCUMENT = """# Cost

<!-- figures: begin summary -->
something typed
<!-- figures: end summary -->
"""


def test_the_documents_are_what_the_committed_results_say() -> None:
    command = [sys.executable, claims.__file__, "--check"]
    ended = run(*command, timeout=300)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_block_is_rewritten_and_nothing_else() -> None:
    results = json.loads((Path(claims.RESULTS) / "results.json").read_text())
    text = claims.rewritten(DOCUMENT, results)
    assert text.startswith("# Cost\n\n<!-- figures: begin summary -->\n| median | ours |")
    assert text.endswith(" |\n<!-- figures: end summary -->\n")
    assert "something typed" not in text
    results["parts"]["calls"]["rows"]["ours"]["ns"]["publish"]["median"] = 12345.0
    assert "**12.3 us**" in claims.rewritten(text, results)


@pytest.mark.parametrize("wrong", ["begin summary", "end summary"])
def test_a_block_with_an_unknown_name_or_no_end_is_an_error(wrong: str) -> None:
    results = json.loads((Path(claims.RESULTS) / "results.json").read_text())
    with pytest.raises(SystemExit, match="a block of figures"):
        claims.rewritten(DOCUMENT.replace(wrong, f"{wrong}s"), results)
