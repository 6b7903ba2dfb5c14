"""Programs that become one of several users of a directory like /dev/shm."""

import os

import pytest

OWNER, MEMBER, NEWGRP, OUTSIDER = 61001, 61002, 61003, 61004
"""Users that need not exist."""

GROUP, OTHER_GROUP = 62001, 62002

DAEMON, NOBODY = 1, 65534
"""Users that every machine has."""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become other users")

# Imports come first: the modules may be in a place that only root can read.
BECOME = """
import logging, os, select, sys, threading, time, shm_pub_sub
from shm_pub_sub import *
topics()
for name in ("SUDO_UID", "SHM_PUB_SUB_TRUST"):
    os.environ.pop(name, None)
def become(user, group, *groups):
    os.setgroups(groups)
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
def attempt(use):
    try:
        print("done", use(), flush=True)
    except (RuntimeError, TimeoutError) as error:
        print(type(error).__name__, error, flush=True)
become(*map(int, sys.argv[1].split(",")))
"""

PUBLISH = (
    BECOME
    + """
publisher = Publisher("topic", 0, mode=int(sys.argv[2], 8), retain="retain" in sys.argv)
publisher.publish(1)
print("ready", flush=True)
input()
publisher.close()
"""
)


def who(*ids: int) -> str:
    """A user, its group, and more groups."""
    return ",".join(map(str, ids))
