"""What notebooks show of publishers, subscribers and topics."""

import html.parser
import math
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shm_pub_sub
from shm_pub_sub import Publisher, Subscriber, TopicInfo
from shm_pub_sub._svg import sparkline, ticks
from shm_pub_sub._text import frequency
from support.layout import HEADER
from support.programs import Check, Run

VOID = {"img"}


class Checker(html.parser.HTMLParser):
    """Checks that elements nest, and records them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == [], "not closed"

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def shown(what: Any) -> Checker:
    checker = Checker(what._repr_html_())
    assert "script" not in checker.seen
    return checker


@pytest.mark.parametrize("value", [True, 5, 2.5])
def test_both_ends_show_topic_type_newest_value_age_and_publisher(value: Any) -> None:
    with Publisher("robot/arm", value, 7) as pub, Subscriber("robot/arm", value) as sub:
        for end in (pub, sub):
            assert f"process {os.getpid()} · 0 published" in shown(end).text
            assert "svg" not in shown(end).seen
        pub.publish_many([value] * 9)
        for end in (pub, sub):
            found = shown(end)
            for words in ("robot/arm", type(value).__name__, str(value), "9 published", " ago"):
                assert words in found.text
            assert type(end).__name__ in found.text
            assert found.seen.count("svg") == 1
            assert 'aria-label="the last 7 values' in end._repr_html_()


@pytest.mark.parametrize(
    ("default", "value", "kind", "text"),
    [
        (np.zeros((32, 2), "u1"), np.ones((32, 2), "u1"), "uint8[32,2]", "min 1, max 1, mean 1"),
        (np.zeros(3, "f4"), np.ones(3, "f4"), "float32[3]", "[1, 1, 1]"),
        ("", "<b>driving</b>", "str <= 4096", "<b>driving</b>"),
        ("", "x" * 300, "str <= 4096", "x" * 197 + "..."),
        (b"", b"ab", "bytes <= 4096", "2 bytes: 61 62"),
        ([0.0], [1.5], "list[float] <= 1", "[1.5]"),
        (np.uint8(0), 7, "uint8", "7"),
    ],
)
def test_both_ends_show_values_of_every_type_in_brief(
    default: Any, value: Any, kind: str, text: str
) -> None:
    with Publisher("topic", default) as pub, Subscriber("topic", default) as sub:
        pub.publish(value)
        for end in (pub, sub, Subscriber("topic")):
            found = shown(end)
            assert text in found.text
            assert "svg" not in found.seen
        assert f"Publisher · {kind} · buffers: 3" in shown(pub).text
        assert "any type" in shown(Subscriber("topic")).text
        assert sub.recv() is not None  # nothing was taken


def test_without_a_default_there_is_nothing_to_show() -> None:
    assert shown(Subscriber("nothing")).text.endswith("no publisher")
    assert (
        "no publisher; default: uint8[2], [0, 0]"
        in shown(Subscriber("nothing", np.zeros(2, "u1"))).text
    )


def test_another_type_of_array_is_said_to_be_that() -> None:
    sub = Subscriber("topic", np.zeros(3))
    with Publisher("topic", np.zeros(4)):
        assert "the topic's type is float64[4]" in shown(sub).text
    with Publisher("topic", np.uint8(0)):
        assert "the topic's type is uint8" in shown(sub).text


def test_both_ends_show_the_rate() -> None:
    with Publisher("topic", 0) as pub, Subscriber("topic", 0) as sub:
        for value in range(3):
            pub.publish(value)
        for end in (pub, sub):
            assert f" · {frequency(shm_pub_sub.inspect('topic').rate)}" in shown(end).text


def test_names_are_escaped() -> None:
    with Publisher("<b>&\"'", 0) as pub, Subscriber("<b>&\"'", 0) as sub:
        topics = shm_pub_sub.topics()
        for what in (pub, sub, topics, topics[0]):
            assert "<b>&\"'" in shown(what).text


def test_html_takes_nothing_from_the_stream() -> None:
    with Publisher("topic", 0, 20) as pub:
        pub.publish_many(range(5))
        with Subscriber("topic", 0, history=5) as sub:
            assert sub.recv() == 0
            shown(sub)
            repr(sub)
            pub.publish(5)
            assert "newest 5" in repr(sub)
            assert sub.drain() == [1, 2, 3, 4, 5]
            assert sub.lost == 0


def test_a_publisher_that_is_replaced_does_not_take_the_rest_of_the_stream() -> None:
    with Publisher("topic", 0, 20) as pub:
        pub.publish_many(range(5))
        sub = Subscriber("topic", 0, history=5)
    with Publisher("topic", 0, 20) as pub:
        pub.publish(9)
        assert "9" in shown(sub).text
        assert "newest 9" in repr(sub)
        assert [*sub.drain(), sub.lost] in ([0, 1, 2, 3, 4, 9, 0], [9, 5])


def test_closed_ones_show_that() -> None:
    pub, sub = Publisher("topic", 0), Subscriber("topic", 0)
    pub.close()
    assert "closed" in shown(pub).text
    assert "no publisher" in shown(sub).text
    sub.close()
    assert "closed" in shown(sub).text


def test_objects_that_are_not_even_set_up_show_something() -> None:
    for cls in (Publisher, Subscriber):
        assert cls.__name__ in shown(cls.__new__(cls)).text


def test_a_topic_of_another_type_is_said_to_be_that() -> None:
    sub = Subscriber("topic", 0.0)
    with Publisher("topic", 7) as pub:
        pub.publish(8)
        assert "the topic's type is int" in shown(sub).text
        assert repr(sub)


@pytest.mark.shm_leaves_files("the test damages it")
def test_a_damaged_file_is_shown_as_such(shm_dir: Path) -> None:
    with Publisher("topic", 0) as pub:
        pub.publish(1)
        sub = Subscriber("topic", 0)
        (path,) = shm_dir.iterdir()
        with path.open("r+b") as file:
            file.seek(HEADER)
            file.write(b"\xff" * 300)
        for what in (pub, sub):
            assert "topic" in shown(what).text
            assert repr(what)


def test_a_forked_child_shows_what_it_inherited(check_python: Check) -> None:
    check_python(
        "import os, shm_pub_sub\n"
        "pub = shm_pub_sub.Publisher('topic', 0)\n"
        "sub = shm_pub_sub.Subscriber('topic', 0)\n"
        "pub.publish(41)\n"
        "pid = os.fork()\n"
        "for what in (pub, sub):\n"
        "    assert '41' in what._repr_html_(), what._repr_html_()\n"
        "assert ('inherited' in pub._repr_html_()) == (not pid)\n"
        "if pid == 0: os._exit(0)\n"
        "assert os.waitpid(pid, 0)[1] == 0\n"
    )


def test_an_object_shows_the_topic_of_its_own_directory(tmp_path: Path) -> None:
    with (
        Publisher("topic", 0, directory=tmp_path) as pub,
        Subscriber("topic", 0, directory=tmp_path) as sub,
    ):
        pub.publish(41)
        for what in (pub, sub):
            assert "41" in shown(what).text


def test_importing_brings_no_html(check_python: Check) -> None:
    check_python(
        "import sys, shm_pub_sub\n"
        "repr(shm_pub_sub.Subscriber('topic', 0))\n"
        "assert not {'html', 'shm_pub_sub._html', 'shm_pub_sub._plot'} & set(sys.modules)\n"
        "shm_pub_sub.plot\n"
        "assert not {'matplotlib', 'IPython', 'pandas'} & set(sys.modules)\n"
    )


def heights(svg: str) -> list[list[float]]:
    """Return the heights of a path's points, in one list per unbroken part."""
    (path,) = re.findall(r' d="([^"]*)"', svg)
    return [
        [float(y) for _, y in re.findall(r"([\d.]+)[ V]([\d.]+)", part)]
        for part in path.split("M")[1:]
    ]


