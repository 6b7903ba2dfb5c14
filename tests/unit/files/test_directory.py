"""directory=: topics elsewhere than in SHM_PUB_SUB_DIR."""

import os
import queue
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import shm_pub_sub
from shm_pub_sub import (
    CreateError,
    ExistsError,
    OpenError,
    Publisher,
    Subscriber,
    TopicNotFoundError,
    TopicTypeError,
    TopicValueError,
    inspect,
    plot,
    remove,
    topics,
)
from shm_pub_sub._plot.collector import Collector
from shm_pub_sub.testing import wait_for
from support.programs import Check

from unit.shown.test_html import shown

Use = Callable[[Any], object]

USES: dict[str, Use] = {
    "Publisher": lambda where: Publisher("topic", 0, directory=where),
    "Subscriber": lambda where: Subscriber("topic", 0, directory=where),
    "topics": lambda where: topics(directory=where),
    "inspect": lambda where: inspect("topic", directory=where),
    "remove": lambda where: remove("topic", directory=where),
    "plot": lambda where: Collector(["topic"], 1, directory=where),
}
every_use = pytest.mark.parametrize("use", USES.values(), ids=USES.keys())


class Named:
    """An os.PathLike that is not a pathlib.Path."""

    def __init__(self, path: Any) -> None:
        self._path = path

    def __fspath__(self) -> Any:
        return self._path


@pytest.fixture
def elsewhere(shm_dir: Path) -> Iterator[Path]:
    """Another directory in memory, which is empty at the end."""
    folder = shm_dir / "elsewhere"
    folder.mkdir()
    yield folder
    folder.rmdir()


@pytest.mark.parametrize("kind", [str, Path, Named, type("Text", (str,), {})])
def test_topics_are_where_the_keyword_says(elsewhere: Path, kind: Any) -> None:
    where = kind(str(elsewhere))
    with (
        Publisher("topic", 0, retain=True, directory=where) as pub,
        Subscriber("topic", -1, directory=where) as sub,
        Subscriber("topic", -2) as sub_here,
    ):
        pub.publish(1)
        assert sub.recv() == 1
        assert sub_here.subscribe() == (-2, False)
        assert [topic.name for topic in topics(directory=where)] == ["topic"]
        assert topics() == []
        assert inspect("topic", directory=where).path.startswith(f"{elsewhere}/")
        with pytest.raises(TopicNotFoundError):
            inspect("topic")
        with pytest.raises(ExistsError):
            remove("topic", directory=where)
    with pytest.raises(TopicNotFoundError):
        remove("topic")
    remove("topic", directory=where)


def test_the_same_topic_in_two_directories_is_two(elsewhere: Path) -> None:
    with Publisher("topic", 0) as here, Publisher("topic", 0.0, directory=elsewhere) as there:
        with Subscriber("topic", 0.0, directory=elsewhere) as sub:
            here.publish(1)
            there.publish(2.5)
            assert sub.subscribe() == (2.5, True)
        with Publisher("topic", 0, directory=elsewhere, replace=True):
            assert there.closed
            assert not here.closed


