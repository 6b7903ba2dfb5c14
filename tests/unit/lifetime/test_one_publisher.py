"""One publisher a topic, and replace=True for the notebook cell that is run again."""

import gc
import os
from pathlib import Path
from typing import Any

import pytest
from shm_pub_sub import ClosedError, ExistsError, Publisher, Subscriber
from support.programs import Run

PREFIX = "Shared memory already exists: "


def test_second_publisher_in_this_process_is_refused_with_what_to_do() -> None:
    with Publisher("robot/arm", 0) as pub, Subscriber("robot/arm", 7) as sub:
        pub.publish(1)
        with pytest.raises(RuntimeError) as caught:
            Publisher("robot/arm", 0)
        text = str(caught.value)
        assert isinstance(caught.value, ExistsError)
        assert text.startswith(PREFIX)
        assert "robot/arm" in text
        assert str(os.getpid()) in text
        assert "replace=True" in text
        assert sub.subscribe() == (1, True)
        pub.publish(2)
        assert sub.subscribe() == (2, True)


@pytest.mark.parametrize("default", [True, 1, 1.0])
@pytest.mark.parametrize("buffers", [1, 3, 1000])
def test_second_publisher_is_refused_whatever_its_type_and_size(default: Any, buffers: int) -> None:
    with Publisher("topic", 0), pytest.raises(RuntimeError, match=f"^{PREFIX}.* {os.getpid()} "):
        Publisher("topic", default, buffers)


def test_error_of_a_second_publisher_has_the_owners_pid(run_python: Run) -> None:
    with Publisher("topic", 0) as pub:
        pub.publish(1)
        ended = run_python(
            "import shm_pub_sub\n"
            "for replace in (False, True):\n"
            "    try:\n"
            "        shm_pub_sub.Publisher('topic', 0, replace=replace)\n"
            "    except RuntimeError as error:\n"
            "        print(error)\n"
        )
        lines = ended.stdout.splitlines()
        assert (ended.returncode, len(lines)) == (0, 2), ended
        for line in lines:
            assert line.startswith(PREFIX)
            assert str(os.getpid()) in line
            assert "replace=True" not in line, "that would not help"
        assert Subscriber("topic", 7).subscribe() == (1, True)


def test_topic_is_free_again_after_close() -> None:
    for _ in range(50):
        Publisher("topic", 0).close()


def test_replace_closes_the_earlier_publisher_first() -> None:
    sub = Subscriber("topic", 7)
    old = Publisher("topic", 0)
    old.publish(1)
    new = Publisher("topic", 0, replace=True)
    assert old.closed
    assert sub.subscribe() == (7, False)
    with pytest.raises(ClosedError):
        old.publish(2)
    new.publish(3)
    assert sub.subscribe() == (3, True)
    old.close()
    del old
    gc.collect()
    assert sub.subscribe() == (3, True)
    new.publish(4)
    assert sub.subscribe() == (4, True)


def test_replace_without_an_earlier_one_just_makes_it() -> None:
    with Publisher("topic", 0, replace=True) as pub, Subscriber("topic", 7) as sub:
        pub.publish(1)
        assert sub.subscribe() == (1, True)


def test_replace_ten_times_with_the_same_name_bound_again() -> None:
    sub = Subscriber("topic", -1)
    for value in range(10):
        pub = Publisher("topic", 0, replace=True)  # the one before is still referenced here
        pub.publish(value)
        assert sub.subscribe() == (value, True)
    pub.close()


def test_replace_ten_times_with_all_of_them_still_referenced() -> None:
    sub = Subscriber("topic", -1)
    pubs: list[Publisher[int]] = []
    for value in range(10):
        pubs.append(Publisher("topic", 0, replace=True))
        pubs[-1].publish(value)
        assert sub.subscribe() == (value, True)
        assert [pub.closed for pub in pubs] == [True] * value + [False]


def test_replace_may_change_type_and_size() -> None:
    Publisher("topic", 0)
    first = Publisher("topic", 0.5, 50, replace=True)
    with Publisher("topic", True, 2, replace=True) as pub, Subscriber("topic", False) as sub:
        pub.publish(True)
        assert sub.subscribe() == (True, True)
        assert first.closed


def test_replace_leaves_other_topics_and_directories_alone(tmp_path: Path) -> None:
    other = Publisher("other", 0)
    here = Publisher("topic", 0)
    there = Publisher("topic", 0, replace=True, directory=tmp_path)
    assert not other.closed
    assert not here.closed
    assert not there.closed
    there.close()


@pytest.mark.parametrize(
    "arguments", [("topic", None), ("topic", 0, 0), ("topic", 0, 2**40), ("topic", 0, "3")]
)
def test_impossible_replacement_leaves_the_earlier_one_open(arguments: Any) -> None:
    with Publisher("topic", 0) as pub:
        with pytest.raises((TypeError, ValueError)):
            Publisher(*arguments, replace=True)
        assert not pub.closed
        pub.publish(1)
        assert Subscriber("topic", 7).subscribe() == (1, True)


def test_replace_works_after_the_file_was_removed_by_hand_and_created_again(shm_dir: Path) -> None:
    # As in a notebook: rm in a shell, the cell run again, and once more with replace=True.
    pub = Publisher("topic", 0)
    (file,) = shm_dir.iterdir()
    file.unlink()
    pub = Publisher("topic", 0)  # here the first one is collected
    gc.collect()
    pub = Publisher("topic", 0, replace=True)
    pub.publish(1)
    assert Subscriber("topic", 7).subscribe() == (1, True)


def test_close_does_not_remove_the_file_of_somebody_else(shm_dir: Path) -> None:
    old = Publisher("topic", 0)
    (file,) = shm_dir.iterdir()
    file.unlink()
    new = Publisher("topic", 0)
    old.close()
    new.publish(1)
    assert Subscriber("topic", 7).subscribe() == (1, True)


def test_dead_publishers_topic_is_taken_over_by_any_type_and_size(run_python: Run) -> None:
    sub = Subscriber("topic", 7.5)
    for default, buffers in [(True, 1), (5, 300), (2.5, 3)]:
        ended = run_python(
            "import os, shm_pub_sub\n"
            f"pub = shm_pub_sub.Publisher('topic', {default!r}, {buffers})\n"
            f"pub.publish({default!r})\n"
            "os.kill(os.getpid(), 9)\n"
        )
        assert ended.returncode == -9
        with Publisher("topic", 0.0, 5) as pub:
            assert sub.subscribe() == (7.5, False)
            pub.publish(0.25)
            assert sub.subscribe() == (0.25, True)
