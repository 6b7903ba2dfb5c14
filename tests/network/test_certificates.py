"""Mutual TLS: bridges with certificates of one authority talk, others are refused."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

pytest.importorskip("zenoh", reason="eclipse-zenoh is not installed")

from shm_pub_sub._network.engine import Engine, Query
from shm_pub_sub._network.options import Options
from support.waiting import until

from . import _tls

Opened = tuple[Engine, SimpleQueue[tuple[str, str, bool]]]
Open = Callable[..., Opened]


class Clock:
    def now_ns(self) -> int:
        return 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates of the authority, of another one, and of the first one but expired."""
    folder = tmp_path_factory.mktemp("tls")
    for authority in ("ours", "theirs"):
        _tls.make_certificates(folder / authority, f"robot={_tls.HOST}", "laptop", "my_laptop")
    _tls.make_certificates(folder / "ours", f"old={_tls.HOST}", days=-1)
    return folder


@pytest.fixture
def open_engine() -> Iterator[Open]:
    """open_engine(name, zenoh, **options): an engine that answers, and the tokens that it sees."""
    engines: list[Engine] = []

    def open_engine(name: str, zenoh: dict[str, Any], **given: Any) -> Opened:
        tokens: SimpleQueue[tuple[str, str, bool]] = SimpleQueue()
        options = Options(name=name, send="*", receive="*", zenoh=zenoh, **given)
        engines.append(Engine(options, Clock(), lambda *token: tokens.put(token[:3])))
        engines[-1].answer(echo, echo)
        engines[-1].announce()
        return engines[-1], tokens

    yield open_engine
    for engine in engines:
        engine.close()


def echo(query: Query) -> None:
    query.reply(query.payload)
    query.finish()


@pytest.mark.parametrize("protocol", ["tls", "quic"])
@pytest.mark.parametrize("name", ["laptop", "my_laptop"])
def test_those_of_one_authority_talk(
    name: str, protocol: str, open_engine: Open, folder: Path
) -> None:
    where = _tls.endpoint(protocol)
    robot, _ = open_engine("robot", _tls.tls(folder / "ours", "robot"), listen=where)
    laptop, tokens = open_engine(name, _tls.tls(folder / "ours", name), connect=where)
    assert tokens.get(timeout=30) == ("robot", robot.incarnation, True)
    answers: SimpleQueue[bytes | None] = SimpleQueue()
    laptop.ask("robot", robot.incarnation, b"a", 20, answers.put)
    assert answers.get(timeout=30) == b"a"


STRANGERS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "no certificate": lambda folder: _tls.tls(
        folder / "ours", "laptop", connect_certificate=None, enable_mtls=False
    ),
    "another authority's": lambda folder: _tls.tls(
        folder / "theirs", "laptop", root_ca_certificate=f"{folder}/ours/ca.pem"
    ),
    "expired": lambda folder: _tls.tls(folder / "ours", "old"),
    "another's key": lambda folder: _tls.tls(
        folder / "ours", "laptop", connect_private_key=f"{folder}/ours/robot.key"
    ),
}


@pytest.mark.parametrize("protocol", ["tls", "quic"])
@pytest.mark.parametrize("stranger", STRANGERS)
def test_a_listener_refuses(
    stranger: str,
    protocol: str,
    open_engine: Open,
    folder: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    where = _tls.endpoint(protocol)
    _, tokens = open_engine("robot", _tls.tls(folder / "ours", "robot"), listen=where)
    refused(caplog, open_engine, STRANGERS[stranger](folder), where)
    assert tokens.empty()
    laptop, _ = open_engine("laptop", _tls.tls(folder / "ours", "laptop"), connect=where)
    assert tokens.get(timeout=30) == ("laptop", laptop.incarnation, True)


LISTENERS = {
    "of another authority": ("theirs", "robot"),
    "whose certificate is for another host": ("ours", "laptop"),
    "whose certificate has expired": ("ours", "old"),
}


@pytest.mark.parametrize("protocol", ["tls", "quic"])
@pytest.mark.parametrize("listener", LISTENERS)
def test_a_bridge_refuses_to_connect_to_one(
    listener: str,
    protocol: str,
    open_engine: Open,
    folder: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    where = _tls.endpoint(protocol)
    authority, name = LISTENERS[listener]
    own = _tls.tls(folder / authority, name, root_ca_certificate=f"{folder}/ours/ca.pem")
    _, tokens = open_engine("robot", own, listen=where)
    refused(caplog, open_engine, _tls.tls(folder / "ours", "laptop"), where)
    assert tokens.empty()


def test_tls_is_not_spoken_in_the_clear(
    open_engine: Open, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    where = _tls.endpoint()
    _, tokens = open_engine("robot", _tls.tls(folder / "ours", "robot"), listen=where)
    refused(caplog, open_engine, {}, where.replace("tls/", "tcp/"))
    assert tokens.empty()


def refused(
    caplog: pytest.LogCaptureFixture, open_engine: Open, zenoh: dict[str, Any], where: str
) -> None:
    """Check that a bridge with that configuration cannot connect, and logs a warning."""
    with caplog.at_level(logging.WARNING, "shm_pub_sub"):
        engine, tokens = open_engine("stranger", zenoh, connect=where)
        until(lambda: "Unable to connect" in caplog.text)
    assert engine._session is None
    assert tokens.empty()
    engine.close()
