"""The C types under AddressSanitizer and UndefinedBehaviorSanitizer, with Go in the same process.

_hot is compiled with both into a copy of the installed package, and tests of the other folders run
on that copy. Python's own allocator gives way to malloc, whose blocks ASan knows; the floats and
tuples that CPython keeps for re-use stay out of its sight, and are test_refcounts.py's business.
"""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from support.programs import Ended
from support.soak import first_of

from ._compile import ADDRESS, ROOT, compiler, launcher
from ._package import Fault, build_package, check_that_it_fits

# What is most likely to go wrong in C, in one process; SHM_PUB_SUB_SANITIZE=all runs the rest too.
UNIT = {
    "values": "values conversions refused_values type_mismatch",
    "receiving": "retain receive history samples batches align align_meanwhile",
    "api": "arguments subclasses objects",
    "lifetime": "closing finalizers threads",
    "arrays": "publish_many publish_threads loan views into meanwhile",
    "raw": "raw_subscriber raw_publisher round_trip",
    "records": "codec hostile meanwhile refused into last loan parts",
}
CHOSEN = [
    f"unit/{folder}/test_{name}.py" for folder, names in UNIT.items() for name in names.split()
]
CHOSEN += ["fork/test_inherited_subscriber.py"]
# Left out: sizes of memory, which ASan changes, and hundreds of forks, each slow under ASan. To
# start a process is slow too, so all the others take many minutes.
ALL = ["unit", "process", "exit", "machine", "waiting", "fork"]
ALL += [f"--ignore=tests/unit/{name}/test_growth.py" for name in ("lifetime", "records")]
ALL += ["--ignore=tests/unit/lifetime/test_references.py", "--ignore=tests/fork/test_threads.py"]

USE = """
import shm_pub_sub
with shm_pub_sub.Publisher("topic", 0.5) as pub, shm_pub_sub.Subscriber("topic", 0.5) as sub:
    pub.publish(1.5)
    assert sub.subscribe() == (1.5, True)
    assert sub.recv() == 1.5
    pub.publish_many([2.5, 3.5])
    assert sub.drain() == [2.5, 3.5]
del pub, sub
shm_pub_sub._hot.Publisher()
print(shm_pub_sub._hot.__file__)
"""

FAULTS: dict[str, tuple[Fault, str]] = {
    "reference given back twice": (
        (
            "subscriber.c",
            "    Py_CLEAR(s->path);\n",
            "    Py_XDECREF(s->path);\n    Py_CLEAR(s->path);\n",
        ),
        "AddressSanitizer: heap-use-after-free",
    ),
    "slots half a word off": (
        (
            "attachment_map.c",
            "ring_at(file->mapping.base, g->first,",
            "ring_at(file->mapping.base, g->first + 4,",
        ),
        "misaligned address",
    ),
    "memory too small": (
        ("publish_many.c", "n : 1) * sizeof *words", "n : 1) * sizeof *words - 1"),
        "AddressSanitizer: heap-buffer-overflow",
    ),
}


def environment(folder: Path, command: list[str]) -> dict[str, str]:
    libraries = [
        subprocess.check_output([*command, f"-print-file-name={name}"], text=True).strip()
        for name in ("libasan.so", "libubsan.so")
    ]
    path = filter(None, [str(folder), os.environ.get("PYTHONPATH")])
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(path),
        "PYTHONMALLOC": "malloc",
        "LD_PRELOAD": " ".join(libraries),
        # CPython leaves much behind at its end; test_refcounts.py looks for what _hot does.
        "ASAN_OPTIONS": "detect_leaks=0",
        "UBSAN_OPTIONS": "print_stacktrace=1",
    }


def build(folder: Path, fault: Fault | None = None) -> dict[str, str]:
    """Compile the package into folder, and return the environment in which Python runs with it."""
    command = compiler()
    launcher("address", tuple(command))  # skips without such a sanitizer
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    build_package(folder, command, sysconfig.get_path("include"), suffix, ADDRESS, fault)
    return environment(folder, command)


def run(env: dict[str, str], *arguments: str) -> Ended:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@pytest.mark.timeout(1800)
def test_tests_pass_with_sanitized_types(tmp_path: Path) -> None:
    env = build(tmp_path)
    used = run(env, "-c", USE)
    assert used.stdout.startswith(str(tmp_path)), used.stdout
    tests = ALL if os.environ.get("SHM_PUB_SUB_SANITIZE") == "all" else CHOSEN
    paths = [name if name.startswith("-") else f"tests/{name}" for name in tests]
    done = run(env, "-m", "pytest", "-q", "-p", "no:cacheprovider", *paths)
    print(done.stdout)
    assert done.returncode == 0
    assert " passed" in done.stdout.splitlines()[-1]


@pytest.mark.parametrize("fault", [fault for fault, _ in FAULTS.values()], ids=FAULTS)
def test_a_fault_fits_the_sources(fault: Fault) -> None:
    check_that_it_fits(fault)


@pytest.mark.shm_leaves_files("the broken library crashes in the middle")
@pytest.mark.parametrize(("fault", "found"), first_of(FAULTS))
def test_a_fault_is_found(fault: Fault, found: str, tmp_path: Path) -> None:
    done = run(build(tmp_path, fault), "-c", USE)
    assert done.returncode != 0
    assert found in done.stdout
