"""The page on notebooks and the tutorial notebook run cell by cell in a kernel, several times."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from support.paths import ROOT

from .conftest import Notebook

nbformat = pytest.importorskip("nbformat")

TUTORIAL = ROOT / "examples" / "tutorial.ipynb"
RECORDING = ROOT / "examples" / "recording.ipynb"
NOTEBOOKS = (TUTORIAL, RECORDING)
THREADS = "import threading; print(threading.active_count())"

JOIN = """
for thread in threading.enumerate():
    if any(name in thread.name for name in ("wave", "move", "drive")):
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


def cells(path: Path) -> list[str]:
    notebook = nbformat.read(path, as_version=4)
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def end_of(path: Path) -> str:
    """Return the code in its last cell, which is text, so that Run All does not run it."""
    last = nbformat.read(path, as_version=4).cells[-1]
    assert last.cell_type == "markdown"
    (code,) = re.findall(r"^```python\n(.*?)^```$", last.source, re.MULTILINE | re.DOTALL)
    return f"{code}\n{JOIN}"


def sooner(cell: str) -> str:
    """Return a cell that records for a shorter time."""
    return cell.replace("--duration 3", "--duration 0.5")


def failed(output: str) -> bool:
    return re.search(r"^\w*(Error|Warning): ", output, re.MULTILINE) is not None


@pytest.mark.parametrize(
    "path",
    [None, TUTORIAL, pytest.param(RECORDING, marks=pytest.mark.soak)],
    ids=["page", "tutorial", "recording"],
)
def test_all_cells_of_a_document_run_and_run_again(
    notebook: Notebook, path: Path | None, tmp_path: Path
) -> None:
    for module in ("pandas", "matplotlib", "mcap"):
        pytest.importorskip(module)
    notebook.run(f"%cd -q {tmp_path}")
    code = [sooner(cell) for cell in (blocks() if path is None else cells(path))]
    assert len(code) >= 5
    for run in range(3):
        for number, cell in enumerate(code):
            output = notebook.run(cell, f"cell {number}")
            assert not failed(output), f"{output} in run {run} of {cell}"
    for number, cell in enumerate(code):  # each twice in a row
        for _ in range(2):
            assert not failed(notebook.run(cell, f"cell {number}")), cell
    assert notebook.run(END if path is None else end_of(path)) == ""


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


def test_a_recording_becomes_a_frame_and_a_picture(tmp_path: Path) -> None:
    client = pytest.importorskip("nbclient")
    for module in ("pandas", "matplotlib", "mcap"):
        pytest.importorskip(module)
    notebook = nbformat.read(RECORDING, as_version=4)
    for cell in notebook.cells:
        cell.source = sooner(cell.source)
    folder = {"metadata": {"path": str(tmp_path)}}  # of its recording
    client.NotebookClient(notebook, timeout=60, kernel_name="python3", resources=folder).execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    shown = ["".join(str(output.get("data", "")) for output in cell.outputs) for cell in code]
    assert not [output for cell in code for output in cell.outputs if "stderr" in str(output)]
    assert "m/s^2" in shown[2]
    assert "points from above" in shown[3]
    assert shown[3].count("<img") == 1
    assert "rover/lidar" in shown[5]
    assert "image/png" in shown[6], "the sensor's curves"
    assert "tilt" in shown[6]
    assert "image/png" in shown[7], "the camera's frame"


def script() -> ModuleType:
    path = ROOT / "docs" / "screenshots" / "notebook.py"
    spec = importlib.util.spec_from_file_location("notebook_picture", path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.mark.parametrize("n", range(len(NOTEBOOKS)))
def test_a_picture_is_small_and_shows_a_part_of_its_notebook_that_is_there(n: int) -> None:
    taken = script()
    shot = taken.SHOTS[n]
    shown = [nbformat.from_dict(cell) for cell in taken.shown_part(shot)["cells"]]
    assert shown[-1].cell_type == "code"
    for beginning in (shot.first, shot.again):
        assert any("".join(cell.source).startswith(beginning) for cell in shown)
    assert 10_000 < shot.image.stat().st_size <= taken.LARGEST
    page = (ROOT / "docs" / "notebooks.md").read_text(encoding="utf-8")
    assert f"(images/{shot.image.name})" in page


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
