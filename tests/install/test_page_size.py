"""A build for kernels with pages of 64 KiB: no mapping needs smaller ones, and everything works."""

import os
import sys
from pathlib import Path

import pytest
from support.paths import ROOT
from support.programs import run

pytestmark = pytest.mark.timeout(1800)  # builds

PAGE = 65536
BUILD = {
    "_hot": {"CC": f"{os.environ.get('CC', 'gcc')} -DSHM_TEST_PAGE_SIZE={PAGE}"},
    "_shmpubsub": {"GOFLAGS": "-tags=page64k"},
}
CORE = [
    "unit/receiving/test_subscribe.py",
    "unit/receiving/test_retain.py",
    "unit/files/test_permissions.py",
    "unit/lifetime/test_closing.py",
]

# Left out: file systems and limits of a size that suits pages of 4 KiB.
UNIT = ["unit", "--ignore=tests/unit/files/test_no_space.py"]
UNIT += ["--ignore=tests/unit/files/test_limits.py"]

MAPPINGS = """
import contextlib, os, sys
from array import array
from pathlib import Path
import shm_pub_sub
from shm_pub_sub import Publisher, Subscriber

def mappings():
    "Permissions, length and offset of those of topics."
    for line in Path("/proc/self/maps").read_text().splitlines():
        addresses, permissions, offset, _, inode, *name = line.split(maxsplit=5)
        if name and os.environ["SHM_PUB_SUB_DIR"] in name[0]:
            begin, end = (int(address, 16) for address in addresses.split("-"))
            yield permissions, end - begin, int(offset, 16), line

page = int(sys.argv[1])
zeros = array("d", bytes(8 * 3000))
defaults = {"scalar": 0.0, "text": "", "bytes": b"", "list": [0.0], "array": zeros}
sevens = array("d", [7.0] * 3000)
values = {"scalar": 1.5, "text": "a", "bytes": b"b" * 4096, "list": [1.5], "array": sevens}
publishers = {name: Publisher(name, default) for name, default in defaults.items()}
publishers["few"] = Publisher("few", array("B", b"abc"))  # in the slots
subscribers = {name: Subscriber(name, default, copy=False) for name, default in defaults.items()}
views = []
for name, value in values.items():
    publishers[name].publish(value)
    views.append(subscribers[name].recv())
    with contextlib.suppress(TimeoutError):
        subscribers[name].recv(timeout=0.01)  # maps page 0
    assert views[-1] == value, name
assert all(isinstance(views[i], memoryview) for i in (2, 4))
with publishers["array"].loan() as lent:
    lent[:] = values["array"]
    found = list(mappings())
pooled = len(values) - 1
pinned = 2  # of bytes and of the array
# A header for each side; page 0 for each side that waits or pins; chunks of the publisher.
assert len(found) >= 2 * len(values) + len(values) + pooled + pinned, found
writable = [one for one in found if one[0][1] == "w"]
assert sum(offset == 0 for _, _, offset, _ in writable) >= len(values) + pinned, found
for permissions, length, offset, line in found:
    assert offset % page == 0, line
    assert permissions[1] != "w" or length % page == 0, line
    assert permissions[1] != "w" or offset != 0 or length == page, line
for info in shm_pub_sub.topics():
    blocks = os.stat(info.path).st_blocks * 512
    assert info.nbytes == blocks and blocks % page == 0, info
assert shm_pub_sub.inspect("scalar").nbytes == 2 * page
assert views[4] == values["array"] and views[2] == values["bytes"]  # still
for one in [*publishers.values(), *subscribers.values()]:
    one.close()
print("fits")
"""


RETAINED = """
import sys
from array import array
from shm_pub_sub import Publisher

for name, value in {"scalar": 1.5, "text": "a", "array": array("d", range(3000))}.items():
    Publisher(name, value, retain=True).publish(value)
"""

READ = """
import contextlib, sys
from array import array
from shm_pub_sub import Publisher, Subscriber

for name, value in {"scalar": 1.5, "text": "a", "array": array("d", range(3000))}.items():
    options = {} if name == "scalar" else {"copy": False}
    with Subscriber(name, value, **options) as subscriber:
        found = subscriber.recv(timeout=5)
        assert found == value, name
        with contextlib.suppress(TimeoutError):
            subscriber.recv(timeout=0.01)  # maps page 0
        with Publisher(name, value, retain=True) as publisher:
            with Subscriber(name, value) as other:
                assert other.recv(timeout=5) == value, name  # carried over
            publisher.publish(value)
            assert subscriber.recv(timeout=5) == value and found == value, name
print("read")
"""


@pytest.fixture(scope="module")
def environment(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The one in which Python runs with such a build."""
    folder = tmp_path_factory.mktemp("page_size")
    assert run("tar", "xzf", sdist, "--strip-components=1", cwd=folder).returncode == 0
    for name, changed in BUILD.items():
        make = f"import build; build.build_in_place = build.EXTENSIONS[{name!r}]\n"
        make += f"build.build_in_place(build.ROOT / f'python/shm_pub_sub/{name}{{build.SUFFIX}}')"
        done = run(sys.executable, "-c", make, cwd=folder, env=os.environ | changed, timeout=900)
        assert done.returncode == 0, done.stdout + done.stderr
    path = filter(None, [str(folder / "python"), os.environ.get("PYTHONPATH")])
    return os.environ | {"PYTHONPATH": os.pathsep.join(path), "SHM_PUB_SUB_TEST_PAGE": str(PAGE)}


def test_every_offset_and_writable_length_fits(environment: dict[str, str], shm_dir: Path) -> None:
    env = environment | {"SHM_PUB_SUB_DIR": str(shm_dir)}
    done = run(sys.executable, "-c", MAPPINGS, str(PAGE), env=env, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "fits\n", "")


@pytest.mark.parametrize("writer", [4096, PAGE])
def test_files_of_other_pages_are_read(
    environment: dict[str, str], shm_dir: Path, writer: int
) -> None:
    """A domain on a disk outlives the kernel."""
    env = {"SHM_PUB_SUB_DIR": str(shm_dir)}
    smaller, larger = os.environ | env, environment | env
    first, second = (larger, smaller) if writer == PAGE else (smaller, larger)
    for code, one, printed in ((RETAINED, first, ""), (READ, second, "read\n")):
        done = run(sys.executable, "-c", code, env=one, timeout=60)
        assert (done.returncode, done.stdout, done.stderr) == (0, printed, "")
    clean = run(sys.executable, "-m", "shm_pub_sub", "clean", "--retained", "--yes", env=second)
    assert clean.returncode == 0, clean.stderr


@pytest.mark.parametrize(
    "tests", [CORE, pytest.param(UNIT, marks=pytest.mark.soak)], ids=["core", "unit"]
)
def test_tests_pass_with_such_pages(environment: dict[str, str], tests: list[str]) -> None:
    env = {key: value for key, value in environment.items() if not key.startswith("PYTEST_")}
    paths = [name if name.startswith("-") else f"tests/{name}" for name in tests]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *paths]
    done = run(*command, cwd=ROOT, env=env, timeout=1500)
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout.splitlines()[-1]
