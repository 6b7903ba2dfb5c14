"""`bridge`: carry topics between machines; its router, and what the bridges here are doing."""

from __future__ import annotations

import argparse
import logging
import sys
from typing import TYPE_CHECKING

from shm_pub_sub import TopicTypeError, TopicValueError
from shm_pub_sub._descriptors import open_as_many_as_allowed
from shm_pub_sub._extras import EXTRAS, install, is_installed
from shm_pub_sub._text import listed

from .. import bridge_status
from ..arguments import add_format
from ..bridge_options import add_link, add_topics, options_of
from ..notify import notify
from ..output import EXIT_DONE, EXIT_FAILURE, EXIT_USAGE, log, print_json, put
from ..streams import on_termination

if TYPE_CHECKING:
    from typing import NoReturn

    from shm_pub_sub._network.options import Options

GIL_SWITCH_INTERVAL = 0.0005
"""Seconds that a thread may hold the GIL: sys.setswitchinterval()."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_topics(parser)
    add_link(parser)
    actions = parser.add_subparsers(dest="action", metavar="[router | status]")
    router = _add_action(
        actions, parser.prog, "router", "forward between bridges", "--listen tls/0.0.0.0:7447"
    )
    add_link(router)
    _add_action(actions, parser.prog, "status", "show the bridges of this machine", "")


def _add_action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser],
    prog: str,
    name: str,
    what: str,
    example: str,
) -> argparse.ArgumentParser:
    own = actions.add_parser(
        name,
        help=what,
        description=f"{what[0].upper()}{what[1:]}.",
        epilog=f"example: {prog} {name} {example}".rstrip(),
    )
    add_format(own, argparse.SUPPRESS)
    return own


def run(arguments: argparse.Namespace) -> int:
    as_json = arguments.format == "json"
    if arguments.action == "status":
        return bridge_status.show(as_json)
    if lacking := [package for package in EXTRAS["network"] if not is_installed(package)]:
        log(f"found no {listed(lacking)}; {install(lacking)} brings it")
        return EXIT_FAILURE
    from shm_pub_sub._network.engine import config_of

    try:
        options = options_of(arguments, arguments.action == "router")
        config_of(options)
    except (TopicTypeError, TopicValueError) as error:
        log(str(error))
        return EXIT_USAGE
    if arguments.check:
        _print(options, as_json)
        return EXIT_DONE
    return _carry(options)


def _carry(options: Options) -> int:
    """Run the bridge until a signal ends it."""
    from contextlib import closing

    from shm_pub_sub._network.bridge import Running

    open_as_many_as_allowed()
    sys.setswitchinterval(GIL_SWITCH_INTERVAL)
    _log_to_stderr()
    on_termination(_end)
    try:
        with closing(Running(options)) as bridge:
            for line in _summary(options):
                log(line)
            notify("READY=1")
            bridge.wait(None)
    except KeyboardInterrupt:
        pass  # the usual end
    return EXIT_DONE


def _end(number: int, frame: object) -> NoReturn:
    """A service manager's way to end it."""
    sys.exit(EXIT_DONE)


class _Stderr(logging.Handler):
    """Prints what the library logs as the command line prints remarks."""

    def emit(self, record: logging.LogRecord) -> None:
        log(record.getMessage())


def _log_to_stderr() -> None:
    logger = logging.getLogger("shm_pub_sub")
    logger.addHandler(_Stderr())
    logger.setLevel(logging.WARNING)  # not of each topic that takes over a dead one
    logger.getChild("bridge").setLevel(logging.INFO)


def _summary(options: Options) -> list[str]:
    """Return what a bridge does, in lines."""
    kind = "router" if options.router else "bridge"
    lines = [f"{kind} {options.name!r}"]
    for what, found in (
        ("listens on", options.listen),
        ("connects to", options.connect),
        ("sends", options.send),
        ("receives", options.receive),
    ):
        if found:
            lines.append(f"{what} {', '.join(found)}")
    if options.discover:
        lines.append("finds bridges by multicast")
    return ["; ".join(lines)]


def _print(options: Options, as_json: bool) -> None:
    if as_json:
        from dataclasses import asdict

        print_json(asdict(options))
    else:
        put(*_summary(options))