def test_sparkline_spans_its_values_and_breaks_at_nan() -> None:
    assert heights(sparkline([0.0, 5.0, math.nan, 10.0])) == [[38.0, 20.0], [2.0]]
    assert heights(sparkline([3, 3])) == [[20.0, 20.0]]
    assert heights(sparkline([-1e308, 1e308])) == [[38.0, 2.0]]
    assert sparkline([1.0]) == sparkline([math.nan, math.inf]) == ""


def test_sparkline_of_bools_has_steps() -> None:
    assert 'd="M2.0 38.0H120.0V2.0H238.0V38.0"' in sparkline([False, True, False])


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-3, 17), (1e9, 1e9 + 1), (1e-9, 3e-9)])
def test_ticks_are_round_and_inside(low: float, high: float) -> None:
    found = ticks(low, high, 6)
    assert 2 <= len(found) <= 7
    slack = (high - low) * 1e-6
    assert low - slack <= found[0] < found[-1] <= high + slack
    assert ticks(1, 1, 6) == [1]


def test_topics_print_as_a_table_and_are_a_list() -> None:
    assert repr(shm_pub_sub.topics()) == str(shm_pub_sub.topics()) == "[]"
    with Publisher("robot/arm", 0.0, 7) as pub, Publisher("a\nb", False, retain=True) as odd_one:
        odd_one.publish(True)
        pub.publish_many([1.0] * 1234)
        found = shm_pub_sub.topics()
        assert isinstance(found, list)
        heading, odd, arm = repr(found).splitlines()
        assert heading.split() == ["topic", "type", "publisher", "published", "newest", "buffers"]
        assert odd.startswith(r"a\nb ")
        assert re.fullmatch(rf"robot/arm  float  process {os.getpid()} +1,234 +\S+ \S+ ago +7", arm)
        assert shown(found).seen.count("tr") == 3
        assert str(found[1].nbytes) in shown(found[1]).text
        pub.close()
        (kept,) = shm_pub_sub.topics()
        assert kept.alive
    assert "retained" in repr(shm_pub_sub.topics())
    shm_pub_sub.remove("a\nb")


