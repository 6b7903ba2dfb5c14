"""topics(), inspect() and remove()."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shm_pub_sub import (
    ExistsError,
    Publisher,
    ShmError,
    Subscriber,
    TopicInfo,
    TopicNotFoundError,
    TopicTypeError,
    TopicValueError,
    inspect,
    remove,
    topics,
)
from shm_pub_sub._plot.collector import Collector
from shm_pub_sub._topics import names as names_of_command_line
from support.layout import PAGE
from support.programs import Check, Run

CRASH = (
    "import os, shm_pub_sub\n"
    "pub = shm_pub_sub.Publisher('topic', 0)\n"
    "pub.publish(1)\n"
    "os.kill(os.getpid(), 9)\n"
)


def test_empty_domain_has_no_topics() -> None:
    assert topics() == []


def test_topics_are_sorted_by_name() -> None:
    names = ["b", "a/c", "a", "B", "a/b", "ü"]
    pubs = [Publisher(name, 0) for name in names]
    found = topics()
    assert [topic.name for topic in found] == sorted(names, key=str.encode)
    assert all(type(topic) is TopicInfo for topic in found)
    assert found == [inspect(topic.name)._replace(age=None) for topic in found]
    del pubs


@pytest.mark.parametrize("value", [True, 5, 2.5])
def test_inspect_tells_all_there_is_to_know(value: Any, shm_dir: Path) -> None:
    before = time.time()
    pub: Any = Publisher("robot/arm", value, 7)
    with pub:
        info = inspect("robot/arm")
        after = time.time()
        (path,) = shm_dir.iterdir()
        assert info.name == "robot/arm"
        assert info.type is type(value)
        assert info.buffer_num == 7
        assert info.published == 0
        assert info.age is None
        assert info.alive is True
        assert info.retain is False
        assert info.pid == os.getpid()
        assert before - 0.1 <= info.created <= after + 0.1
        assert info.nbytes == path.stat().st_blocks * 512 == 2 * PAGE
        assert (info.type_name, info.views, info.loans) == (type(value).__name__, 0, 0)
        assert info.path == str(path)
        for _ in range(20):
            pub.publish(value)
        info = inspect("robot/arm")
        assert info.published == 20
        assert info.age is not None
        assert 0 <= info.age < 60
        assert topics()[0].published == 20


@pytest.mark.parametrize(
    ("default", "most", "kind", "name", "views"),
    [
        (np.zeros((480, 640, 3), "u1"), None, np.ndarray, "uint8[480,640,3]", 2),
        (np.zeros((0, 4), "f4"), 131072, np.ndarray, "float32[<=131072,4]", 2),
        (np.zeros(()), None, np.ndarray, "float64[]", 0),
        ("", None, str, "str <= 4096", 2),
        (b"", 10, bytes, "bytes <= 10", 2),
        ([0.0], 3, list, "list[float] <= 3", 2),
        (np.uint8(0), None, int, "uint8", 0),
        (np.float32(0), None, float, "float32", 0),
        (np.complex64(0), None, complex, "complex64", 0),
        (np.float64(0), None, float, "float", 0),
    ],
    ids=str,
)
def test_every_type_has_a_name_and_a_type_in_python(
    default: Any, most: int | None, kind: type, name: str, views: int
) -> None:
    with Publisher("topic", default, max_size=most):
        info = inspect("topic")
        assert (info.type, info.type_name) == (kind, name)
        assert (info.views, info.loans) == (views, 1 if views else 0)
        assert name in repr(topics())
        assert name in info._repr_html_().replace("&lt;", "<")


def test_arrays_are_memoryviews_without_numpy(check_python: Check) -> None:
    program = """
import array, shm_pub_sub, sys
with shm_pub_sub.Publisher("topic", array.array("d", range(100))):
    print(shm_pub_sub.inspect("topic").type, "numpy" in sys.modules)
