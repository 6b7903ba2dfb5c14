"""The page on notebooks and the tutorial notebook run cell by cell in a kernel, several times."""

import importlib.util
import re
from pathlib import Path

import pytest
from support.paths import ROOT

from .conftest import Notebook

nbformat = pytest.importorskip("nbformat")

TUTORIAL = ROOT / "examples" / "tutorial.ipynb"
THREADS = "import threading; print(threading.active_count())"

JOIN = """
for thread in threading.enumerate():
    if "wave" in thread.name or "move" in thread.name:
        thread.join(20)
"""

END = f"""
alarm.close()
pub.close()
{JOIN}
"""


def blocks() -> list[str]:
    page = (ROOT / "docs" / "notebooks.md").read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def cells() -> list[str]:
    notebook = nbformat.read(TUTORIAL, as_version=4)
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def tutorials_end() -> str:
    """Return the code in its last cell, which is text, so that Run All does not run it."""
    last = nbformat.read(TUTORIAL, as_version=4).cells[-1]
    assert last.cell_type == "markdown"
    (code,) = re.findall(r"^```python\n(.*?)^```$", last.source, re.MULTILINE | re.DOTALL)
    return f"{code}\n{JOIN}"


def failed(output: str) -> bool:
    return re.search(r"^\w*(Error|Warning): ", output, re.MULTILINE) is not None


@pytest.mark.parametrize("document", [blocks, cells])
def test_all_cells_of_a_document_run_and_run_again(
    notebook: Notebook, document: object, tmp_path: Path
) -> None:
    pytest.importorskip("pandas")
    pytest.importorskip("matplotlib")
    notebook.run(f"%cd -q {tmp_path}")
    code = document()  # type: ignore[operator]
    assert len(code) >= 5
    for run in range(3):
        for number, cell in enumerate(code):
            output = notebook.run(cell, f"cell {number}")
            assert not failed(output), f"{output} in run {run} of {cell}"
    for number, cell in enumerate(code):  # each twice in a row
        for _ in range(2):
            assert not failed(notebook.run(cell, f"cell {number}")), cell
    assert notebook.run(END if document is blocks else tutorials_end()) == ""


def test_ten_runs_of_a_page_leave_no_more_threads(notebook: Notebook, tmp_path: Path) -> None:
    notebook.run(f"%cd -q {tmp_path}")
    code = [cell for cell in blocks() if "save" not in cell]
    for number, cell in enumerate(code):
        notebook.run(cell, f"cell {number}")
    threads = int(notebook.run(THREADS))
    for _ in range(9):
        for number, cell in enumerate(code):
            notebook.run(cell, f"cell {number}")
    settle = (
        "import time; end = time.monotonic() + 20\n"
        f"while threading.active_count() > {threads} and time.monotonic() < end: time.sleep(0.05)\n"
        "print(threading.active_count())"
    )
    assert int(notebook.run(settle)) == threads
    assert notebook.run(END) == ""


def test_the_tutorial_runs_in_nbclient_and_shows_what_it_says() -> None:
    client = pytest.importorskip("nbclient")
    notebook = nbformat.read(TUTORIAL, as_version=4)
    robot = next(n for n, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    moves = "while shm_pub_sub.inspect('robot/arm_radians').published < 3: time.sleep(0.01)"
    notebook.cells.insert(robot + 1, nbformat.v4.new_code_cell(moves))  # a sparkline needs two
    open_still = "assert not (angle.closed or gripper.closed or arm.closed)"  # after Run All
    notebook.cells.append(nbformat.v4.new_code_cell(open_still))
    client.NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    html = [
        output.data.get("text/html", "")
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "data" in output
    ]
    assert sum("robot/arm_radians" in text for text in html) >= 3
    assert sum("<svg" in text for text in html) == 2, "the plot and the sparkline"


def test_the_picture_is_small_and_shows_a_part_of_the_tutorial_that_is_there() -> None:
    path = ROOT / "docs" / "screenshots" / "notebook.py"
    spec = importlib.util.spec_from_file_location("notebook_picture", path)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    shown = script.shown_part(nbformat.read(TUTORIAL, as_version=4))["cells"]
    assert shown[-1].cell_type == "code"
    for beginning in (script.FIRST, script.AGAIN):
        assert any(cell.source.startswith(beginning) for cell in shown)
    assert 10_000 < script.IMAGE.stat().st_size <= script.LARGEST
    page = (ROOT / "docs" / "notebooks.md").read_text(encoding="utf-8")
    assert f"(images/{script.IMAGE.name})" in page


def test_the_tutorial_is_committed_without_outputs() -> None:
    notebook = nbformat.read(TUTORIAL, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
