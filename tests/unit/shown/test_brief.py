"""What tools show of a value that is no bool, int or float."""

import array
import json
import sys
from typing import Any

import pytest
from shm_pub_sub._brief import Brief, brief
from shm_pub_sub._cli.output import json_value

np = pytest.importorskip("numpy")

NAN, INFINITY = float("nan"), float("inf")


@pytest.mark.parametrize("value", [True, 7, 2.5])
def test_numbers_stay_as_they_are(value: Any) -> None:
    assert brief(value) is value


@pytest.mark.parametrize(
    ("value", "text", "as_json"),
    [
        ("grüezi", "grüezi", "grüezi"),
        ("one\ntwo\x1b[31m", r"one\ntwo\x1b[31m", "one\ntwo\x1b[31m"),
        ("", "", ""),
        (b"", "0 bytes", {"bytes": 0, "first": ""}),
        (b"\x89PNG", "4 bytes: 89 50 4e 47", {"bytes": 4, "first": "89504e47"}),
        (
            bytes(17),
            "17 bytes: " + "00 " * 16 + "...",
            {"bytes": 17, "first": "00" * 16},
        ),
        (memoryview(b"ab"), "2 bytes: 61 62", {"bytes": 2, "first": "6162"}),
        (1.5 - 2j, "1.5-2j", {"real": 1.5, "imag": -2.0}),
        ([], "[]", []),
        ([0.1, NAN], "[0.1, nan]", [0.1, "NaN"]),
        ([True, False], "[True, False]", [True, False]),
        ([*range(9)], "[0, 1, 2, 3, 4, 5, 6, 7, ...], 9 elements", [*range(9)]),
    ],
)
def test_text_bytes_and_lists(value: Any, text: str, as_json: object) -> None:
    found = brief(value)
    assert str(found) == text
    assert json_value(found) == as_json
    json.dumps(as_json)


@pytest.mark.parametrize(
    ("value", "text", "figures"),
    [
        (np.full((480, 640, 3), 7, "u1"), "uint8[480,640,3], min 7, max 7, mean 7", (7, 7, 7.0)),
        (np.array([1.5, 2.5], "f4"), "float32[2], [1.5, 2.5]", (1.5, 2.5, 2.0)),
        (np.array([NAN, 1.0, 3.0]), "float64[3], [nan, 1, 3]", (1.0, 3.0, "NaN")),
        (
            np.array([-INFINITY, INFINITY]),
            "float64[2], [-inf, inf]",
            ("-Infinity", "Infinity", "NaN"),
        ),
        (np.array([True, False]), "bool[2], [True, False]", (False, True, 0.5)),
        (np.array(2**63, "u8"), f"uint64[], min {2**63}, max {2**63}, mean 9.22337e+18", None),
        (np.arange(8.0), "float64[8], [0, 1, 2, 3, 4, 5, 6, 7]", (0.0, 7.0, 3.5)),
        (np.arange(9.0), "float64[9], min 0, max 8, mean 4", (0.0, 8.0, 4.0)),
        (np.full(70_000, 65_504, "f2"), "float16[70000], min 65504, max 65504, mean 65504", None),
    ],
)
def test_arrays_have_shape_least_greatest_and_mean_or_all_elements(
    value: Any, text: str, figures: tuple[object, ...] | None
) -> None:
    found = brief(value)
    assert str(found) == text
    as_json: Any = json_value(found)
    assert (as_json["dtype"], as_json["shape"]) == (value.dtype.name, [*value.shape])
    if figures is not None:
        assert (as_json["min"], as_json["max"], as_json["mean"]) == figures
    in_full = value.ndim == 1 and value.size <= 8
    assert as_json.get("values") == (json_value(value.tolist()) if in_full else None)
    json.dumps(as_json, allow_nan=False)


def test_complex_arrays_have_a_mean_and_empty_ones_nothing() -> None:
    found = brief(np.array([1 + 1j, 3 - 1j], "c8"))
    assert str(found) == "complex64[2], [1+1j, 3-1j]"
    assert found.json["mean"] == {"real": 2.0, "imag": 0.0}
    assert found.json["values"][1] == {"real": 3.0, "imag": -1.0}
    assert str(brief(np.zeros((0, 4), "f4"))) == "float32[0,4], empty"


@pytest.mark.parametrize(
    ("view", "text"),
    [
        (memoryview(bytes(12)).cast("B", (2, 2, 3)), "uint8[2,2,3], 12 bytes"),
        (memoryview(array.array("f", [0, 0])), "float32[2], 8 bytes"),
        (memoryview(array.array("l", [0])), "int64[1], 8 bytes"),
        (memoryview(b"\x00").cast("?"), "bool[1], 1 byte"),
    ],
)
def test_without_numpy_shape_and_size(
    view: memoryview, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "numpy")
    found = brief(view)
    assert isinstance(found, Brief)
    assert str(found) == text
