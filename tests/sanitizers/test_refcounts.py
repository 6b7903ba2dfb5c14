"""The C types on a debug build of CPython: its assertions, and the count of all references.

    apt install python3-dbg                    # Debian; or another one, named by
    SHM_PUB_SUB_DEBUG_PYTHON=.../python3.11d

It must be of this interpreter's version, as it loads the same gopy module.
"""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from support.programs import OPTIONS, Ended, run
from support.soak import first_of

from ._compile import HERE, compiler
from ._package import Fault, build_package, check_that_it_fits

ROUNDS = int(os.environ.get("SHM_PUB_SUB_ROUNDS") or 200)

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
ASK = """
import json, sys, sysconfig
version = "%d.%d" % sys.version_info[:2]
get = sysconfig.get_config_var
print(json.dumps([hasattr(sys, "gettotalrefcount"), version, get("INCLUDEPY"), get("EXT_SUFFIX")]))
"""

FAULTS: dict[str, Fault] = {
    "value kept": ("subscriber.c", "        Py_DECREF(old);\n", "        (void)old;\n"),
    "pair kept": ("subscriber.c", "    Py_XDECREF(s->last_pair);\n", ""),
    "default kept": ("subscriber.c", "    Py_XDECREF(s->default_pair);\n", ""),
    "path kept": ("subscriber.c", "    Py_XDECREF(s->path);\n", ""),
    "default lost": ("subscriber.c", "    s->default_pair = Py_NewRef(default_pair);\n",
                     "    s->default_pair = default_pair;\n"),
    "handle kept": ("lifetime.c", "    Py_DECREF(handle);\n    registry_remove(p);\n",
                    "    registry_remove(p);\n"),
    "list's values kept": ("drain.c", "\n    Py_XDECREF(value);\n", "\n"),
    "list's payloads kept": ("drain.c", "            Py_XDECREF(value);\n", ""),
    "items kept": ("publish_many.c", "    Py_DECREF(items);\n    PyObject *result",
                   "    PyObject *result"),
    "text kept": ("attachment_map.c", "    Py_DECREF(text);\n    if (!parsed)", "    if (!parsed)"),
    "name kept": ("lifetime.c", "    Py_XDECREF(name);\n", ""),
    "fields kept": ("record_put.c", "        Py_DECREF(part);\n        if (fit", "        if (fit"),
    "publishers kept": ("registry.c", "        Py_DECREF(found[i]);\n", ""),
    "raw bytes kept": ("read_payload.c", "        s->copied++;\n        Py_SETREF(*object, ",
                       "        s->copied++;\n        *object = ("),
    "raw buffer kept": ("publish_raw.c", "        PyBuffer_Release(&bytes);\n", ""),
}  # fmt: skip


@pytest.fixture(scope="module")
def debug() -> tuple[str, str, str]:
    """A debug interpreter of this version, its include folder and its extensions' suffix."""
    names = [os.environ.get("SHM_PUB_SUB_DEBUG_PYTHON"), f"python{VERSION}-dbg", "python3-dbg"]
    for python in filter(None, map(shutil.which, filter(None, names))):
        answer = run(python, "-c", ASK, check=True, timeout=300)
        counts, version, include, suffix = json.loads(answer.stdout)
        if counts and version == VERSION and Path(include, "Python.h").exists():
            return python, include, suffix
    pytest.skip(
        f"no debug build of CPython {VERSION} with headers here (Debian: python{VERSION}-dbg,"
        f" libpython{VERSION}-dbg); SHM_PUB_SUB_DEBUG_PYTHON names one"
    )


def count(
    debug: tuple[str, str, str], folder: Path, rounds: int, fault: Fault | None = None
) -> Ended:
    python, include, suffix = debug
    build_package(folder, compiler(), include, suffix, [], fault)
    command = [python, *OPTIONS, HERE / "refcounts.py", rounds]
    done = run(*command, env=os.environ | {"PYTHONPATH": str(folder)}, timeout=1800)
    print(done.stdout)
    return done


def test_no_reference_is_lost_or_kept(debug: tuple[str, str, str], tmp_path: Path) -> None:
    done = count(debug, tmp_path, ROUNDS)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_fits_the_sources(fault: Fault) -> None:
    check_that_it_fits(fault)


@pytest.mark.shm_leaves_files("the broken library crashes in the middle")
@pytest.mark.parametrize("fault", first_of({name: (fault,) for name, fault in FAULTS.items()}))
def test_a_miscount_is_found(debug: tuple[str, str, str], fault: Fault, tmp_path: Path) -> None:
    done = count(debug, tmp_path, 50, fault)
    assert done.returncode != 0
    # Too few references crash, or trip over an assertion; too many are seen in the count.
    assert done.returncode < 0 or "references lost or taken" in done.stderr
