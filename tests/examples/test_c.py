"""examples/c/read_topic.c, which uses docs/memory-layout.md and not the library."""

import array
import ctypes
import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import pytest
import shm_pub_sub
from support.paths import EXAMPLES, ROOT
from support.programs import Ended, Run, Start, run

SOURCE = EXAMPLES / "c" / "read_topic.c"
ARRAY = '{"kind":"array","dtype":"<u1","shape":[3]}, 3 bytes:'
READING = re.compile(r"(.*), number (\d+) of its publisher, (\d+\.\d{6}) s old")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    program = tmp_path_factory.mktemp("c") / "read_topic"
    strict = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror"]
    subprocess.run([compiler, *strict, SOURCE, "-o", program], check=True, timeout=100)
    return program


@pytest.fixture
def read(program: Path) -> Run:
    """read(topic, times=1): the finished program."""

    def read(*arguments: object) -> Ended:
        return run(program, *arguments, timeout=60)

    return read


@pytest.mark.parametrize("name", ["speed", "robot/speed", "a b%/~.é-_", "x" * 230])
def test_any_name_is_found(read: Run, name: str) -> None:
    with shm_pub_sub.Publisher(name, 0) as pub:
        pub.publish(7)
        assert read(name).stdout.startswith("7, number 1 of its publisher")


@pytest.mark.parametrize(
    "value",
    [True, False, 0, -1, 2**63 - 1, -(2**63), 0.1, -0.0, 5e-324, 1e308, float("inf")],
    ids=repr,
)
def test_every_type_is_read_as_it_was_published(read: Run, value: bool | int | float) -> None:
    with shm_pub_sub.Publisher("value", type(value)()) as pub:
        for _ in range(6):
            pub.publish(value)
        line = READING.fullmatch(read("value").stdout.strip())
    assert line is not None
    shown = type(value)(line[1]) if type(value) is not bool else line[1] == "True"
    assert (repr(shown), line[2]) == (repr(value), "6")
    assert 0.0 < float(line[3]) < 30.0


@pytest.mark.parametrize("buffers", [1, 3])
def test_nothing_is_torn_or_goes_backwards_under_a_fast_publisher(
    read: Run, start_python: Start, buffers: int
) -> None:
    publisher = start_python(
        "import itertools, sys, shm_pub_sub\n"
        "pub = shm_pub_sub.Publisher('count', 0, int(sys.argv[1]))\n"
        "numbers = itertools.count(1)\n"
        "pub.publish(next(numbers))\n"
        "print('ready', flush=True)\n"
        "for number in numbers: pub.publish(number)\n",
        buffers,
    )
    assert publisher.line() == "ready"
    different: set[int] = set()
    while len(different) < 300:  # until they have run at the same time for a while
        ended = read("count", 100_000)
        assert (ended.returncode, ended.stderr) == (0, "")
        found = [READING.fullmatch(line) for line in ended.stdout.splitlines()]
        values = [int(line[1]) for line in found if line]
        numbers = [int(line[2]) for line in found if line]
        assert len(values) == 100_000
        assert values == numbers, "the n-th value is n"
        assert numbers == sorted(numbers)
        different.update(numbers)
    publisher.kill()
    publisher.wait(30)
    shm_pub_sub.remove("count")


@pytest.mark.parametrize(
    ("default", "value", "shown"),
    [
        ("", "größer", "größer"),
        ("", "", ""),
        (b"", b"\x00\xff" * 30, '{"kind":"bytes","max":4096}, 60 bytes:' + " 00 ff" * 8),
        (
            [0],
            [1, -1],
            '{"kind":"list","dtype":"<i8","max":64}, 16 bytes: 01' + " 00" * 7 + " ff" * 8,
        ),
        (ctypes.c_uint16(0), 258, '{"kind":"scalar","dtype":"<u2"}, 2 bytes: 02 01'),
        (array.array("B", [0] * 3), array.array("B", [1, 2, 3]), ARRAY + " 01 02 03"),
    ],
    ids=["text", "empty", "bytes", "list", "scalar", "array"],
)
def test_values_of_any_size_are_read(read: Run, default: Any, value: Any, shown: str) -> None:
    options = {"max_size": 64} if isinstance(default, list) else {}
    with shm_pub_sub.Publisher("value", default, **options) as pub:
        for _ in range(6):
            pub.publish(value)
        line = READING.fullmatch(read("value").stdout.strip())
    assert line is not None
    assert (line[1], line[2]) == (shown, "6")


