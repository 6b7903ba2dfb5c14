"""The changes of Go's runtime fit this Go, or the build fails."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from support.paths import ROOT

SOURCE = ROOT / "shmpubsub" / "guest" / "overlay.py"


@pytest.fixture(scope="module")
def overlay() -> ModuleType:
    spec = importlib.util.spec_from_file_location("overlay", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def goroot() -> Path:
    """That of the Go that builds this tree."""
    sys.path.insert(0, str(ROOT / ".ci"))
    import build_machine  # noqa: PLC0415

    return Path(
        subprocess.check_output(
            ["go", "env", "GOROOT"], env=build_machine.go_environment(), cwd=ROOT, text=True
        ).strip()
    )


def test_only_the_edited_lines_differ(overlay: ModuleType, goroot: Path, tmp_path: Path) -> None:
    replaced = json.loads(overlay.write(goroot, tmp_path).read_text())["Replace"]
    assert {str(goroot / "src" / edit.file) for edit in overlay.EDITS} == set(replaced)
    changed = 0
    for original, copy in replaced.items():
        before, after = (Path(p).read_text().splitlines() for p in (original, copy))
        gone = [line for line in before if line not in after]
        changed += len(gone)
        assert len(gone) <= 63, original
    assert changed <= 63 + len(overlay.EDITS)


@pytest.mark.parametrize("change", ["missing", "twice"])
def test_source_that_differs_ends_the_build(
    change: str, overlay: ModuleType, goroot: Path, tmp_path: Path
) -> None:
    """Of each edit, in a tree where what it replaces is not there, or there once more."""
    for edit in overlay.EDITS:
        source = goroot / "src" / edit.file
        other = tmp_path / "src" / edit.file
        other.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_text()
        if change == "missing":
            text = overlay.re.sub(edit.pattern, "", text)
        else:
            found = overlay.re.search(edit.pattern, text)
            text += found[0] + "\n"
        other.write_text(text)
        alone = overlay.EDITS[:]
        try:
            overlay.EDITS[:] = [edit]
            with pytest.raises(SystemExit, match="expected"):
                overlay.write(tmp_path, tmp_path / "copies")
        finally:
            overlay.EDITS[:] = alone


def test_go_package_itself_is_compiled_without_them() -> None:
    """They are for the library that Python loads; Go programs have the plain runtime."""
    text = (ROOT / "build.py").read_text()
    assert text.count("-overlay=") == 1
    assert "-overlay" not in (ROOT / ".ci" / "native.py").read_text()
