"""Programs bundled with their imports: by PyInstaller, and as archives."""

import os
import shutil
import sys
import zipapp
from pathlib import Path

import pytest
import shm_pub_sub
from support import programs
from support.programs import Ended, Run

PACKAGE = Path(shm_pub_sub.__file__).parent

PROGRAM = """
import asyncio, multiprocessing, sys
import shm_pub_sub

async def receive(name):
    with shm_pub_sub.Subscriber(name, 0) as sub:
        return await sub.arecv(timeout=20)

def in_another_process(name):
    with shm_pub_sub.Publisher("child", 0.5) as pub, shm_pub_sub.Subscriber("child", 0.5) as sub:
        pub.publish(1.5)
        print(asyncio.run(receive(name)), sub.recv(timeout=20), flush=True)

if __name__ == "__main__":
    multiprocessing.freeze_support()
    if sys.argv[1:]:
        import shm_pub_sub._cli
        sys.exit(shm_pub_sub._cli.main())
    with shm_pub_sub.Publisher("topic", 0) as pub:
        pub.publish(7)
        print([(topic.name, topic.published) for topic in shm_pub_sub.topics()], flush=True)
        for method in ("fork", "spawn", "forkserver"):
            context = multiprocessing.get_context(method)
            process = context.Process(target=in_another_process, args=("topic",))
            process.start()
            process.join(30)
            print(method, process.exitcode, flush=True)
"""
OUTPUT = "[('topic', 1)]\n7 1.5\nfork 0\n7 1.5\nspawn 0\n7 1.5\nforkserver 0\n"

SPEC = """
import os
found = Analysis(["program.py"], excludes=os.environ["EXCLUDES"].split())
archive = PYZ(found.pure)
EXE(archive, found.scripts, found.binaries, found.datas, name="one-file", console=True)
program = EXE(archive, found.scripts, exclude_binaries=True, name="program", console=True)
COLLECT(program, found.binaries, found.datas, name="one-folder")
"""
# Extras of the command line, which most programs lack: two minutes less.
EXCLUDES = "matplotlib numpy pandas rich mcap argcomplete IPython PIL tkinter"


@pytest.fixture(scope="session")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program as a folder and as a file, made by PyInstaller with excludes only."""
    pytest.importorskip("PyInstaller")
    if not list(PACKAGE.parent.glob("shm_pub_sub-*.dist-info/entry_points.txt")):
        pytest.skip("shm_pub_sub is not installed: PyInstaller finds the hook as an entry point")
    folder = tmp_path_factory.mktemp("bundled")
    (folder / "program.py").write_text(PROGRAM)
    (folder / "program.spec").write_text(SPEC)
    command = (sys.executable, "-m", "PyInstaller", "--log-level=WARN", "program.spec")
    env = os.environ | {"EXCLUDES": EXCLUDES, "PYINSTALLER_CONFIG_DIR": str(folder)}
    ended = programs.run(*command, cwd=folder, env=env, timeout=600)
    assert ended.returncode == 0, ended.stderr
    return folder / "dist"


KINDS = {"one folder": "one-folder/program", "one file": "one-file"}


@pytest.fixture(params=KINDS)
def program(request: pytest.FixtureRequest, bundled: Path) -> Path:
    return bundled / KINDS[request.param]


def run(program: Path, *arguments: str) -> Ended:
    # PyInstaller's own variables would make it a child of a program that bundles the tests.
    return programs.run(program, *arguments, timeout=100)


@pytest.mark.soak
@pytest.mark.timeout(700)
def test_publishes_and_subscribes_in_all_kinds_of_processes(program: Path) -> None:
    ended = run(program)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == OUTPUT


@pytest.mark.soak
@pytest.mark.timeout(700)
def test_has_the_verbs_of_the_command_line(program: Path) -> None:
    with shm_pub_sub.Publisher("topic", 0):
        ended = run(program, "list")
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "topic\n", "")
    ended = run(program, "doctor")
    assert ended.returncode == 1
    assert "a bundled program; expected an interpreter" in ended.stdout


@pytest.mark.soak
@pytest.mark.timeout(700)
def test_without_the_library_it_says_how_to_include_it(bundled: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(bundled / "one-folder", folder, symlinks=True)
    (library,) = folder.rglob("_shmpubsub*.so")
    library.unlink()
    ended = run(folder / "program")
    assert ended.returncode == 1
    assert f"found no {library.name} in {library.parent}; a bundled program must" in ended.stderr
    assert "not built for this Python" not in ended.stderr


def test_archive_says_that_it_must_be_unpacked(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "app" / "shm_pub_sub")
    (tmp_path / "app" / "__main__.py").write_text("import shm_pub_sub")
    zipapp.create_archive(tmp_path / "app", tmp_path / "app.pyz")
    ended = run(Path(sys.executable), "-I", "-S", str(tmp_path / "app.pyz"))
    assert ended.returncode == 1
    last = ended.stderr.splitlines()[-1]
    assert f"found {tmp_path}/app.pyz/shm_pub_sub within an archive; expected a folder" in last


@pytest.mark.parametrize("library", ["_hot", "_shmpubsub"])
def test_library_for_another_python_is_named(library: str, tmp_path: Path, run_python: Run) -> None:
    shutil.copytree(PACKAGE, tmp_path / "shm_pub_sub")
    (file,) = (tmp_path / "shm_pub_sub").glob(
        f"{library}.cpython-{sys.version_info[0]}{sys.version_info[1]}-*.so"
    )
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
    code += "import shm_pub_sub; shm_pub_sub.Publisher('topic', 0)"

    for other in (tmp_path / "shm_pub_sub").glob(f"{library}.*"):
        other.rename(other.with_name(f"{library}.cpython-27-x.so"))
    last = run_python(code).stderr.splitlines()[-1]
    assert f"found {library}.cpython-27-x.so in {file.parent}; expected {file.name}" in last
    assert "not built for this Python" in last

    (tmp_path / "shm_pub_sub" / f"{library}.cpython-27-x.so").unlink()
    last = run_python(code).stderr.splitlines()[-1]
    assert f"found no {file.name} in {file.parent}" in last
    assert "not built for this Python" not in last

    file.write_bytes(b"no library")
    ended = run_python(code)
    last = ended.stderr.splitlines()[-1]
    assert last.startswith("ImportError: ")
    assert str(file) in last
    assert "not built for this Python" not in last
