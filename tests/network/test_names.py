"""Topics and bridges with names of every kind: a Zenoh client and another bridge find them."""

import json
import struct
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("zenoh", reason="eclipse-zenoh is not installed")

import shm_pub_sub
import zenoh
from shm_pub_sub._network.keys import VALUES, topic_of, value_key
from shm_pub_sub.network import Bridge
from support.counts import dice
from support.waiting import until

TOPICS = [
    *("a", "robot/speed", "a b", " ", "a//b", "/", "//", "/a", "a/", "%", "%2F", "%00", "100%"),
    *("*", "**", "a/**/b", "a*", "$*", "a$*b", "$", "?", "#", "[a]", "@adminspace", "a?b=c;d"),
    *(".", "..", "a/../b", "~", "-", "_", "\n", "\x7f", "größe", "e\u0301", "日本/温度"),
    *("\U0001f600", "\ufeff", "A" * 200, "shmps/1/v/robot/a"),
]
ALL = "?*"  # unlike "*" it is none of the names
BRIDGES = ["robot", "größe 1", "*", "**", "$*", "a?b#c%2F", "..", "日" * 22, "a" * 200]


def random_names() -> list[str]:
    """Return names of any characters, more often of those that have a meaning in keys."""
    chance = dice()
    alphabet = [*"/*$?#%@ a", *map(chr, range(1, 128)), *"ä€日\U0001f600"]
    names = {"".join(chance.choices(alphabet, k=chance.randint(1, 12))) for _ in range(100)}
    return sorted(names - {ALL})


@pytest.fixture
def client(endpoint: str) -> Iterator[Any]:
    """client(): a Zenoh client of the endpoint."""
    config = {"mode": "client", "connect": {"endpoints": [endpoint]}}
    with ExitStack() as opened:
        yield lambda: opened.enter_context(zenoh.open(zenoh.Config.from_json5(json.dumps(config))))


def directory(folder: Path) -> Path:
    """Make a domain of its own."""
    return Path(tempfile.mkdtemp(dir=folder))


def got(session: Any, key: str) -> dict[str, float]:
    """Return the values of a float's topics by their keys."""
    found: dict[str, float] = {}
    for reply in session.get(key, timeout=20):
        assert reply.ok is not None
        data = reply.ok.payload.to_bytes()
        assert data[:4] == b"\xa4av\xfb"
        assert str(reply.ok.key_expr) not in found
        found[str(reply.ok.key_expr)] = struct.unpack_from(">d", data, 4)[0]
    return found


@pytest.mark.parametrize("make_names", [lambda: TOPICS, random_names], ids=["chosen", "random"])
def test_topics_of_any_name_reach_a_client_and_a_bridge(
    make_names: Callable[[], list[str]], client: Any, endpoint: str, tmp_path: Path
) -> None:
    names = make_names()
    with ExitStack() as opened:
        for number, name in enumerate(names):
            opened.enter_context(shm_pub_sub.Publisher(name, 0.0)).publish(number)
        opened.enter_context(Bridge(name="robot", listen=endpoint, send=ALL))
        other = directory(tmp_path)
        laptop = Bridge(name="laptop", connect=endpoint, receive=ALL, directory=other)
        opened.enter_context(laptop)
        session = client()
        expected = {value_key("robot", name): float(n) for n, name in enumerate(names)}
        assert got(session, VALUES("robot")) == expected
        for key, number in expected.items():
            assert got(session, key) == {key: number}
            assert names[int(number)] == topic_of(key)
        until(lambda: laptop.received == len(names))
        found = {info.name for info in shm_pub_sub.topics(directory=other)}
        assert {name for name in found if not name.startswith("bridge/laptop/")} == {*names}
        for number, name in enumerate(names):
            with shm_pub_sub.Subscriber(name, 0.0, directory=other) as sub:
                assert sub.subscribe() == (number, True)


def test_bridges_of_any_name_know_each_other(client: Any, endpoint: str, tmp_path: Path) -> None:
    with ExitStack() as opened:
        for number, name in enumerate(BRIDGES):
            own = directory(tmp_path)
            pub = shm_pub_sub.Publisher("topic", 0.0, directory=own)
            opened.enter_context(pub).publish(number)
            where: dict[str, Any] = {"connect": endpoint} if number else {"listen": endpoint}
            opened.enter_context(Bridge(name=name, **where, send="topic", directory=own))
        other = directory(tmp_path)
        laptop = opened.enter_context(
            Bridge(
                name="laptop",
                connect=endpoint,
                receive="topic",
                prefix="from/{source}/",
                directory=other,
            )
        )
        until(lambda: laptop.received == len(BRIDGES))
        assert laptop.peers == sorted(BRIDGES)
        session = client()
        for number, name in enumerate(BRIDGES):
            key = value_key(name, "topic")
            assert got(session, key) == {key: number}
            with shm_pub_sub.Subscriber(f"from/{name}/topic", 0.0, directory=other) as sub:
                assert sub.subscribe() == (number, True)
