"""Types of topics, for hypothesis."""

from typing import Any

from hypothesis import strategies as st
from shm_pub_sub._records import Field, laid_out
from shm_pub_sub._spec import DTYPES, Spec

NAMES = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters='"\\', include_characters=" "),
    min_size=1,
    max_size=8,
) | st.sampled_from(["x", "float64", "list", "str", "a[1]", "b: float64", "<=", " ", "{}"])
SIZES = st.integers(1, 9)
ELEMENTS = st.sampled_from(sorted(DTYPES)).map(
    lambda dtype: Spec("scalar", float, None, dtype=dtype)
)
VARIABLE = st.one_of(
    st.builds(lambda most: Spec("text", str, None, most=most), SIZES),
    st.builds(lambda most: Spec("bytes", bytes, None, most=most), SIZES),
    st.builds(
        lambda dtype, most: Spec("list", list, None, dtype=dtype, most=most),
        *(st.sampled_from(["b1", "i8", "f8"]), SIZES),
    ),
)


def arrays(elements: Any) -> Any:
    def array(element: Spec, most: int | None, shape: list[int]) -> Spec:
        axes = (*shape,) if most is None else (None, *shape)
        return Spec(
            *("array", list, None),
            dtype=element.dtype,
            shape=axes,
            most=most,
            record=element.record,
        )

    return st.builds(array, elements, st.none() | SIZES, st.lists(SIZES, max_size=3))


def records(fields: Any) -> Any:
    def record(name: str, named: dict[str, Spec]) -> Spec:
        made = laid_out(name, tuple, "tuple", [Field(n, spec) for n, spec in named.items()])
        return Spec("record", tuple, None, record=made)

    return st.builds(
        record, st.just("") | NAMES, st.dictionaries(NAMES, fields, min_size=1, max_size=4)
    )


def lists(elements: Any) -> Any:
    return st.builds(
        lambda e, most: Spec("list", list, None, most=most, record=e.record), elements, SIZES
    )


def with_records(fields: Any) -> Any:
    made = records(fields)
    return st.one_of(made, arrays(made), lists(made))


SPECS = st.recursive(
    st.one_of(ELEMENTS, VARIABLE, arrays(ELEMENTS)), with_records, max_leaves=6
).filter(lambda spec: spec.kind != "scalar" or spec.dtype not in ("b1", "i8", "f8"))
