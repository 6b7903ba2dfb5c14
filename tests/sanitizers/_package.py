"""A copy of the installed package whose C types were compiled otherwise."""

import shutil
from pathlib import Path

import shm_pub_sub
from support.programs import run

from ._compile import PROTOCOL, objects

INSTALLED = Path(shm_pub_sub.__file__).parent
PLAIN = ["-std=gnu11", "-g", "-O1", "-fno-omit-frame-pointer"]
PLAIN += ["-fPIC", "-fvisibility=hidden", "-pthread"]

# One line of a source file, and what it becomes: faults that the checks must find, or finding
# nothing means nothing.
Fault = tuple[str, str, str]


def build_package(
    folder: Path,
    command: list[str],
    include: str,
    suffix: str,
    flags: list[str],
    fault: Fault | None = None,
) -> None:
    """Put shm_pub_sub into folder, with _hot compiled for include's interpreter with flags."""
    package = folder / "shm_pub_sub"
    shutil.copytree(INSTALLED, package, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    (library,) = INSTALLED.glob("_shmpubsub*.so")
    shutil.copy(library, package / f"_shmpubsub{suffix}")
    sources = [*PROTOCOL.glob("*.c"), *(PROTOCOL.parent / "hot").glob("*.c")]
    options = [*PLAIN, *flags, f"-I{include}"]
    parts = objects(folder, command, options, sources)
    if fault is not None:
        (source,) = (path for path in sources if path.name == fault[0])
        parts[source] = folder / source.name
        parts[source].write_text(broken(source, fault))
        options.append(f"-I{source.parent}")
    target = package / f"_hot{suffix}"
    built = run(*command, *options, "-shared", *parts.values(), "-o", target, timeout=300)
    assert built.returncode == 0, built.stderr


def broken(source: Path, fault: Fault) -> str:
    """Return a source with a fault in it."""
    _, line, instead = fault
    text = source.read_text()
    assert text.count(line) == 1, "the source has changed: choose another fault"
    return text.replace(line, instead)


def check_that_it_fits(fault: Fault) -> None:
    """Check a fault that only `build.py soak` compiles."""
    (source,) = (path for path in PROTOCOL.parent.rglob("*.c") if path.name == fault[0])
    assert broken(source, fault)
