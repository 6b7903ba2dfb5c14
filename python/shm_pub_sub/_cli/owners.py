"""Whose topics a program may expect to read: those of users whom it trusts."""

from __future__ import annotations

import os
import stat

from shm_pub_sub import ShmError
from shm_pub_sub._arguments import directory
from shm_pub_sub._topics import file_of
from shm_pub_sub._trust import check_trust


def is_expected(name: str) -> bool:
    """Report whether the topic's file is of somebody who is trusted: Go's rule, trust.go."""
    where = directory()
    try:
        owner = os.lstat(file_of(where, name)).st_uid
        status = os.stat(where)
    except (OSError, ShmError):
        return False  # gone since
    if _trusts(owner):
        return True
    return _trusts(status.st_uid) and not status.st_mode & stat.S_IWOTH


def _trusts(uid: int) -> bool:
    user = os.geteuid()
    trusted = {0, user}
    for word in check_trust(None).split(","):
        if word == "any":
            return True
        if word.startswith("sudo:"):
            if user == 0:
                trusted.add(int(word.removeprefix("sudo:")))
        elif word.isdecimal():
            trusted.add(int(word))
        elif word:
            import pwd

            trusted.add(pwd.getpwnam(word).pw_uid)
    return uid in trusted
