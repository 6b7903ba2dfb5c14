"""The checker finds no fault in a sound story, and every fault that is put into one."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ._checker import check
from ._log import Log, lines, path_of
from ._scene import Logs, close, kill, life, read, scene, story
from ._spans import Spans

Doctor = Callable[[Logs], object]


def test_a_story_without_fault_passes() -> None:
    assert check(story(scene())) == []


def reader(*runs: list[Any]) -> Doctor:
    """Adds one reader, with these runs."""
    return lambda logs: logs.update(another=list(runs))


def also(actor: str, *lines: list[Any]) -> Doctor:
    """Adds lines to an actor's log."""
    return lambda logs: logs[actor].extend(lines)


def kept(**logs: list[list[Any]]) -> Doctor:
    """Keeps the retained value, and adds these logs."""
    return lambda those: (those["remover"].clear(), those.update(logs))


def controlled(*orders: list[Any], **logs: list[list[Any]]) -> Doctor:
    """Adds what the controller did, and these logs."""
    return lambda those: (those["controller"].extend(orders), those.update(logs))


FAULTS: dict[str, tuple[Doctor, str]] = {
    "a fault that an actor noted": (
        lambda logs: logs["ints"].append(["fault", 100, "stale", [1, 2]]),
        "stale",
    ),
    "two owners": (lambda logs: logs.update(p9=life(9, 470)), "1 and 9 both own topic 0"),
    "two owners, one of them stopped": (
        controlled(["stop", 300, "p1"], ["continue", 450, "p1"], p9=life(9, 310) + close(9, 400)),
        "1 and 9 both own topic 0",
    ),
    "an owner inside the life of another": (
        lambda logs: logs.update(p9=life(9, 200) + close(9, 300)),
        "1 and 9 both own topic 0",
    ),
    "refused without an owner": (
        also("late", ["try", 600, 10, 0, "int", False, "c"], ["refused", 605, 10]),
        "10 was refused topic 0",
    ),
    "a removal refused without an owner": (
        also("remover", ["removing", 3200, 0], ["held", 3210, 0]),
        "remover may not remove topic 0",
    ),
    "a wait in vain for nobody": (
        also("late", ["try", 600, 10, 0, "int", False, "c"], ["stuck", 690, 10]),
        "late waited in vain",
    ),
    "a live topic removed": (
        also("remover", ["removing", 200, 0], ["removed", 210, 0]),
        "found 1's live topic 0 to be removed",
    ),
    "a live topic without a name": (
        also("remover", ["removing", 200, 0], ["absent", 210, 0]),
        "found 1's live topic 0 to be absent",
    ),
    "a generation that never was": (reader(read("ok", 7, 200, 300)), "reads 7 .*: never there"),
    "a float topic's value as an int": (
        reader(read("ok", 3, 2100, 2200)),
        "reads 3 of topic 0, int: never there",
    ),
    "a number beyond the last": (
        reader(read("ok", 1, 200, 300, k=6)),
        "reads 1/6: never published",
    ),
    "a value before its publisher": (reader(read("ok", 2, 200, 300)), "reads 2 before it is made"),
    "a generation again, after another": (
        reader(read("ok", 1, 480, 490), read("ok", 2, 721, 730), read("ok", 1, 731, 740)),
        "another/0 goes back from 2 to 1",
    ),
    "a generation again, after none": (
        reader(read("ok", 1, 510, 520), read("none", 0, 521, 530), read("ok", 1, 531, 540)),
        "another/0 returns to 1, which it had left",
    ),
    "a killed publisher's value after 0.1 s": (
        reader(read("ok", 1, 590, 612)),
        r"another reads 1, 0\.001 s after that may be",
    ),
    "a closed publisher's value after close()": (
        reader(read("ok", 2, 1000, 1012)),
        r"another reads 2, 0\.001 s after that may be",
    ),
    "a retained value after its removal": (
        reader(read("ok", 3, 3100, 3112, kind="float")),
        r"another reads 3, 0\.001 s after that may be",
    ),
    "a retained value after the next publisher's first": (
        kept(p4=life(4, 4000, "float"), another=[read("ok", 3, 2600, 4022, kind="float")]),
        r"another reads 3, 0\.001 s after that may be",
    ),
    "a retained value after the silent next publisher's end": (
        kept(
            p4=life(4, 4000, "float")[:2] + close(4, 4100),
            another=[read("ok", 3, 2600, 4112, kind="float")],
        ),
        r"another reads 3, 0\.001 s after that may be",
    ),
    "a retained value that a taker of another type has": (
        kept(p4=life(4, 4000), another=[read("ok", 3, 2600, 4012, kind="float")]),
        r"another reads 3, 0\.001 s after that may be",
    ),
    "no value while a publisher lives": (
        reader(read("none", 0, 200, 210)),
        "reads none of topic 0 .*, while 1 is there",
    ),
    "no value while a publisher is stopped": (
        controlled(
            ["stop", 200, "p1"], ["continue", 400, "p1"], another=[read("none", 0, 300, 310)]
        ),
        "reads none of topic 0 .*, while 1 is there",
    ),
    "no value while one is retained": (
        reader(read("none", 0, 2700, 2710, kind="float")),
        "reads none of topic 0 .*, while 3 is there",
    ),
    "no value from a publisher that took a retained one over": (
        kept(
            p4=life(4, 4000, "float")[:2] + close(4, 4100),
            another=[read("none", 0, 4011, 4020, kind="float")],
        ),
        "reads none of topic 0 .*, while 4 is there",
    ),
    "another type without a publisher": (
        reader(read("type", 0, 1200, 1210)),
        "reads type of topic 0 as int .*: nobody was there",
    ),
    "another type while the right one lives": (
        reader(read("type", 0, 200, 210)),
        "reads type of topic 0 .*, while 1 is there",
    ),
    "a bool without a publisher": (
        reader(read("ok", 0, 200, 210, kind="bool")),
        "reads ok of topic 0 as bool .*: nobody was there",
    ),
    "a read that hangs": (
        lambda logs: logs["ints"][0].__setitem__(-1, 31_000_000_000),
        "ints reads topic 0 for 31.0 s",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found(name: str) -> None:
    doctor, text = FAULTS[name]
    logs = scene()
    doctor(logs)
    found = check(story(logs))
    assert any(re.search(text, wrong) for wrong in found), found


ALLOWED: dict[str, Doctor] = {
    "a killed publisher's value for 0.1 s": reader(read("ok", 1, 300, 610)),
    "refused because of one killed before it logged": controlled(
        *kill("p9", 600), p9=life(9, 590)[:1], another=[*life(10, 600)[:1], ["refused", 602, 10]]
    ),
    "refused because of a child forked before the kill that has not closed the lock yet": (
        lambda logs: (
            logs["p1"].append(["forking", 499, 1, "child"]),
            logs.update(
                child=[["born", 650]],
                another=[*life(10, 640)[:1], ["refused", 645, 10], read("ok", 1, 700, 740)],
            ),
        )
    ),
    "a wait in vain for a stopped taker": controlled(
        ["stop", 3300, "p9"],
        ["continue", 4400, "p9"],
        p9=life(9, 3290),
        p10=[*life(10, 3300)[:1], ["stuck", 4310, 10]],
    ),
    "no value where a remover was killed": controlled(
        *kill("r9", 2650),
        r9=[["removing", 2640, 0]],
        another=[read("none", 0, 2700, 2710, kind="float")],
    ),
    "a retained value for 0.1 s where its taker was killed": lambda logs: (
        logs["remover"].clear(),
        logs["controller"].extend(kill("p9", 3950)),
        logs.update(
            p9=life(9, 3940, "float")[:1],
            p4=life(4, 4000, "float"),
            another=[read("ok", 3, 2600, 4119, kind="float")],
        ),
    ),
    "a retained value through publishers that keep silent": kept(
        p4=life(4, 4000, "float", retain=True)[:2] + close(4, 4100),
        p5=life(5, 4200, "float", retain=True)[:2] + close(5, 4300),
        another=[read("ok", 3, 2600, 9000, kind="float")],
    ),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_what_may_happen_is_no_fault(name: str) -> None:
    logs = scene()
    ALLOWED[name](logs)
    assert check(story(logs)) == []


def test_spans_that_overlap_are_one() -> None:
    spans = Spans([(5, 9), (1, 3), (2, 4), (1, 2)])
    touched = [n for n in range(12) if spans.touch(n, n)]
    assert touched == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert spans.touch(4.5, 4.6) is False
    assert spans.touch(0, 20) is True


def test_a_line_that_was_cut_off_by_a_kill_is_left_out(tmp_path: Path) -> None:
    log = Log(tmp_path, "actor")
    log("owns", 1)
    log.close()
    path = path_of(tmp_path, "actor")
    path.write_text(path.read_text() + '["closed",12')
    assert [what for what, *_ in lines(path)] == ["owns"]
