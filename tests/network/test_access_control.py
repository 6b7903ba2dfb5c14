"""examples/network/access_control.py: what certificates allow at a router, by their names."""

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

pytest.importorskip("zenoh", reason="eclipse-zenoh is not installed")

import zenoh
from shm_pub_sub._network.engine import Engine, Query
from shm_pub_sub._network.keys import LIVE, value_key
from shm_pub_sub._network.options import Options
from support.paths import EXAMPLES
from support.programs import run
from support.waiting import until

from . import _tls

PROGRAM = EXAMPLES / "network" / "access_control.py"
SEND, RECEIVE = ["robot.1", "robot_2"], ["office"]
NAMES = [*SEND, *RECEIVE, "nobody", "router"]
Join = Callable[..., Engine]


class Clock:
    def now_ns(self) -> int:
        return 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    _tls.make_certificates(folder, *NAMES[:-1], f"router={_tls.HOST}")
    return folder


@pytest.fixture(scope="module")
def rules() -> dict[str, Any]:
    """What the program prints, as Zenoh's configuration."""
    toml = pytest.importorskip("tomllib" if sys.version_info >= (3, 11) else "tomli")
    printed = run(sys.executable, PROGRAM, "--send", *SEND, "--receive", *RECEIVE)
    found: dict[str, Any] = toml.loads(printed.stdout)["zenoh"]
    return found


@pytest.fixture
def join(folder: Path, rules: dict[str, Any]) -> Iterator[Join]:
    """join(name, certificate=name): a bridge that sends at a router with these rules."""
    where = _tls.endpoint()
    zenoh = _tls.tls(folder, "router") | rules
    router = Options(name="router", router=True, listen=where, zenoh=zenoh)
    engines = [Engine(router, Clock(), lambda *_: None)]

    def join(name: str, certificate: str | None = None) -> Engine:
        own = _tls.tls(folder, certificate or name)
        options = Options(name=name, send="*", connect=where, zenoh=own)
        engine = Engine(options, Clock(), lambda *_: None)
        engines.append(engine)

        def value(query: Query) -> None:
            query.reply((certificate or name).encode(), value_key(name, "topic"))
            query.finish()

        def round_of(query: Query) -> None:
            query.reply(query.payload)
            query.finish()

        engine.answer(round_of, value)
        engine.announce()
        until(lambda: engine._session is not None and not engine._waiting)
        seen(engine, engine)  # so the router has everything that was declared
        return engine

    yield join
    for engine in reversed(engines):
        engine.close()


def seen(engine: Engine, *least: Engine) -> set[str]:
    """The tokens that one finds as soon as it finds those; its own is always among them."""
    found: set[str] = set()

    def look() -> bool:
        """Zenoh finds nothing while the bridge's own subscription to tokens begins."""
        found.clear()
        replies = engine._session.liveliness().get(LIVE, timeout=20)
        found.update(str(reply.ok.key_expr).split("/", 4)[4] for reply in replies)
        return found >= tokens(engine, *least)

    until(look)
    return found


def tokens(*engines: Engine) -> set[str]:
    return {f"{engine.name}/{engine.incarnation}" for engine in engines}


def ask(engine: Engine, other: Engine, timeout: float = 20) -> bytes | None:
    answers: SimpleQueue[bytes | None] = SimpleQueue()
    engine.ask(other.name, other.incarnation, b"a", timeout, answers.put)
    return answers.get(timeout=30)


def values(engine: Engine, key: str) -> list[tuple[str, str]]:
    """The keys at which bridges answer one, and their certificates' names."""
    replies = engine._session.get(key, timeout=20, target=zenoh.QueryTarget.ALL)
    return sorted((str(r.ok.key_expr), r.ok.payload.to_string()) for r in replies)


def test_those_that_receive_read_those_that_send(join: Join) -> None:
    robots, office = [join(name) for name in SEND], join("office")
    assert seen(office, *robots) == tokens(office, *robots)
    assert seen(robots[0], office)  # it forgets a receiver's session when the token goes
    assert [ask(office, robot) for robot in robots] == [b"a", b"a"]
    for robot in robots:
        answer = (value_key(robot.name, "topic"), robot.name)
        assert values(office, answer[0]) == [answer]
        assert answer in values(office, "shmps/1/v/**")


def test_those_that_send_do_not_read_one_another(join: Join) -> None:
    robot, other, office = join(SEND[0]), join(SEND[1]), join("office")
    assert ask(robot, other, timeout=0.5) is None
    assert ask(robot, office, timeout=0.5) is None
    assert ask(office, other) == b"a"


def test_one_without_a_rule_is_nobody(join: Join) -> None:
    robot, office, nobody = join(SEND[0]), join("office"), join("nobody")
    assert seen(nobody) == tokens(nobody)
    assert seen(office, robot) == tokens(office, robot)
    assert ask(nobody, robot, timeout=0.5) is None
    assert ask(office, nobody) is None


def test_a_name_is_its_certificates(join: Join) -> None:
    """Otherwise one robot publishes what counts as another one's."""
    robot, liar, office = join(SEND[0]), join(SEND[0], certificate=SEND[1]), join("office")
    seen(liar, robot)  # it is connected, as what its certificate says
    assert seen(office, robot) == tokens(office, robot)
    assert ask(office, liar) is None
    answer = (value_key(SEND[0], "topic"), SEND[0])
    assert values(office, answer[0]) == [answer]
    own = (value_key("office", "topic"), "office")
    assert values(office, "shmps/1/v/**") == sorted([answer, own])


def test_a_bridge_may_do_both() -> None:
    spec = importlib.util.spec_from_file_location("access_control", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    (policy,) = program.access_control(["both"], ["both"])["policies"]
    assert {"both answers", "both is asked", "asking", "being answered"} < {*policy["rules"]}
    everything = program.access_control(["a", "b", "c"], ["c", "d"])
    ids = [rule["id"] for rule in everything["rules"]]
    assert len(ids) == len({*ids})
    assert {each for policy in everything["policies"] for each in policy["rules"]} == {*ids}


@pytest.mark.parametrize("name", ["a/b", "*", "", "ä"])
def test_names_are_those_of_certificates(name: str, tmp_path: Path) -> None:
    assert run(sys.executable, PROGRAM, "--send", name).stdout == ""
    made = run(_tls.SCRIPT, tmp_path, "good", name)
    assert f"found the name '{name}'; expected letters" in made.stderr
    assert not [path for path in tmp_path.rglob("*.pem") if path.stem not in {"ca", "good"}]