def test_none_is_what_the_environment_says_at_each_call(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Publisher("topic", 0, directory=elsewhere):
        assert topics(directory=None) == []
        monkeypatch.setenv("SHM_PUB_SUB_DIR", str(elsewhere))
        assert [topic.name for topic in topics(directory=None)] == ["topic"]


@pytest.mark.parametrize("relative", ["elsewhere", "./elsewhere/", "../{}/elsewhere", "."])
def test_a_relative_path_is_taken_where_it_was_meant(
    elsewhere: Path, relative: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(elsewhere if relative == "." else elsewhere.parent)
    where = relative.format(elsewhere.parent.name)
    with (
        Publisher("topic", 0, directory=where) as pub,
        Subscriber("topic", -1, directory=where) as sub,
    ):
        monkeypatch.chdir("/")
        pub.publish(1)
        assert sub.subscribe() == (1, True)
        Publisher.__init__(pub, "topic", 0, directory=elsewhere)
        pub.publish(2)
        assert sub.subscribe() == (2, True), "it attaches again, in the same directory"


@pytest.mark.parametrize("set_by", ["directory", "SHM_PUB_SUB_DIR"])
@every_use
def test_a_relative_path_without_a_current_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, use: Use, set_by: str
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    monkeypatch.setenv("SHM_PUB_SUB_DIR", "elsewhere")
    with pytest.raises(TopicValueError, match=f"{set_by}: found the relative .* an absolute path"):
        use("elsewhere" if set_by == "directory" else None)


@pytest.mark.parametrize(
    "name", ["a b", "ünï", "%41", "a\nb", os.fsdecode(b"\xff\xfe"), "x" * 255, "\x1b[31m"]
)
def test_a_directory_may_have_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    with Publisher("topic", 0, directory=folder) as pub:
        pub.publish(41)
        sub = Subscriber("topic", -1, directory=folder)
        assert sub.subscribe() == (41, True)
        assert inspect("topic", directory=folder).path == str(folder / "shm_pub_sub.topic")
        assert [topic.name for topic in topics(directory=folder)] == ["topic"]
        for what in (pub, sub):
            assert "41" in shown(what).text
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        (1, "found int; expected a str, an os.PathLike"),
        (True, "found bool; "),
        (b"/tmp", r"found bytes; .*os\.fsdecode"),
        (["/tmp"], "found list; "),
        (Named(b"/tmp"), r"found .*Named of a bytes path; .*os\.fsdecode"),
    ],
)
@every_use
def test_what_is_no_path_is_a_type_error(use: Use, value: object, complaint: str) -> None:
    with pytest.raises(TopicTypeError, match=f"^directory: {complaint}"):
        use(value)


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("", ": found an empty str; expected a str, .*None for what SHM_PUB_SUB_DIR names"),
        ("a\0b", r" 'a\\x00b': found a NUL at character 1; expected a path without NUL"),
        ("a\ud800", r" 'a\\ud800': found '\\ud800' at character 1; expected what .* express"),
        ("x" * 10000, r" 'x+\.\.\.'"),
    ],
)
@every_use
def test_an_impossible_path_is_an_error(use: Use, value: str, complaint: str) -> None:
    if len(value) > 4096:  # only the kernel knows
        if use is not USES["plot"]:
            with pytest.raises((CreateError, OpenError), match="is shorter than 4096 bytes"):
                use(value)
        return
    for path in (value, Named(value)):
        with pytest.raises(TopicValueError, match=f"^directory{complaint}"):
            use(path)