def test_topics_as_a_data_frame() -> None:
    pandas = pytest.importorskip("pandas")
    with Publisher("a", 0.0) as pub, Publisher("b", 0):
        pub.publish(1.0)
        frame = shm_pub_sub.topics().to_pandas()
        assert [*frame.columns] == [f for f in TopicInfo._fields if f != "type_name"]
        assert list(frame["name"]) == ["a", "b"]
        assert list(frame["type"]) == ["float", "int"]
        assert frame["age"][0] >= 0
        assert math.isnan(frame["age"][1])
        since = pandas.Timestamp.now("UTC") - frame["created"]
        assert since.max() < pandas.Timedelta(minutes=5)
        assert since.min() > pandas.Timedelta(seconds=-1)
    empty = shm_pub_sub.topics().to_pandas()
    assert (len(empty), list(empty.columns)) == (0, [*frame.columns])


@pytest.mark.parametrize(
    ("missing", "use"),
    [("pandas", "shm_pub_sub.topics().to_pandas()"), ("matplotlib", "shm_pub_sub.plot('topic')")],
)
def test_without_an_extra_it_says_what_to_install(missing: str, use: str, run_python: Run) -> None:
    ended = run_python(
        "import sys, shm_pub_sub\n"
        "class Nothing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {missing!r}: raise ModuleNotFoundError(name, name=name)\n"
        "sys.meta_path.insert(0, Nothing())\n"
        f"try:\n    {use}\n"
        "except ImportError as error:\n    print(error)\n"
    )
    expected = f"found no {missing}; pip install {missing} brings it\n"
    assert (ended.stdout, ended.stderr) == (expected, "")


def test_name_keeps_to_its_line_and_direction() -> None:
    """A bidirectional override in a name would reverse the text next to it."""
    name = "robot/\u202egnp\u2066\x1b[2J\nend"
    with Publisher(name, 0) as pub, Subscriber(name, 0) as sub:
        table = shm_pub_sub.topics()
        for what in (pub, sub, table, table[0], shm_pub_sub.inspect(name)):
            assert shown(what).text.replace("\u2002", " ").isprintable()
