"""A bridge's options: from the command line, and from a TOML file that has the same names."""

from __future__ import annotations

import argparse
import socket
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

from shm_pub_sub import TopicTypeError, TopicValueError
from shm_pub_sub._extras import import_extra
from shm_pub_sub._network.options import LEASE, MAX_TOPICS, Options

from .arguments import add_option, octal_mode, positive_integer, positive_seconds
from .topics import add_exclude, names_for_completion

NO = ("send", "receive")
"""Options that --no-... turns off, though a file has them."""
OF_ROUTERS = ("name", "listen", "connect", "discover", "lease", "insecure", "zenoh")
ELSEWHERE = ("directory", "trust", "router")
"""Those that the environment or the command sets."""

SIMILAR = 0.7
"""difflib's ratio from which on a name may be another one mistyped."""

PATTERN = "; a name or pattern, such as 'robot/*'; may be repeated"
ENDPOINT = "; may be repeated"


def add_link(parser: argparse.ArgumentParser) -> None:
    """Add what bridges and routers have in common."""
    link = parser.add_argument_group("link", "endpoints are Zenoh's: tls/HOST:PORT, quic/HOST:PORT")
    for name, what in (
        ("listen", "wait for other bridges there, such as tls/0.0.0.0:7447"),
        ("connect", "connect to a bridge or router, such as tls/robot.local:7447"),
    ):
        link.add_argument(
            f"--{name}",
            metavar="ENDPOINT",
            action="append",
            default=argparse.SUPPRESS,
            help=what + ENDPOINT,
        )
    _add_flag(link, "--discover", "find bridges on the local network; needs --insecure")
    _add_flag(
        link, "--insecure", "allow tcp/HOST:PORT, which anyone on the way can read and change"
    )
    _add(link, "--name", "NAME", str, "the bridge's name for others (default: the host's)")
    _add(
        *(link, "--lease", "SECONDS", positive_seconds),
        f"how long silence may last before a bridge counts as gone (default: {LEASE:g})",
    )
    file = parser.add_argument_group("file")
    file.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        help="TOML with these options, and Zenoh's in [zenoh]; options given here come first",
    )
    file.add_argument("--check", action="store_true", help="check the options, print them and exit")


def add_topics(parser: argparse.ArgumentParser) -> None:
    """Add what a bridge carries, and how."""
    topics = parser.add_argument_group("topics", "nothing is sent or received unless given here")
    for name, what in (
        ("send", "let other bridges receive these topics"),
        ("receive", "receive these topics of other bridges"),
        ("every", "send every value of these, not just the newest"),
    ):
        argument = topics.add_argument(
            f"--{name}",
            metavar="PATTERN",
            action="append",
            default=argparse.SUPPRESS,
            help=what + PATTERN,
        )
        argument.completer = names_for_completion  # type: ignore[attr-defined]
        if name in NO:
            topics.add_argument(
                f"--no-{name}", action="store_true", help=f"{name} nothing, though the file does"
            )
    add_exclude(topics, default=argparse.SUPPRESS)
    add_option(topics, "rate", "the most rounds of values per second to each receiver")
    _add(
        topics, "--prefix", "TEXT", str, "comes before received names; {source}: the sender's name"
    )
    _add(topics, "--mode", "OCTAL", octal_mode, "permissions of received topics (default: 600)")
    _add(
        *(topics, "--max-topics", "N", positive_integer),
        f"the most topics to receive (default: {MAX_TOPICS})",
    )


def _add(group: argparse._ActionsContainer, flag: str, metavar: str, kind: Any, what: str) -> None:
    group.add_argument(flag, metavar=metavar, type=kind, default=argparse.SUPPRESS, help=what)


def _add_flag(group: argparse._ActionsContainer, flag: str, what: str) -> None:
    group.add_argument(flag, action="store_true", default=argparse.SUPPRESS, help=what)


def options_of(arguments: argparse.Namespace, router: bool) -> Options:
    """Return the options; raises TopicValueError, TopicTypeError and OSError."""
    known = [field.name for field in fields(Options) if field.name not in ELSEWHERE]
    if router:
        known = [name for name in known if name in OF_ROUTERS]
    found = _read(arguments.config, known) if arguments.config else {}
    for name in known:
        if (given := getattr(arguments, name, None)) is not None:
            found[name] = given
    for name in NO:
        if getattr(arguments, f"no_{name}", False):
            if getattr(arguments, name, None):
                raise TopicValueError(f"found --{name} and --no-{name}; expected one of them")
            found[name] = ()
    if router:
        found = {"name": f"{socket.gethostname()}-router"} | found
    return Options(**found, router=router)


def _read(path: Path, known: list[str]) -> dict[str, Any]:
    """Return what a TOML file has."""
    toml = import_extra("tomllib" if sys.version_info >= (3, 11) else "tomli")
    with path.open("rb") as file:
        try:
            read: dict[str, Any] = toml.load(file)
        except (toml.TOMLDecodeError, UnicodeDecodeError) as error:
            raise TopicValueError(f"{path}: found no TOML: {error}") from None
    found = {}
    for key, value in read.items():
        name = key.replace("-", "_")
        if name not in known:
            raise TopicValueError(f"{path}: found {key!r}; {_suggestion(name, known)}")
        found[name] = _mode(path, value) if name == "mode" else value
    return found


def _mode(path: Path, value: Any) -> Any:
    """Return permissions: "640" as on the command line, or 0o640 as TOML has it."""
    try:
        return octal_mode(value) if isinstance(value, str) else value
    except argparse.ArgumentTypeError as error:
        raise TopicTypeError(f"{path}: mode: {error}") from None


def _suggestion(name: str, known: list[str]) -> str:
    import difflib

    spelled = [each.replace("_", "-") for each in known]
    close = difflib.get_close_matches(name.replace("_", "-"), spelled, n=1, cutoff=SIMILAR)
    return f"did you mean {close[0]!r}?" if close else f"expected {', '.join(spelled)}"
