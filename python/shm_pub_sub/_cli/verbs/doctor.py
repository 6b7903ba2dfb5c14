"""`doctor`: check this machine's setup; each problem has a remedy."""

from __future__ import annotations

import argparse

from shm_pub_sub._checks.finding import FAIL
from shm_pub_sub.diagnostics import Finding, check

from ..output import EXIT_DONE, EXIT_FAILURE, print_json, put


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Check this machine's setup and show what to do about problems. Sends one value from one "
        "process to another. The exit code is 1 if a check fails; warnings do not count."
    )


def run(options: argparse.Namespace) -> int:
    code = EXIT_DONE
    for finding in check():
        if options.format == "json":
            found, remedy = finding.found, finding.remedy
            print_json(
                {"check": finding.check, "verdict": finding.verdict, "found": found, "do": remedy}
            )
        else:
            _print(finding)
        if finding.verdict == FAIL:
            code = EXIT_FAILURE
    return code


def _print(finding: Finding) -> None:
    put(f"{finding.verdict:<4}  {finding.check:<11}  {finding.found}", flush=True)
    if finding.remedy:
        put(f"{'':<4}  {'':<11}  -> {finding.remedy}", flush=True)
