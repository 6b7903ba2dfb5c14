"""Requests and rounds of bridges: any comes back, in any form; damage is a WireError.

No message takes much more memory or time than its bytes: the other bridge may be anybody's.
"""

import contextlib
import json
import random
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from shm_pub_sub import TopicValueError
from shm_pub_sub._network.cbor import ARRAY, BYTES, MAP, TEXT, head, text
from shm_pub_sub._network.keys import parse_live, topic_of
from shm_pub_sub._network.messages import (
    Description,
    Request,
    Round,
    WireError,
    codec_of,
    pack_request,
    pack_round,
    unpack_request,
    unpack_round,
    unpack_values,
)
from support import types
from support.wire import damaged, packed

U64 = st.integers(0, 2**64 - 1)
words = st.text(st.characters(codec="utf-8"), max_size=8)
names = st.lists(words, max_size=3).map(tuple)
optional = names | st.none()
requests = st.builds(Request, U64, U64, U64, words, optional, optional, U64 | st.none())
metadata = st.dictionaries(words, st.integers(-(2**63), 2**64 - 1) | words, max_size=2).map(
    lambda found: {"attributes": found} if found else {}
)
descriptions = st.builds(
    Description,
    *(words, U64, types.topics.map(types.descriptor), st.booleans(), st.booleans()),
    *(U64, U64, U64, metadata),
)
messages = st.binary(min_size=16, max_size=40)  # what values' messages are is test_wire's affair
rounds = st.builds(
    Round,
    *(U64, U64, U64, U64, st.booleans()),
    st.lists(st.tuples(U64, U64), max_size=3),
    st.lists(st.tuples(U64, descriptions), max_size=3),
    st.lists(st.tuples(U64, messages), max_size=3),
)
POINT = '{"kind":"record","size":8,"fields":[["x","<i2",0],["on","<b1",2],["y","<f4",4]]}'
CLOUD = f'{{"kind":"array","dtype":{POINT},"shape":[null],"max":4096}}'
UNPACK: list[Callable[[Any], object]] = [
    *(unpack_request, unpack_round),
    *(partial(unpack_values, codec_of(name)) for name in ("int", "bool", CLOUD)),
]


def fields_of(found: Request | Round) -> dict[str, Any]:
    """Return the map that docs/network-format.md says."""
    if isinstance(found, Request):
        fields = dict(zip("srtbpxl", found, strict=True))
        return {key: each for key, each in fields.items() if each is not None}
    fields = dict(zip("srabcedu", found, strict=True))
    fields["d"] = [[each, described(about)] for each, about in found.descriptions]
    fields["u"] = [part for each, data in found.updates for part in (each, (24, data))]
    return {key: each for key, each in fields.items() if each != [] or key not in "edu"}


def described(about: Description) -> dict[str, Any]:
    fields = dict(zip("kiyernwlm", about, strict=True))
    fields["m"] = json.dumps(about.metadata)
    return fields if about.metadata else {key: fields[key] for key in "kiyernwl"}


def lists(value: Any) -> Any:
    """Return the value with lists for its tuples, but for those that are tags."""
    if isinstance(value, tuple) and not (value and value[0] == 24 and isinstance(value[1], bytes)):
        value = [*value]
    if isinstance(value, list):
        return [lists(each) for each in value]
    return {key: lists(each) for key, each in value.items()} if isinstance(value, dict) else value


@given(requests)
def test_any_request_comes_back(request_: Request) -> None:
    assert unpack_request(pack_request(request_)) == request_


@given(rounds)
def test_any_round_comes_back(round_: Round) -> None:
    assert unpack_round(pack_round(round_)) == round_


@given(requests, st.data())
def test_a_request_is_read_in_any_form(request_: Request, data: Any) -> None:
    fields = lists(fields_of(request_)) | data.draw(unknown)
    assert unpack_request(data.draw(packed(fields))) == request_


@given(rounds, st.data())
def test_a_round_is_read_in_any_form(round_: Round, data: Any) -> None:
    fields = lists(fields_of(round_)) | data.draw(unknown)
    assert unpack_round(data.draw(packed(fields))) == round_


anything = st.recursive(
    st.integers(-(2**64), 2**64 - 1) | st.booleans() | words | st.binary(max_size=9) | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from("srabcedutpxknmvi") | words, inner, max_size=8)
        | st.tuples(st.sampled_from([24, 40, 64, 79, 86, 2]), inner)
    ),
    max_leaves=20,
)
unknown = st.dictionaries(st.sampled_from(["z", "", "S", "zz", "\0"]) | U64, anything, max_size=3)
"""What a later version may add to a message."""


def read(data: bytes | bytearray) -> None:
    """Read a message as each of those that there are."""
    for unpack in UNPACK:
        try:
            unpack(data)
        except WireError as error:
            text_ = str(error)
            assert "expected" in text_, text_
            assert len(text_) < 500, text_


@given(requests.map(pack_request) | rounds.map(pack_round), st.randoms(use_true_random=False))
def test_a_damaged_message_is_an_error_or_another(message: bytes, chance: random.Random) -> None:
    for _ in range(20):
        read(damaged(message, chance))