@dataclass
class Pose:
    x: float = 0.0
    label: Annotated[str, 8] = ""


@dataclass
class Arm:
    stamp: int = 0
    ready: bool = False
    gain: float = field(default_factory=lambda: ctypes.c_float(0))
    pose: Pose = field(default_factory=Pose)
    path: list[float] = field(default_factory=lambda: [0.0] * 20)
    raw: Annotated[bytes, 3] = b""
    flags: list[bool] = field(default_factory=lambda: [False])
    poses: list[Pose] = field(default_factory=lambda: [Pose(), Pose()])


def test_a_record_is_read_field_by_field(read: Run) -> None:
    arm = Arm(-5, True, 0.5, Pose(1.5, "größe"), [2.0] * 17, b"\xff\0", [], [Pose()])
    with shm_pub_sub.Publisher("arm", Arm()) as pub:
        pub.publish(arm)
        line = READING.fullmatch(read("arm").stdout.strip())
    assert line is not None
    assert line[1] == (
        '{stamp: -5, ready: True, gain: 0.5, pose: {x: 1.5, label: "größe"}, '
        f'path: [{"2 " * 16}...], raw: [255 0], flags: [], poses: [{{x: 0, label: ""}}]}}'
    )


def test_what_is_missing_is_said(read: Run, start_python: Start, shm_dir: Path) -> None:
    assert (read("none").returncode, read().returncode) == (1, 1)
    with shm_pub_sub.Publisher("early", 0):
        assert read("early").stderr.endswith("nothing is published yet\n")
    (shm_dir / "shm_pub_sub.foreign").write_bytes(bytes(80_000))
    assert read("foreign").stderr.endswith("damaged, or of another version\n")
    (shm_dir / "shm_pub_sub.foreign").write_bytes(b"short")
    assert read("foreign").stderr.endswith("this is no topic\n")
    (shm_dir / "shm_pub_sub.foreign").unlink()


def test_killed_publisher_is_seen_and_a_retained_value_read(read: Run, start_python: Start) -> None:
    publisher = start_python(
        "import signal, shm_pub_sub\n"
        "pub = shm_pub_sub.Publisher('speed', 0.0)\n"
        "pub.publish(1.5)\n"
        "print('ready', flush=True)\n"
        "signal.pause()\n"
    )
    assert publisher.line() == "ready"
    assert read("speed").stdout.startswith("1.5, number 1")
    os.kill(publisher.pid, signal.SIGKILL)
    publisher.wait(30)
    assert read("speed").stderr.endswith("its publisher was killed\n")
    with shm_pub_sub.Publisher("speed", 0.0, retain=True) as pub:
        pub.publish(2.5)
    assert read("speed").stdout.startswith("2.5, number 1")
    shm_pub_sub.remove("speed")


def test_a_reader_at_work_sees_the_end_of_its_publisher(program: Path) -> None:
    with shm_pub_sub.Publisher("speed", 0.0) as pub:
        pub.publish(1.5)
        reader = subprocess.Popen(
            [str(program), "speed", "1000000000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert reader.stdout.readline().startswith(b"1.5, number 1 ")
    _, trouble = reader.communicate(timeout=30)
    assert trouble.endswith(b"its publisher has ended\n")


def test_the_page_shows_the_program_as_it_is() -> None:
    page = (ROOT / "docs" / "memory-layout.md").read_text(encoding="utf-8")
    assert f"```c\n{SOURCE.read_text(encoding='utf-8')}```\n" in page
