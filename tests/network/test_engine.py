"""Zenoh sessions of bridges: tokens, questions and answers, and their end."""

import socket
import time
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Any

import pytest

pytest.importorskip("zenoh", reason="eclipse-zenoh is not installed")

from shm_pub_sub import NetworkError
from shm_pub_sub._network.engine import CLOSING, Engine, Query, plain
from shm_pub_sub._network.keys import round_key, value_key
from shm_pub_sub._network.options import Options

Token = tuple[str, str, bool]
NAME = "robot ä*?"


class Clock:
    def now_ns(self) -> int:
        return 42


@pytest.fixture
def open_engine(endpoint: str) -> Iterator[Callable[..., tuple[Engine, SimpleQueue[Token]]]]:
    """open_engine(name, **options): an engine, and the tokens that it sees."""
    engines: list[Engine] = []

    def open_engine(name: str, **given: Any) -> tuple[Engine, SimpleQueue[Token]]:
        tokens: SimpleQueue[Token] = SimpleQueue()
        both = (
            {"send": "*", "receive": "*"} if "send" not in given and "receive" not in given else {}
        )
        where = {} if "listen" in given else {"connect": endpoint}
        options = Options(name=name, **both, **where, **given)
        engines.append(Engine(options, Clock(), lambda *token: tokens.put(token[:3])))
        return engines[-1], tokens

    yield open_engine
    for engine in engines:
        engine.close()


def echo(query: Query) -> None:
    query.reply(b"<" + query.payload + b">")
    query.finish()


def ask(engine: Engine, name: str, incarnation: str, payload: bytes, timeout: float = 20) -> Any:
    """The answer; fails if there is another one."""
    answers: SimpleQueue[bytes | None] = SimpleQueue()
    engine.ask(name, incarnation, payload, timeout, answers.put)
    answer = answers.get(timeout=30)
    assert answers.empty()
    return answer


def test_a_question_is_answered_once(open_engine: Any, endpoint: str) -> None:
    robot, of_robot = open_engine(NAME, listen=endpoint)
    robot.answer(echo, echo)
    robot.announce()
    laptop, of_laptop = open_engine("laptop")
    laptop.announce()
    assert of_robot.get(timeout=30) == ("laptop", laptop.incarnation, True)
    assert of_laptop.get(timeout=30) == (NAME, robot.incarnation, True)
    assert ask(laptop, NAME, robot.incarnation, b"a") == b"<a>"
    large = bytes(3_000_000)
    assert ask(laptop, NAME, robot.incarnation, large) == b"<" + large + b">"
    assert ask(laptop, NAME, "0" * 16, b"a") is None  # nobody's
    assert ask(robot, "laptop", laptop.incarnation, b"a") is None  # it answers nothing
    robot.close()
    assert of_laptop.get(timeout=30) == (NAME, robot.incarnation, False)
    assert ask(laptop, NAME, robot.incarnation, b"a") is None
    laptop.close()
    assert ask(laptop, NAME, robot.incarnation, b"a") is None
    assert of_laptop.empty()


def test_a_query_has_what_was_asked(open_engine: Any, endpoint: str) -> None:
    robot, _ = open_engine(NAME, listen=endpoint)
    queries: SimpleQueue[Query] = SimpleQueue()
    robot.answer(queries.put, queries.put)
    robot.announce()
    laptop, tokens = open_engine("laptop")
    tokens.get(timeout=30)
    answers: SimpleQueue[bytes | None] = SimpleQueue()
    laptop.ask(NAME, robot.incarnation, b"x", 20, answers.put)
    query = queries.get(timeout=30)
    assert (query.payload, query.arrived_ns) == (b"x", 42)
    assert query.key == round_key(NAME, robot.incarnation)
    query.finish()  # without a reply
    assert answers.get(timeout=30) is None


def test_any_program_may_ask_for_values(open_engine: Any, endpoint: str) -> None:
    robot, _ = open_engine(NAME, listen=endpoint)

    def value(query: Query) -> None:
        for topic in ("a/b", "", "c"):
            key = value_key(NAME, topic)
            if query.matches(key):
                query.reply(topic.encode(), key)
        query.finish()

    robot.answer(echo, value)
    robot.announce()
    laptop, tokens = open_engine("laptop")
    tokens.get(timeout=30)
    replies = list(laptop._session.get("shmps/1/v/*/a/**", timeout=20))
    assert [(str(r.ok.key_expr), r.ok.payload.to_bytes()) for r in replies] == [
        (value_key(NAME, "a/b"), b"a/b")
    ]
    assert str(replies[0].ok.encoding) == "application/cbor"
    assert len(list(laptop._session.get("shmps/1/v/**", timeout=20))) == 3