@given(anything.flatmap(packed))
def test_any_cbor_is_an_error_or_a_message(data: bytes) -> None:
    read(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_error_or_a_message(data: bytes) -> None:
    read(data)


@given(types.topics.map(types.descriptor), st.randoms(use_true_random=False))
@example(POINT, random.Random(0))
def test_a_damaged_descriptor_is_an_error_or_another(
    descriptor: str, chance: random.Random
) -> None:
    for _ in range(5):
        text_ = damaged(descriptor.encode(), chance).decode(errors="replace")
        with contextlib.suppress(TopicValueError):
            codec_of(text_)


@given(st.text(max_size=60) | words.map("shmps/1/v/{}".format), U64)
def test_any_key_is_an_error_or_a_name(key: str, number: int) -> None:
    for parse in (topic_of, parse_live):
        for each in (key, f"{key}/{number:016x}", f"shmps/1/live/s/{key}/{number:016x}"):
            with contextlib.suppress(ValueError):
                parse(each)


N = 4000
ID, ANY = b"\x19\x03\xe8", b"\x1b" + b"\7" * 8
ROUND = b"as\0ar\0aa\0ab\0ac\xf4"
ABOUT = b"\xa8ak\x60ai\0ayccccae\xf4ar\xf4an\0aw\0al\0".replace(b"ayccccae", b"aycintae")
DEEP = b'{"attributes":' + b'{"":' * 9000


def of_round(key: bytes, value: bytes) -> bytes:
    return head(MAP, 6) + ROUND + b"a" + key + value


HOSTILE: dict[str, bytes] = {
    "lists in lists": b"\x81" * 8 * N,
    "maps in maps": b"\xa1\0" * 4 * N + b"\0",
    "tags of tags": b"\xa1ax" + b"\xd8\x18" * 4 * N,
    "a list without end": b"\xa1ax\x9b" + b"\xff" * 8 + b"\0" * 8 * N,
    "a map without end": b"\xbb\x7f" + b"\xff" * 7 + b"\0" * 8 * N,
    "unknown keys": head(MAP, 4 * N) + b"\x61z\0" * 4 * N,
    "long unknown keys": head(MAP, N) + (b"\x78\x30" + b"z" * 48 + b"\0") * N,
    "one key again and again": head(MAP, 4 * N) + b"as\0" * 4 * N,
    "values again and again": head(MAP, N) + b"av\x80" * N,
    "more values than there are": b"\xa5am\x1a\0\x0f\xff\xffav\x9a\0\x0f\xff\xff" + b"\0" * N,
    "bytes without end": b"\xa4av\x5b" + b"\xff" * 8 + b"\0" * N,
    "a list of bytes without end": of_round(b"u", head(ARRAY, 2 * N) + b"\1\xd8\x18\x5b" * N),
    "ends": of_round(b"e", head(ARRAY, N) + (b"\x82" + ANY + ANY) * N),
    "short ends": of_round(b"e", head(ARRAY, N) + (b"\x82" + ID + ID) * N),
    "descriptions": of_round(b"d", head(ARRAY, N // 4) + (b"\x82" + ID + ABOUT) * (N // 4)),
    "empty descriptions": of_round(b"d", head(ARRAY, N) + b"\x82\0\xa0" * N),
    "values": of_round(b"u", head(ARRAY, 2 * N) + (ID + b"\xd8\x18\x4d" + bytes(13)) * N),
    "empty values": of_round(b"u", head(ARRAY, 2 * N) + b"\0\xd8\x18\x40" * N),
    "deep metadata": of_round(
        b"d", b"\x81\x82\0\xa9" + ABOUT[1:] + b"am" + head(TEXT, len(DEEP)) + DEEP
    ),
    "much metadata": of_round(
        b"d",
        head(ARRAY, 20)
        + (b"\x82\0\xa9" + ABOUT[1:] + b"am" + text('{"x":[' + "[],{}," * 10000 + "[]]}")) * 20,
    ),
    "a long number in metadata": of_round(
        b"d", b"\x81\x82\0\xa9" + ABOUT[1:] + b"am" + text('{"x":' + "9" * 60000 + "}")
    ),
    "patterns": b"\xa5as\0ar\0at\0ab\x60ap" + head(ARRAY, 8 * N) + b"\x60" * 8 * N,
    "long patterns": b"\xa5as\0ar\0at\0ab\x60ap" + head(ARRAY, N) + b"\x65*****" * N,
    "records without fields": b"\xa4av" + head(ARRAY, 4096) + b"\xa0" * 4096,
    "a record of unknown fields": b"\xa4av\x81" + head(MAP, N) + b"azaz" * N,
    "times": b"\xa5am\1ad\xd8\x46" + head(BYTES, 8 * N) + bytes(8 * N),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_message_takes_little_memory_and_time(kind: str) -> None:
    data = HOSTILE[kind]
    for unpack in UNPACK:
        start = time.process_time()
        tracemalloc.start()
        try:
            with contextlib.suppress(WireError):
                unpack(data)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 200_000 + 30 * len(data), (peak, len(data))
        assert time.process_time() - start < 5  # what takes the square of N takes hours


def test_more_of_anything_than_allowed_is_refused_at_once() -> None:
    most = 1 << 20
    request_ = b"\xa5as\0ar\0at\0ab\x60ap" + head(ARRAY, most) + b"\x60" * most
    with pytest.raises(WireError, match=r"a request of \d+ bytes; expected 1048576 at most"):
        unpack_request(request_)
    first = b"\xa5as\0ar\0at\0ab\x60ap"
    for count, word, expected in ((1001, "", "1000 at most"), (1, "ä" * 128, "255 bytes at most")):
        with pytest.raises(WireError, match=expected):
            unpack_request(first + head(ARRAY, count) + text(word) * count)
    assert (
        len(unpack_request(first + head(ARRAY, 1000) + text("a" * 255) * 1000).patterns or ())
        == 1000
    )
    for key, each in ((b"e", b"\x82\0\0"), (b"d", bytes(40)), (b"u", bytes(40))):
        count = (most + 1) * (1 + (key == b"u"))
        with pytest.raises(WireError, match=rf"{count} elements .* expected \d+ at most"):
            unpack_round(of_round(key, head(ARRAY, count) + each * (most + 1)))