"""
    assert check_python(program) == "<class 'memoryview'> False\n"


@pytest.mark.parametrize("use", [inspect, remove])
def test_an_absent_topic_is_a_lookup_error_with_help(
    use: Callable[[str], Any], shm_dir: Path
) -> None:
    text = (
        rf"^{use.__name__} \"my/topic\": no publisher: found no topic of this name in {shm_dir}; "
        r"expected a topic that a publisher has made; "
        r"compare name and directory with the publisher's$"
    )
    with pytest.raises(TopicNotFoundError, match=text) as caught:
        use("my/topic")
    assert isinstance(caught.value, LookupError)
    assert isinstance(caught.value, ShmError)


ROBOT = ["a1", "a[1]", "lidar", "robot/arm/elbow", "robot/arm/wrist", "robot/lidar"]


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ([], ROBOT),
        (["robot/*"], ROBOT[3:]),
        (["*arm*"], ROBOT[3:5]),
        (["lidar"], ["lidar"]),
        (["*lidar", "robot/arm/?lbow"], ["lidar", "robot/arm/elbow", "robot/lidar"]),
        (["lidar", "*lidar", "lidar"], ["lidar", "robot/lidar"]),
        (["a[1]"], ["a[1]"]),
        (["a[12]"], ["a1"]),
        (["a[1]", "a[12]"], ["a1", "a[1]"]),
        (["LIDAR"], []),
        (["robot"], []),
        ([""], []),
    ],
)
def test_patterns_are_those_of_the_command_line(patterns: list[str], expected: list[str]) -> None:
    pubs = [Publisher(name, 0) for name in ROBOT]
    assert [topic.name for topic in topics(*patterns)] == expected
    assert names_of_command_line(patterns=patterns) == expected
    if patterns and all(patterns):
        collector = Collector(patterns, 1)
        collector.poll()
        found = [curve.name for curve in collector.curves if curve.type is not None]
        assert sorted(found) == expected
        collector.close()
    del pubs


def test_a_pattern_opens_no_other_topic(shm_dir: Path) -> None:
    (shm_dir / "shm_pub_sub.damaged").write_bytes(b"no topic")
    with Publisher("topic", 0):
        assert [topic.name for topic in topics("t*")] == ["topic"]
        assert [topic.name for topic in topics("*")] == ["topic"]
    (shm_dir / "shm_pub_sub.damaged").unlink()


def test_what_is_no_pattern_is_refused() -> None:
    for other in (None, 1, b"topic", ["robot/*"], {"trust": "any"}):
        with pytest.raises(TopicTypeError, match="expected a str"):
            topics(other)  # type: ignore[arg-type]
    for text in ("a\0*", "\ud800*"):
        with pytest.raises(TopicValueError):
            topics("ok", text)


def test_removing_a_live_topic_is_refused_with_the_pid() -> None:
    with Publisher("topic", 0) as pub, Subscriber("topic", -1) as sub:
        pub.publish(1)
        with pytest.raises(ExistsError, match=str(os.getpid())) as caught:
            remove("topic")
        assert isinstance(caught.value, RuntimeError)
        assert sub.subscribe() == (1, True)


def test_what_a_crash_left_is_listed_and_can_be_removed(run_python: Run, shm_dir: Path) -> None:
    assert run_python(CRASH).returncode == -9
    (info,) = topics()
    assert (info.name, info.alive, info.published) == ("topic", False, 1)
    assert Subscriber("topic", 7).subscribe() == (7, False)
    remove("topic")
    assert topics() == []
    assert list(shm_dir.iterdir()) == []


def test_retained_topic_is_listed_and_can_be_removed() -> None:
    with Publisher("topic", 0, retain=True) as pub:
        assert inspect("topic").retain is True
        pub.publish(1)
    info = inspect("topic")
    assert (info.alive, info.retain, info.published) == (False, True, 1)
    remove("topic")
    with pytest.raises(TopicNotFoundError):
        remove("topic")


@pytest.mark.parametrize("use", [inspect, remove])
def test_impossible_names_are_refused(use: Callable[[Any], Any]) -> None:
    for name in ("", "a\0b", "a" * 244):
        with pytest.raises(TopicValueError):
            use(name)
    for other in (None, 1, b"topic"):
        with pytest.raises(TopicTypeError):
            use(other)


def test_looking_does_not_disturb_publishers() -> None:
    with Publisher("topic", 0) as pub, Subscriber("topic", -1) as sub:
        for value in range(200):
            topics()
            pub.publish(value)
            inspect("topic")
            assert sub.subscribe() == (value, True)


def test_domain_is_read_at_each_call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with Publisher("here", 0):
        assert [topic.name for topic in topics()] == ["here"]
        monkeypatch.setenv("SHM_PUB_SUB_DIR", str(tmp_path))
        assert topics() == []