def test_no_answer_in_time_is_none(open_engine: Any, endpoint: str) -> None:
    robot, _ = open_engine(NAME, listen=endpoint)
    held: SimpleQueue[Query] = SimpleQueue()
    robot.answer(held.put, held.put)
    robot.announce()
    laptop, tokens = open_engine("laptop")
    tokens.get(timeout=30)
    assert ask(laptop, NAME, robot.incarnation, b"a", timeout=0.1) is None
    late = held.get(timeout=30)
    late.reply(b"too late")
    late.finish()


def test_one_that_connects_waits_for_the_other(open_engine: Any, endpoint: str) -> None:
    """It opens at once, and its token and queryables come when there is a connection."""
    began = time.monotonic()
    laptop, of_laptop = open_engine("laptop")
    laptop.answer(echo, echo)
    laptop.announce()
    assert time.monotonic() - began < 5
    assert ask(laptop, NAME, "0" * 16, b"a") is None
    robot, of_robot = open_engine(NAME, listen=endpoint)
    robot.announce()
    assert of_robot.get(timeout=30) == ("laptop", laptop.incarnation, True)
    assert of_laptop.get(timeout=30) == (NAME, robot.incarnation, True)
    assert ask(robot, "laptop", laptop.incarnation, b"a") == b"<a>"


def test_a_bridge_that_starts_again_is_another(open_engine: Any, endpoint: str) -> None:
    robot, _ = open_engine(NAME, listen=endpoint)
    robot.announce()
    _, tokens = open_engine("laptop")
    assert tokens.get(timeout=30) == (NAME, robot.incarnation, True)
    robot.close()
    again, _ = open_engine(NAME, listen=endpoint)
    again.announce()
    seen = [tokens.get(timeout=30), tokens.get(timeout=30)]
    assert seen == [(NAME, robot.incarnation, False), (NAME, again.incarnation, True)]


def test_tokens_with_other_names_are_ignored(open_engine: Any, endpoint: str) -> None:
    """A name is part of topics' names, and of lines."""
    robot, tokens = open_engine(NAME, listen=endpoint)
    session = robot._session.liveliness()
    kept = [
        session.declare_token(f"shmps/1/live/{name}")
        for name in ("s/a%2Fb/" + "0" * 16, "s/a%0Ab/" + "0" * 16, "s/a/b", "s/a%FF/" + "0" * 16)
    ]
    kept.append(session.declare_token("shmps/1/live/s/a/" + "1" * 16))
    assert tokens.get(timeout=30) == ("a", "1" * 16, True)
    assert len(kept) == 5
    assert tokens.empty()


def test_a_fleet_of_senders_hears_of_receivers_only(open_engine: Any, endpoint: str) -> None:
    """Else a thousand robots would hear of a thousand robots."""
    kinds = {"s": {"send": "*"}, "r": {"receive": "*"}, "sr": {}}
    middle, _ = open_engine("middle", listen=endpoint)
    found = {name: open_engine(name, **kinds[name]) for name in kinds}
    for engine, _ in [*found.values(), (middle, None)]:
        engine.announce()
    for name, names in (("s", "r sr middle"), ("r", "s sr middle"), ("sr", "s r middle")):
        _, tokens = found[name]
        assert {tokens.get(timeout=30)[0] for _ in range(3)} == {*names.split()}
        assert tokens.empty()
    _, tokens = open_engine("s", send="*")
    assert {tokens.get(timeout=30)[0] for _ in range(4)} == {"s", "r", "sr", "middle"}


def test_closing_does_not_wait_for_a_connection(endpoint: str) -> None:
    engine = Engine(Options(send="a", connect=endpoint), Clock(), lambda *_: None)
    began = time.monotonic()
    engine.close()
    engine.close()
    assert time.monotonic() - began < 2 * CLOSING


def test_closing_does_not_wait_for_a_callback(open_engine: Any, endpoint: str) -> None:
    robot, _ = open_engine(NAME, listen=endpoint)
    release: SimpleQueue[None] = SimpleQueue()
    entered: SimpleQueue[None] = SimpleQueue()

    def stuck(query: Query) -> None:
        entered.put(None)
        release.get()

    robot.answer(stuck, stuck)
    robot.announce()
    laptop, tokens = open_engine("laptop")
    tokens.get(timeout=30)
    laptop.ask(NAME, robot.incarnation, b"a", 20, lambda _: None)
    entered.get(timeout=30)
    began = time.monotonic()
    robot.close()
    assert time.monotonic() - began < 2 * CLOSING
    release.put(None)


def test_where_another_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        listen = f"tcp/127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(NetworkError, match=r"'b': .*Address already in use \(os error 98\)\]$"):
            Engine(Options(name="b", send="a", listen=listen), Clock(), lambda *_: None)


def test_places_in_zenohs_source_are_left_out() -> None:
    assert plain(ValueError("found x at /a/b/c.rs:12. at /d.rs:3.")) == "found x"
