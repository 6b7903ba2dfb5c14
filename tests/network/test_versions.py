"""Bridges of other versions: what they say besides is ignored, and what has another version, too.

The other bridge here is written from docs/network-format.md, with Zenoh and cbor2 alone.
"""

import itertools
import json
import queue
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

pytest.importorskip("zenoh", reason="eclipse-zenoh is not installed")
pytest.importorskip("cbor2", reason="cbor2 is not installed")

import cbor2
import shm_pub_sub
import zenoh
from shm_pub_sub.network import Bridge
from support.waiting import until

LATER: dict[Any, Any] = {"z": {"a": [1, {"b": None}]}, 5: cbor2.CBORTag(40, [[1], b"z"]), "": -1.5}
"""What a later version may say besides, in any map."""
INCARNATION = "0123456789abcdef"


class Later:
    """A bridge of a later version that sends one float, the last one that was put."""

    def __init__(self, session: Any, name: str = "later", version: int = 1) -> None:
        self.requests: list[dict[str, Any]] = []
        self.values: queue.SimpleQueue[float | None] = queue.SimpleQueue()
        self._numbers = itertools.count(1)
        self._known = False
        self._declared = [
            session.declare_queryable(f"shmps/{version}/round/{name}/{INCARNATION}", self._answer),
            session.liveliness().declare_token(f"shmps/{version}/live/s/{name}/{INCARNATION}"),
        ]

    def _answer(self, query: Any) -> None:
        asked = cbor2.loads(query.payload.to_bytes())
        self.requests.append(asked)
        now = time.time_ns()
        answer = {"b": now, "a": now, "c": True, **LATER, "r": asked["r"], "s": asked["s"]}
        if asked["r"] == 0:
            answer["d"] = [[7, {"m": "{}", **self._description(), **LATER}]]
        try:
            value = self.values.get(timeout=0.2)
        except queue.Empty:
            pass
        else:
            if value is None:
                answer["e"] = [[7, next(self._numbers) - 1]]
            else:
                number = next(self._numbers)
                message = {"i": 1, **LATER, "t": now, "n": number, "v": value}
                answer["u"] = [7, cbor2.CBORTag(24, cbor2.dumps(message))]
        query.reply(str(query.key_expr), cbor2.dumps(answer))

    def _description(self) -> dict[str, Any]:
        flags = {"e": False, "r": False}
        return {"k": "speed", "i": 1, "y": "float", "n": 3, "w": 0, "l": 0, **flags}


@pytest.fixture
def session(endpoint: str) -> Iterator[Callable[[str], Any]]:
    """session(way): opened by Zenoh alone; way is "listen" or "connect"."""
    opened = []

    def session(way: str) -> Any:
        config: dict[str, Any] = {"mode": "peer", "listen": {"endpoints": []}}
        config["scouting"] = {"multicast": {"enabled": False}}
        config[way] = {"endpoints": [endpoint]}
        opened.append(zenoh.open(zenoh.Config.from_json5(json.dumps(config))))
        return opened[-1]

    yield session
    for each in opened:
        each.close()


def reads(sub: shm_pub_sub.Subscriber[float], value: float) -> bool:
    return sub.subscribe() == (value, True)


def test_what_a_later_bridge_sends_besides_is_ignored(session: Any, endpoint: str) -> None:
    later = Later(session("listen"))
    with (
        Bridge(name="laptop", connect=endpoint, receive="*") as laptop,
        shm_pub_sub.Subscriber("speed", 0.0) as sub,
    ):
        for value in (1.5, -2.5):
            later.values.put(value)
            until(partial(reads, sub, value))
        later.values.put(None)
        until(lambda: not sub.subscribe()[1])
        assert (laptop.received, laptop.skipped, laptop.lost, laptop.refused) == (2, 0, 0, 0)
    numbers = [each["r"] for each in later.requests]
    assert numbers == [*range(len(numbers))]  # it never had to begin again
    assert len({each["s"] for each in later.requests}) == 1
    assert (later.requests[0]["b"], later.requests[0]["p"]) == ("laptop", ["*"])


def ask(session: Any, key: str, **fields: Any) -> dict[str, Any]:
    payload = cbor2.dumps({**LATER, "t": time.time_ns(), "b": "later", **fields})
    (reply,) = session.get(key, payload=payload, timeout=20)
    assert reply.ok is not None
    found: dict[str, Any] = cbor2.loads(reply.ok.payload.to_bytes())
    return found


def test_what_a_later_bridge_asks_besides_is_ignored(session: Any, endpoint: str) -> None:
    with (
        shm_pub_sub.Publisher("speed", 0.0) as pub,
        Bridge(name="robot", listen=endpoint, send="*"),
    ):
        pub.publish(1.5)
        stranger = session("connect")
        tokens: queue.SimpleQueue[str] = queue.SimpleQueue()
        alive = stranger.liveliness().declare_subscriber(
            "shmps/*/live/*/*/*", lambda sample: tokens.put(str(sample.key_expr)), history=True
        )
        key = tokens.get(timeout=20).replace("/live/s/", "/round/")
        assert key.startswith("shmps/1/round/robot/")
        found = ask(stranger, key, s=9, r=0, p=["*"], x=[])
        ((number, description),) = found["d"]
        assert (description["k"], description["y"], found["c"]) == ("speed", "float", True)
        updates = found.get("u") or ask(stranger, key, s=9, r=1)["u"]
        assert updates[0] == number
        assert cbor2.loads(updates[1].value)["v"] == 1.5
        assert [*stranger.get("shmps/2/v/robot/**", timeout=20)] == []
        alive.undeclare()


def test_bridges_of_another_version_are_strangers(session: Any, endpoint: str) -> None:
    listening = session("listen")
    other, same = Later(listening, "newest", version=2), Later(listening)
    with Bridge(name="laptop", connect=endpoint, receive="*") as laptop:
        same.values.put(1.5)
        until(lambda: laptop.received == 1)
        assert laptop.peers == ["later"]
        assert other.requests == []
