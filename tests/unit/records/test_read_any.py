"""Arrays of records, as only Go makes them, with what numpy has no dtype for."""

import json
from typing import Any

import numpy as np
import pytest
from shm_pub_sub._records_read import record_of

POINT = {"kind": "record", "size": 8, "fields": [["x", "<f8", 0]]}
TEXT = {"kind": "text", "max": 16}
ROWS = {"kind": "array", "dtype": "<f4", "shape": [None], "max": 4}


def codec_of(*types: Any) -> Any:
    fields = [[f"f{i}", kind, 24 * i] for i, kind in enumerate(types)]
    record = {"kind": "record", "size": 24 * len(types), "fields": fields}
    return record_of(json.dumps({"kind": "array", "dtype": record, "shape": [2]}))


@pytest.mark.parametrize("kind", [TEXT, ROWS, {"kind": "list", "dtype": "<f8", "max": 2}])
def test_what_varies_in_length_has_no_dtype(kind: Any) -> None:
    nested = {"kind": "record", "size": 24, "fields": [["v", kind, 0]]}
    for types in ([kind], ["<f8", kind], [nested], [POINT, nested]):
        assert codec_of(*types).how == "tuple"


def test_all_else_has_one() -> None:
    codec = codec_of("<f8", POINT, {"kind": "array", "dtype": POINT, "shape": [3]})
    assert codec.how == "numpy"
    point = np.dtype([("x", "<f8")])
    assert codec.dtype.fields["f2"][0] == np.dtype((point, (3,)))


def test_names_that_python_would_read_as_others_are_keys() -> None:
    ligature = {"kind": "record", "size": 16, "fields": [["ﬁ", "<f8", 0], ["fi", "<f8", 8]]}
    assert record_of(json.dumps(ligature)).how == "dict"
    accents = {"kind": "record", "size": 16, "fields": [["é", "<f8", 0], ["名", "<f8", 8]]}
    assert record_of(json.dumps(accents)).how == "tuple"
