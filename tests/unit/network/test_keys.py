"""Names of every kind are keys in Zenoh, and come back."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shm_pub_sub import Publisher, topics
from shm_pub_sub._network.keys import (
    LIVE,
    RECEIVERS,
    ROLES,
    SENDERS,
    VALUES,
    live_key,
    parse_live,
    round_key,
    topic_of,
    value_key,
)

NAMES = [
    *(
        "robot/speed",
        "a",
        "/",
        "//",
        "/a",
        "a/",
        "a//b",
        "*",
        "**",
        "a/**/b",
        "$*",
        "a$*b",
        "?",
        "#",
    ),
    *(
        "%",
        "%00",
        "%2F",
        "@adminspace",
        "~",
        ".",
        "..",
        "a/../b",
        " ",
        "a b",
        "\n",
        "\x7f",
        "größe",
    ),
    *("日本", "\U0001f600", "e\u0301", "\ufeff", "A" * 200),
]
CHUNK = re.compile(r"(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+")
INCARNATION = "0123456789abcdef"
names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)


def check(name: str) -> None:
    key = value_key("robot", name)
    assert topic_of(key) == name
    assert all(map(CHUNK.fullmatch, key.split("/")))
    for role in ROLES:
        own = live_key(role, name, INCARNATION)
        assert own.count("/") == 5
        assert parse_live(own) == (role, name, INCARNATION)
        assert round_key(name, INCARNATION) == own.replace(f"/live/{role}/", "/round/")
    assert topic_of(value_key(name, "a/b")) == "a/b"


@pytest.mark.parametrize("name", NAMES)
def test_a_name_comes_back(name: str) -> None:
    check(name)


@settings(deadline=None, database=None)
@given(names)
def test_any_name_comes_back(name: str) -> None:
    check(name)


@settings(deadline=None, database=None)
@given(names, names)
def test_different_names_have_different_keys(a: str, b: str) -> None:
    assert (value_key("x", a) == value_key("x", b)) == (a == b)
    assert (live_key("s", a, INCARNATION) == live_key("s", b, INCARNATION)) == (a == b)


@pytest.mark.parametrize("name", NAMES)
def test_a_topic_of_any_name_comes_through_its_file_and_its_key(name: str) -> None:
    with Publisher(name, 0.0):
        (found,) = topics()
        assert topic_of(value_key("robot", found.name)) == name


def test_zenoh_takes_the_keys() -> None:
    zenoh: Any = pytest.importorskip("zenoh")
    for name in NAMES:
        key = zenoh.KeyExpr(value_key(name, name))
        assert str(key) == value_key(name, name)
        assert zenoh.KeyExpr(VALUES(name)).includes(key)
        for role in ROLES:
            token = zenoh.KeyExpr(live_key(role, name, INCARNATION))
            found = [zenoh.KeyExpr(key).includes(token) for key in (LIVE, SENDERS, RECEIVERS)]
            assert found == [True, "s" in role, "r" in role]
            assert zenoh.KeyExpr(live_key("*", name, "*")).includes(token)
        assert not zenoh.KeyExpr(VALUES("other")).intersects(key)


@pytest.mark.parametrize(
    "key",
    [
        *("", "shmps", "shmps/1/v", "shmps/1/v/robot", "shmps/1/v/robot/", "shmps/2/v/robot/a"),
        *(
            "shmps/1/live/robot/a",
            "shmps/1/v/robot/a b",
            "shmps/1/v/robot/%2f",
            "shmps/1/v/robot/%4",
        ),
        *("shmps/1/v/robot/%ff", "shmps/1/v/robot/%FF", "shmps/1/v/robot/%41", "shmps/1/v//a"),
        *(
            "shmps/1/v/robot/%00%00",
            "shmps/1/v/robot/a%00",
            "shmps/1/v/%zz/a",
            "shmps/1/v/robot/a//b",
        ),
        "x" * 1_000_000,
    ],
)
def test_other_keys_are_refused(key: str) -> None:
    with pytest.raises(ValueError, match=r"^found .*; expected ") as error:
        topic_of(key)
    assert len(str(error.value)) < 500


@pytest.mark.parametrize(
    "key",
    [
        *("", "shmps/1/live/s/robot", f"shmps/2/live/s/robot/{INCARNATION}"),
        *("shmps/1/live/s/robot/12", f"shmps/1/live/robot/{INCARNATION}"),
        *(f"shmps/1/live/s/{INCARNATION}", f"shmps/1/live/s//{INCARNATION}"),
        *(f"shmps/1/live/rs/robot/{INCARNATION}", f"shmps/1/live//robot/{INCARNATION}"),
        *(f"shmps/1/live/s/a/b/{INCARNATION}", f"shmps/1/live/s/robot/{INCARNATION.upper()}"),
        f"shmps/1/live/s/%61/{INCARNATION}",
    ],
)
def test_other_tokens_are_refused(key: str) -> None:
    with pytest.raises(ValueError, match=r"^found .*; expected "):
        parse_live(key)


@pytest.mark.parametrize("name", ["\ud800", "a\0b"])
def test_what_is_no_name_has_no_key(name: str) -> None:
    with pytest.raises(ValueError, match=r"NUL|surrogates"):
        value_key("robot", name)
    with pytest.raises(ValueError, match=r"NUL|surrogates"):
        live_key("s", name, INCARNATION)
