"""Values of random types go through messages of bridges and come back; damage is a WireError."""

import contextlib
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shm_pub_sub._network.messages import (
    WireError,
    codec_of,
    pack_value,
    pack_values,
    unpack_values,
)
from support import types
from support.wire import damaged, leaves_of

NUMBERS = st.one_of(
    st.tuples(st.just("bool"), st.booleans()),
    st.tuples(st.just("int"), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(st.just("float"), st.floats()),
)
U64 = st.integers(0, 2**64 - 1)


@given(types.topics_with_values(), U64, U64, U64)
def test_any_value_comes_back(found: Any, number: int, time_ns: int, incarnation: int) -> None:
    form, raw = found
    codec = codec_of(types.descriptor(form))
    message = pack_value(codec, raw, number, time_ns, incarnation)
    again = unpack_values(codec, message)
    assert again[1:] == (number, [time_ns], incarnation)
    (back,) = again.raws
    assert len(back) == len(raw)
    assert types.bits(form, bytes(back)) == types.bits(form, raw)
    assert pack_value(codec, bytes(back), number, time_ns, incarnation) == message


@given(types.topics_with_values())
def test_any_cbor_decoder_reads_the_value(found: Any) -> None:
    cbor2 = pytest.importorskip("cbor2")
    form, raw = found
    message = pack_value(codec_of(types.descriptor(form)), raw, 5, 6, 7)
    map_ = cbor2.loads(message)
    assert [map_.pop(key) for key in "nti"] == [5, 6, 7]
    assert types.comparable(leaves_of(map_.pop("v"))) == types.comparable(types.read(form, raw))
    assert not map_


@given(st.data())
def test_several_values_come_back(data: Any) -> None:
    form = data.draw(types.topics)
    raws = data.draw(st.lists(types.values(form), min_size=2, max_size=40))
    before = sorted(
        data.draw(st.lists(st.integers(0, 2**33), min_size=len(raws), max_size=len(raws)))
    )
    times = [2**60 + each for each in before]
    codec = codec_of(types.descriptor(form))
    message = pack_values(codec, raws, 99, times, 7)
    again = unpack_values(codec, message)
    assert again[1:] == (99, times, 7)
    assert [types.bits(form, bytes(each)) for each in again.raws] == [
        types.bits(form, each) for each in raws
    ]


@given(types.topics_with_values() | NUMBERS, st.randoms(use_true_random=False))
def test_a_damaged_message_is_an_error_or_another_value(found: Any, chance: random.Random) -> None:
    form, raw = found
    codec = codec_of(form if isinstance(form, str) else types.descriptor(form))
    message = pack_value(codec, raw, 5, 2**60, 7)
    if chance.random() < 0.4:
        message = pack_values(codec, [raw] * 3, 5, [2**60] * 3, 7)
    for _ in range(20):
        try:
            values = unpack_values(codec, damaged(message, chance))
        except WireError as error:
            assert "expected" in str(error)  # noqa: PT017
        else:
            assert form in ("bool", "int", "float") or max(map(len, values.raws)) <= codec.most


@given(st.binary(max_size=200), st.sampled_from(["bool", "int", "float"]) | types.topics)
def test_any_bytes_are_an_error_or_a_value(data: bytes, form: Any) -> None:
    codec = codec_of(form if isinstance(form, str) else types.descriptor(form))
    with contextlib.suppress(WireError):
        unpack_values(codec, data)
