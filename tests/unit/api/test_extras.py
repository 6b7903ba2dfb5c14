"""Hints name an extra's packages, and never this project on an index."""

import re
import sys
from pathlib import Path

import pytest
from shm_pub_sub._extras import EXTRAS, MODULES, import_extra, is_installed
from support.paths import ROOT

FOLDERS = ("python", "docs", "examples", "benchmarks")
HINT = re.compile(r"pip install\s+(?:[^`\n]*[ '\"])?shm.pub.sub\b")
TEXTS = {".py", ".pyi", ".md", ".ipynb"}


def test_packages_are_those_of_the_project() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (table,) = re.findall(
        r"^\[project.optional-dependencies\]\n((?:\w.*\n)+)", project, re.MULTILINE
    )
    found = {}
    for line in table.splitlines():
        name, _, packages = line.partition(" = ")
        if sys.version_info >= (3, 11):
            packages = re.sub(r'"[^"]*; python_version < .*?"', "", packages)
        found[name] = tuple(re.findall(r'"([\w-]+)', packages))
    assert found == EXTRAS


@pytest.mark.parametrize("package", sorted({each for all_of in EXTRAS.values() for each in all_of}))
def test_a_package_that_is_missing_is_named(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = MODULES.get(package, package)
    for imported in [name for name in sys.modules if name.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, imported)
    monkeypatch.setattr(sys, "path", [])
    assert not is_installed(package)
    hint = f"^found no {package}; pip install {package} brings it$"
    for wanted in (module, f"{module}.part"):
        with pytest.raises(ModuleNotFoundError, match=hint) as caught:
            import_extra(wanted)
        assert caught.value.name == module


def test_what_a_package_itself_lacks_is_its_own_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "extra_that_lacks.py").write_text("import no_such_package\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match=r"^No module named 'no_such_package'$"):
        import_extra("extra_that_lacks")


def test_no_text_has_this_project_fetched_from_an_index() -> None:
    """Anyone could register the name there, and would be installed."""
    wrong = []
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in TEXTS and path.is_file():
                text = path.read_text(encoding="utf-8")
                wrong += [f"{path.relative_to(ROOT)}: {found}" for found in HINT.findall(text)]
    assert wrong == []
