"""The contents and the metadata of the wheel and the source distribution."""

import email
import email.message
import re
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest
from support.paths import ROOT

import interpreters

pytestmark = pytest.mark.timeout(600)  # if no wheel is given, the first build

NOTICES = {"github.com/go-python/gopy": "gopy.txt", "golang.org/x/sys": "go.txt"}
"""The licences of the modules that the extension links; Go's own is go.txt, too."""

CODE = {"python": (".py", ".pyi", "py.typed"), "shmpubsub": (".go", ".c", ".h", "overlay.py")}


def in_the_tree(folder: str, *endings: str) -> set[str]:
    files = (path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*"))
    return {name for name in files if name.endswith(endings) and not name.endswith("_test.go")}


def test_source_distribution_has_what_a_build_needs_and_no_more(sdist: Path) -> None:
    with tarfile.open(sdist) as packed:
        files = (name for name in packed.getmembers() if name.isfile())
        found = {name.name.partition("/")[2] for name in files}
    expected = {"README.md", "LICENSE", "MANIFEST.in", "pyproject.toml", "setup.py"}
    expected |= {"build.py", "go.mod", "go.sum"}
    expected |= {f".ci/{path.name}" for path in (ROOT / ".ci").glob("build_*.py")}
    expected |= {f"licenses/{notice}" for notice in NOTICES.values()}
    for folder, endings in CODE.items():
        expected |= in_the_tree(folder, *endings)
    assert found - {"PKG-INFO", "setup.cfg"} == expected


def test_wheel_has_the_package_and_the_licences(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
        about = next(name for name in names if name.endswith("/METADATA")).rpartition("/")[0]
        licences = {name for name in names if "/licenses/" in name}
        for name in licences:
            assert packed.read(name) == (ROOT / name.partition("/licenses/")[2]).read_bytes()
    expected = {"LICENSE", *(f"licenses/{notice}" for notice in NOTICES.values())}
    assert licences == {f"{about}/licenses/{name}" for name in expected}
    package = {name for name in names - licences if not name.startswith(about)}
    libraries = {name for name in package if name.endswith(".so")}
    assert {Path(name).name.partition(".")[0] for name in libraries} == {"_hot", "_shmpubsub"}
    python = in_the_tree("python", *CODE["python"])
    assert package - libraries == {name.removeprefix("python/") for name in python}


def test_every_module_that_is_linked_has_its_notice(
    wheel: Path, go_environment: dict[str, str], tmp_path: Path
) -> None:
    def go(*arguments: str) -> str:
        command = ["go", *arguments]
        return subprocess.check_output(command, cwd=ROOT, env=go_environment, text=True)

    with zipfile.ZipFile(wheel) as packed:
        (library,) = (name for name in packed.namelist() if "/_shmpubsub." in name)
        packed.extract(library, tmp_path)
    linked = re.findall(r"(?m)^\tdep\t(\S+)", go("version", "-m", str(tmp_path / library)))
    assert set(linked) == NOTICES.keys()
    licences = {name: Path(go("list", "-m", "-f={{.Dir}}", name).strip()) for name in linked}
    for name, folder in licences.items():
        notice = ROOT / "licenses" / NOTICES[name]
        assert notice.read_text() == (folder / "LICENSE").read_text()
    runtime = Path(go("env", "GOROOT").strip(), "LICENSE")
    if runtime.exists():  # Go from PyPI has none; that of x/sys is the same
        assert (ROOT / "licenses" / "go.txt").read_text() == runtime.read_text()


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> email.message.Message:
    with zipfile.ZipFile(wheel) as packed:
        (name,) = (name for name in packed.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(packed.read(name))


def test_metadata_says_the_licence_and_names_nobody(metadata: email.message.Message) -> None:
    assert metadata["License-Expression"] == "BSD-3-Clause"
    assert (ROOT / "LICENSE").read_text().startswith("Copyright 2026 The shm_pub_sub authors.\n")
    for absent in ("Author", "Author-email", "Maintainer", "Home-page", "Project-URL"):
        assert metadata[absent] is None


def test_the_same_pythons_are_named_everywhere(metadata: email.message.Message) -> None:
    classifiers = "\n".join(metadata.get_all("Classifier", []))
    named = re.findall(r"(?m)^Programming Language :: Python :: (3\.\d+)$", classifiers)
    assert named == interpreters.VERSIONS
    assert metadata["Requires-Python"] == f">={named[0]}"
