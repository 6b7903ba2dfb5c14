"""The package's modules import one another in one direction only, even for types and late."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "python" / "shm_pub_sub"

LEAVES = {"_html", "_raster", "_svg", "_text"}
"""They take plain values, and know no topic."""


def module(path: Path, root: Path) -> str:
    parts = path.relative_to(root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(root: Path) -> dict[str, set[str]]:
    """Return what each module imports of the package: anywhere in it, and in its stub."""
    files = [path for pattern in ("*.py", "*.pyi") for path in root.rglob(pattern)]
    known = {module(path, root) for path in files}
    graph: dict[str, set[str]] = {name: set() for name in known}
    for path in files:
        name = module(path, root)
        package = name if path.stem == "__init__" else name.rpartition(".")[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            found: list[str] = []
            if isinstance(node, ast.Import):
                found = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = (
                    ".".join([*above, node.module or ""]).strip(".") if node.level else node.module
                )
                inside = [f"{base}.{alias.name}" for alias in node.names]
                found = [each if each in known else str(base) for each in inside]
            graph[name] |= {each for each in found if each in known} - {name}
    return graph


def circle(graph: dict[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_imports_have_no_circle() -> None:
    graph = imports(ROOT)
    assert len(graph) > 50
    assert circle(graph) == []


def test_only_the_command_line_imports_the_command_line() -> None:
    command_line = f"{ROOT.name}._cli"
    outside = {
        name: found
        for name, imported in imports(ROOT).items()
        if not name.startswith((command_line, f"{ROOT.name}._pyinstaller"))
        and name != f"{ROOT.name}.__main__"
        if (found := {each for each in imported if each.startswith(command_line)})
    }
    assert outside == {}


@pytest.mark.parametrize("leaf", sorted(LEAVES))
def test_a_leaf_imports_other_leaves_alone(leaf: str) -> None:
    leaves = {f"{ROOT.name}.{each}" for each in LEAVES}
    assert imports(ROOT)[f"{ROOT.name}.{leaf}"] <= leaves


@pytest.mark.parametrize(
    "back",
    [
        "from . import a",
        "from .a import A",
        "import made.a",
        "if TYPE_CHECKING:\n    from .a import A",
        "def f():\n    from made.a import A",
    ],
)
@pytest.mark.parametrize("ending", ["py", "pyi"])
def test_a_made_circle_is_found(tmp_path: Path, back: str, ending: str) -> None:
    made = tmp_path / "made"
    made.mkdir()
    (made / "__init__.py").write_text("")
    (made / "a.py").write_text("from .b import B\n")
    (made / f"b.{ending}").write_text(f"{back}\n")
    assert set(circle(imports(made))) == {"made.a", "made.b"}
    (made / f"b.{ending}").write_text("")
    assert circle(imports(made)) == []