@pytest.mark.skipif(sys.flags.utf8_mode == 1, reason="UTF-8 can express it")
def test_what_the_locale_cannot_express_is_an_error(check_python: Check) -> None:
    check_python(
        "import shm_pub_sub\n"
        "try:\n"
        "    shm_pub_sub.topics(directory='/\\u2192')\n"
        "except shm_pub_sub.TopicValueError as error:\n"
        "    assert 'ascii' in str(error), error\n"
        "else:\n"
        "    raise AssertionError\n",
        env=os.environ | {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    )


def test_a_missing_directory_is_an_error(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    for name, use in USES.items():
        if name == "plot":
            use(missing)  # it may come
        elif name in ("inspect", "remove"):
            with pytest.raises(TopicNotFoundError, match=f"no directory {missing}; expected"):
                use(missing)
        else:
            with pytest.raises((CreateError, OpenError), match=r"create it, or .*directory=") as e:
                use(missing)
            assert str(missing) in str(e.value)


@pytest.mark.parametrize("make", [Path.touch, os.mkfifo], ids=["file", "fifo"])
def test_a_file_as_directory_is_an_error(tmp_path: Path, make: Callable[[Path], object]) -> None:
    file = tmp_path / "file"
    make(file)
    for name in ("Publisher", "Subscriber", "topics", "inspect", "remove"):
        with pytest.raises((CreateError, OpenError), match=r"to be a directory; .*directory="):
            USES[name](file)


def test_a_subscriber_survives_that_its_directory_is_replaced(elsewhere: Path) -> None:
    with Subscriber("topic", -1, directory=elsewhere) as sub:
        shutil.rmtree(elsewhere)
        assert sub.subscribe() == (-1, False)
        elsewhere.mkdir()
        with Publisher("topic", 0, directory=elsewhere) as pub:
            pub.publish(1)
            assert sub.recv(timeout=20) == 1


class Distance(Publisher[float]):
    def __init__(self, sensor: str, where: Path | None) -> None:
        super().__init__(f"robot/{sensor}", 0.0, directory=where)


def test_a_subclass_passes_it_on(elsewhere: Path) -> None:
    with Distance("lidar", elsewhere), Distance("lidar", None):
        assert [topic.name for topic in topics(directory=elsewhere)] == ["robot/lidar"]


def test_init_again_may_move_it(elsewhere: Path) -> None:
    pub: Publisher[int] = Publisher("topic", 0)
    sub: Subscriber[int] = Subscriber("topic", -1)
    for where in (elsewhere, None, elsewhere):
        Publisher.__init__(pub, "topic", 0, directory=where)
        Subscriber.__init__(sub, "topic", -1, directory=where)
        pub.publish(1)
        assert sub.subscribe() == (1, True)
        assert len(topics(directory=elsewhere)) == (where is not None)
    with pytest.raises(TopicValueError):
        Publisher.__init__(pub, "topic", 0, directory="")
    assert pub.closed
    pub.close()
    sub.close()


def test_a_callback_reads_there(elsewhere: Path) -> None:
    values: queue.SimpleQueue[int] = queue.SimpleQueue()
    with (
        Subscriber("topic", 0, callback=values.put, directory=elsewhere),
        Publisher("topic", 0) as here,
        Publisher("topic", 0, directory=elsewhere) as there,
    ):
        here.publish(1)
        there.publish(2)
        assert values.get(timeout=20) == 2


def test_a_forked_child_reads_on_there(elsewhere: Path) -> None:
    with Subscriber("topic", -1, directory=elsewhere) as sub:
        child = os.fork()
        if child == 0:
            try:
                os.environ.pop("SHM_PUB_SUB_DIR")
                os.chdir("/")
                with Publisher("topic", 0, directory=elsewhere) as pub:
                    pub.publish(1)
                    value = sub.recv(timeout=20)
                os._exit(value != 1)
            finally:
                os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_wait_for_says_what_is_in_the_subscribers_directory(elsewhere: Path) -> None:
    with (
        Publisher("here", 0),
        Publisher("there", 0, directory=elsewhere),
        Subscriber("topic", 0, directory=elsewhere) as sub,
        pytest.raises(AssertionError, match=f"in {elsewhere} there is: 'there'$"),
    ):
        wait_for(sub, 1, timeout=0)


def test_wait_for_goes_by_the_subscribers_trust(monkeypatch: pytest.MonkeyPatch) -> None:
    with Publisher("topic", 0), Subscriber("topic", 0) as sub:
        monkeypatch.setenv("SHM_PUB_SUB_TRUST", "no such user")
        with pytest.raises(AssertionError, match=f"process {os.getpid()} is alive"):
            wait_for(sub, 1, timeout=0)


def test_a_plot_shows_names_of_there_and_subscribers_of_their_own(elsewhere: Path) -> None:
    with (
        Publisher("topic", 0) as here,
        Publisher("topic", 0, directory=elsewhere) as there,
        Publisher("topic/2", 0, directory=elsewhere) as pattern,
        Subscriber("topic", 0) as sub,
    ):
        for number, pub in enumerate((here, there, pattern)):
            pub.publish(number)
        collector = Collector([sub, "topic", "*/2"], 5, directory=elsewhere)
        collector.poll()
        assert sorted(curve.newest for curve in collector.curves) == [0, 1, 2]
        collector.close()


def test_plot_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "Agg")
    pytest.importorskip("matplotlib")
    with pytest.raises(TopicValueError, match="directory"):
        plot("topic", directory="")


def test_what_is_checked_is_checked_once(elsewhere: Path) -> None:
    """The library passes on an object's own directory and trust, sudo's user included."""
    with Publisher("topic", 0, directory=elsewhere) as pub:
        pub.publish(1)
        with pytest.MonkeyPatch.context() as sudo:
            sudo.setenv("SUDO_UID", "1234")
            sub = Subscriber("topic", 0, directory=elsewhere)
        with sub, Subscriber("topic", 0, directory=sub._directory, trust=sub._trust) as same:
            assert (same._trust, same._directory) == ("sudo:1234", str(elsewhere))
            assert "1 published" in shown(sub).text


def test_nothing_but_the_domains_of_tests_changes_the_environment() -> None:
    """The library's functions pass the directory; the environment is for programs and children."""
    package = Path(shm_pub_sub.__file__).parent
    writes = re.compile(
        r"environ\[\S+\] *=[^=]|\.setenv\(|putenv\(|environ\.(update|pop|setdefault)"
    )
    found = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if writes.search(path.read_text(encoding="utf-8"))
    }
    assert found <= {"_cli/domain.py", "pytest_plugin.py"}
