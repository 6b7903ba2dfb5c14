"""`doctor`: what is wrong with this machine's set-up, and what to do about it."""

from __future__ import annotations

import os

from shm_pub_sub import ShmError
from shm_pub_sub._arguments import directory
from shm_pub_sub._checks import directory as directory_checks
from shm_pub_sub._checks import machine
from shm_pub_sub._checks.self_test import self_test
from shm_pub_sub._checks.verdict import FAIL, Verdict

from ..output import EXIT_DONE, EXIT_FAILURE, print_json, put

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Find what is wrong with this machine's set-up, and say what to do about it. It tries one "
        "value between two processes. The exit code is 1 where a check fails; warnings are none."
    )


def run(options: argparse.Namespace) -> int:
    code = EXIT_DONE
    for verdict in checked():
        if options.format == "json":
            print_json(verdict._asdict())
        else:
            _print(verdict)
        if verdict.verdict == FAIL:
            code = EXIT_FAILURE
    return code


def _print(verdict: Verdict) -> None:
    put(f"{verdict.verdict:<4}  {verdict.check:<11}  {verdict.found}", flush=True)
    if verdict.do:
        put(f"{'':<4}  {'':<11}  -> {verdict.do}", flush=True)


def checked() -> Iterator[Verdict]:
    """Yield each check's verdict, as it is found."""
    where = directory()
    yield machine.version()
    there = directory_checks.directory(where)
    yield there
    if there.verdict != FAIL:
        for check in (
            directory_checks.file_system,
            directory_checks.space,
            directory_checks.leftovers,
            directory_checks.owners,
            directory_checks.damage,
        ):
            yield _safely(check.__name__.replace("_", " "), check, where)
        yield _safely("descriptors", machine.descriptors)
    yield _safely("memory", machine.memory)
    yield machine.file_size()
    yield machine.container()
    yield machine.logind(where, os.geteuid())
    yield _safely("waiting", machine.waiting)
    yield machine.forking()
    yield machine.extras()
    if there.verdict != FAIL:
        yield self_test()


def _safely(name: str, check: Callable[..., Verdict], *arguments: str) -> Verdict:
    """Return the check's verdict; what it cannot find out is one too."""
    try:
        return check(*arguments)
    except (ShmError, OSError, ImportError) as error:
        return Verdict(name, FAIL, str(error))
