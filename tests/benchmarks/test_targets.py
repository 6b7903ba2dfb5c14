"""What a run of the array parts met of its targets."""

from typing import Any

import pytest
from parts import arrays, records
from report import records as table_of_records
from report import sized, targets


def _messages(ours: float) -> dict[str, Any]:
    ns = {"ours": {"median": ours}, "kickmsg_topic": {"median": 1000.0, "ratio": ours / 1000}}
    rows = {name: {"title": name, "trouble": "", "ns": {"view": ns[name]}} for name in ns}
    return {"array_messages": {"rounds": 1, "sizes": {"65536": rows}}}


def _met(parts: dict[str, Any]) -> list[bool]:
    return [target.met for target in targets.targets(parts)]


@pytest.mark.parametrize(
    ("ours", "met"), [(400.0, [True, True]), (600.0, [True, False]), (1100.0, [False, False])]
)
def test_a_view_is_ahead_of_every_peer_and_twice_as_fast_as_one(
    ours: float, met: list[bool]
) -> None:
    parts = _messages(ours)
    assert _met(parts) == met
    assert targets.markdown(parts).count("**no**") == met.count(False)
    assert "| - | - | 400 ns |" in sized.markdown({"parts": _messages(400.0)})


def test_a_call_is_compared_with_its_floor_round_by_round() -> None:
    noisy = arrays.compared("publish:4096", [280.0, 560.0, 281.0], [100.0, 400.0, 100.0])
    assert noisy["ours / target"] == pytest.approx(280 / 305)
    assert noisy["ns"]["median"] == 281
    without = arrays.compared("loan:4096", [299.0], None)
    assert without["ours / target"] == pytest.approx(299 / 300)
    assert "floor" not in without


def test_the_worst_size_decides() -> None:
    slow, fast = (
        arrays.compared(f"publish:{size}", [ns], [floor])
        for size, ns, floor in ((64, 300.0, 3.0), (1 << 20, 40e3, 39e3))
    )
    figures = {"publish:64": slow, f"publish:{1 << 20}": fast}
    (found,) = targets.targets({"arrays": {"rounds": 1, "trouble": "", "figures": figures}})
    assert not found.met
    assert "publish, 64 B" in found.found


def test_records_have_targets_in_ns_and_in_proportion_to_memcpy() -> None:
    rounds = {"publish:slots": ([120.0], [300.0]), "publish:dict": ([50e3], [40e3])}
    figures = {f: records.KINDS[f].compared(*row) for f, row in rounds.items()}
    parts = {"records": {"rounds": 1, "trouble": "", "figures": figures}}
    assert _met(parts) == [True, False]
    assert "| **a dataclass with slots** | 120 ns | 300 ns (struct) | - | - |" in (
        table_of_records.markdown({"parts": parts})
    )
    assert table_of_records.markdown({"parts": {}}) == "Not measured yet."


def test_a_part_that_failed_or_was_left_out_has_no_targets() -> None:
    assert targets.markdown({"arrays": {"failed": "why"}, "calls": {}}) == ""
