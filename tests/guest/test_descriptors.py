"""Go keeps no descriptor of its own, so a program may close all that are open."""

import pytest
from support.programs import Check

# A daemon closes what it inherited, and opens files of its own.
PROGRAM = """
import os
from shm_pub_sub import *
def use():
    for _ in range(100):
        with Publisher("topic", 0, 1000), Subscriber("topic", 0):
            topics()
use()
os.closerange(3, 1000)
mine = [os.memfd_create(f"mine{i}") for i in range(10)]
use()
assert [os.fstat(fd).st_size for fd in mine] == [0] * 10
assert {os.lseek(fd, 0, os.SEEK_CUR) for fd in mine} == {0}
"""


def test_program_that_closes_every_descriptor_goes_on(
    check_python: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHM_PUB_SUB_GOGC", "1")
    check_python(PROGRAM)
