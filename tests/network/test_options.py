"""What a bridge's options may be."""

import math
import socket
from pathlib import Path
from typing import Any

import pytest
from shm_pub_sub import TopicTypeError, TopicValueError
from shm_pub_sub._network.options import Options

WAY: dict[str, Any] = {"connect": "tcp/127.0.0.1:1"}


def options(**given: Any) -> Options:
    return Options(**({"send": "a"} | WAY | given))


def test_what_is_not_given_is_off() -> None:
    found = options()
    assert (found.send, found.receive, found.every, found.exclude) == (("a",), (), (), ())
    assert (found.listen, found.discover, found.insecure, found.router) == ((), False, False, False)
    assert (found.mode, found.rate, found.prefix) == (0o600, None, "")
    assert found.name == socket.gethostname()


def test_one_text_is_a_sequence_of_one() -> None:
    found = options(send="robot/*", listen=["tcp/127.0.0.1:1", "tcp/127.0.0.1:2"])
    assert found.send == ("robot/*",)
    assert found.listen == ("tcp/127.0.0.1:1", "tcp/127.0.0.1:2")


def test_the_directory_stays_the_same(
    tmp_path: Path, shm_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert options(directory="made").directory == str(tmp_path / "made")
    assert options().directory == str(shm_dir)


def test_prefix_names_the_source() -> None:
    assert options(prefix="{source}/").local_name("robot", "a/b") == "robot/a/b"
    assert options(prefix="x{").local_name("{source}", "a") == "x{a"
    assert options().local_name("robot", "{source}") == "{source}"


@pytest.mark.parametrize(("lease", "hold"), [(2.0, 1.0), (10, 1.0), (0.5, 0.25)])
def test_an_answer_comes_within_the_lease(lease: float, hold: float) -> None:
    assert options(lease=lease).hold == hold


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"send": ()}, TopicValueError, "neither topics to send nor .* --send or --receive"),
        ({"connect": ()}, TopicValueError, "no way to other machines"),
        ({"router": True}, TopicValueError, "router: found topics"),
        ({"send": 3}, TopicTypeError, "send: found int 3; expected names or patterns"),
        ({"send": b"a"}, TopicTypeError, "send: found bytes"),
        ({"send": {"a": 1}}, TopicTypeError, "send: found dict"),
        ({"receive": ["a", 3]}, TopicTypeError, "receive: found 3"),
        ({"receive": ["a"] * 1001}, TopicValueError, "receive: found 1001 names or patterns"),
        ({"exclude": "ä" * 128}, TopicValueError, "exclude: found .* 256 bytes; expected 255"),
        ({"receive": "\ud800"}, TopicValueError, "receive: found .*; expected text in UTF-8"),
        ({"exclude": [""]}, TopicValueError, "exclude: found an empty text"),
        ({"connect": [""]}, TopicValueError, "connect: found an empty text; expected endpoints"),
        ({"name": ""}, TopicValueError, "name: found ''"),
        ({"name": "a/b"}, TopicValueError, "without /"),
        ({"name": "a\n"}, TopicValueError, "printable"),
        ({"name": "日" * 23}, TopicValueError, "1 to 200 bytes once percent-encoded"),
        ({"name": "a" * 201}, TopicValueError, "1 to 200"),
        ({"name": "\ud800"}, TopicValueError, "printable"),
        ({"name": 3}, TopicTypeError, "name: found int"),
        ({"prefix": 3}, TopicTypeError, "prefix: found int"),
        ({"prefix": "a\0"}, TopicValueError, "prefix"),
        ({"rate": 0}, TopicValueError, "rate: found 0"),
        ({"rate": math.nan}, TopicValueError, "rate"),
        ({"rate": "1"}, TopicTypeError, "rate: found str"),
        ({"lease": 0.01}, TopicValueError, "lease: found 0.01; expected a number from 0.1"),
        ({"mode": 0o777}, TopicValueError, "mode"),
        ({"max_topics": 0}, TopicValueError, "max_topics: found 0"),
        ({"max_topics": True}, TopicTypeError, "max_topics: found bool"),
        ({"insecure": 1}, TopicTypeError, "insecure: found int"),
        ({"zenoh": []}, TopicTypeError, "zenoh: found list"),
        ({"directory": b"x"}, TopicTypeError, "directory"),
        ({"trust": 1.5}, TopicTypeError, "trust"),
    ],
)
def test_errors_name_the_option(given: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        options(**given)


def test_a_router_needs_no_topics() -> None:
    assert Options(router=True, **WAY).send == ()
