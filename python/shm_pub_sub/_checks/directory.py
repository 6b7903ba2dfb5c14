"""Checks of `doctor`: the directory that holds the topics, and what lies in it."""

from __future__ import annotations

import os
import re
import stat

from .._remains import ALIVE, DAMAGED, DEAD, DRAFT, RETAINED, UNREADABLE, remains
from .._text import counted, listed, size
from .._topics import names, strangers
from .finding import FAIL, OK, WARN, Finding

TOPIC_BYTES = 8192
"""Of shared memory, that a topic of the usual size takes."""
LOW_BYTES = 1 << 20
LOW_INODES = 128
DOCKERS_BYTES = 64 << 20

IN_MEMORY = {"tmpfs", "ramfs"}
ON_DISK = {"bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "overlay", "xfs", "zfs"}
ON_A_NETWORK = {"9p", "afs", "ceph", "cifs", "glusterfs", "lustre", "nfs", "nfs4", "smb3"}

OWN_DIRECTORY = "point SHM_PUB_SUB_DIR at a directory on a tmpfs, in every process"


def directory(where: str) -> Finding:
    """The directory exists, is writable, and other users cannot delete topics in it."""
    try:
        mode = os.stat(where).st_mode
    except OSError as error:
        return Finding("directory", FAIL, f"{where}: {error.strerror}", OWN_DIRECTORY)
    found = f"{where}, mode {mode & 0o7777:04o}"
    if not stat.S_ISDIR(mode):
        return Finding("directory", FAIL, f"{where} is not a directory", OWN_DIRECTORY)
    if not os.access(where, os.R_OK | os.W_OK | os.X_OK):
        do = f"let user {os.geteuid()} write there, or {OWN_DIRECTORY}"
        return Finding("directory", FAIL, f"{found}, is not writable by this process", do)
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        do = f"chmod +t {where}"
        return Finding("directory", WARN, f"{found}: any user can delete another's topics", do)
    return Finding("directory", OK, found)


def file_system(where: str) -> Finding:
    """The file system is in memory, or at least on this machine."""
    kind = _file_system_of(os.path.realpath(where))
    if kind in IN_MEMORY:
        return Finding("file system", OK, f"{kind}, in memory")
    if kind in ON_A_NETWORK:
        found = f"{kind}, a network file system: other machines see the files, but no values"
        return Finding("file system", FAIL, found, OWN_DIRECTORY)
    if kind in ON_DISK:
        found = f"{kind}, on disk: works, but the kernel also writes all values to disk"
        return Finding("file system", WARN, found, OWN_DIRECTORY)
    return Finding("file system", WARN, f"{kind}: not tested with this library", OWN_DIRECTORY)


def _file_system_of(path: str) -> str:
    """Return the type of the mount that path is on, by proc_pid_mountinfo(5)."""
    where, longest, kind = os.fsencode(path), b"", b"unknown"
    with open("/proc/self/mountinfo", "rb") as mounts:
        for line in mounts:
            before, _, after = line.partition(b" - ")
            octal = before.split(b" ")[4]
            point = re.sub(rb"\\([0-7]{3})", lambda m: bytes((int(m[1], 8),)), octal)
            below = point == b"/" or (where + b"/").startswith(point + b"/")
            if below and len(point) >= len(longest):  # a later mount hides an earlier one
                longest, kind = point, after.split()[0]
    return kind.decode()


def space(where: str) -> Finding:
    """There is space for topics, in bytes and in files."""
    status = os.statvfs(where)
    free, total = status.f_bavail * status.f_frsize, status.f_blocks * status.f_frsize
    found = f"{size(free)} of {size(total)} free"
    do = "run shm-pub-sub clean, use fewer buffers, or enlarge it: mount -o remount,size=1g"
    if total <= DOCKERS_BYTES:
        do += ", docker run --shm-size=1g"
    if status.f_files:  # otherwise the file system does not count them
        found += f", {status.f_favail} of {status.f_files} files"
        if status.f_favail < LOW_INODES:
            do = "run shm-pub-sub clean, or mount -o remount,nr_inodes=1m"
    if free < TOPIC_BYTES or (status.f_files and status.f_favail == 0):
        return Finding("space", FAIL, f"{found}: no space for a topic", do)
    if free < LOW_BYTES or (status.f_files and status.f_favail < LOW_INODES):
        return Finding("space", WARN, found, do)
    return Finding("space", OK, found)


def leftovers(where: str) -> Finding:
    """No file of a killed publisher takes space."""
    there = list(remains((), where))
    dead = [one for one in there if one.what in (DEAD, DRAFT)]
    alive = sum(one.what == ALIVE for one in there)
    retained = sum(one.what == RETAINED for one in there)
    found = f"{counted(alive, 'live topic')}, {counted(retained, 'retained value')}"
    if dead:
        nbytes = size(sum(one.nbytes for one in dead))
        found += f", {counted(len(dead), 'file')} left by killed publishers ({nbytes})"
        return Finding("leftovers", WARN, found, "run shm-pub-sub clean")
    return Finding("leftovers", OK, f"{found}, no file left by a killed publisher")


def owners(where: str) -> Finding:
    """Every topic belongs to a trusted user."""
    there = list(strangers(names(where), where))
    if not there:
        return Finding("owners", OK, "every readable topic is trusted")
    whose = listed([f"{name!r} of {user}" for name, user in there], 3)
    found = f"{counted(len(there), 'topic')} of untrusted users, which subscribers refuse: {whose}"
    do = "name the user in SHM_PUB_SUB_TRUST, or remove the topic as root or that user"
    return Finding("owners", WARN, found, do)


def damage(where: str) -> Finding:
    """Every topic is readable."""
    broken = [one for one in remains((), where) if one.what in (DAMAGED, UNREADABLE)]
    if not broken:
        return Finding("damage", OK, "every topic is readable")
    what = " or ".join(sorted({one.what for one in broken}))
    which = listed([repr(one.name) for one in broken], 3)
    found = f"{counted(len(broken), 'topic')}: {what}: {which}"
    do = "shm-pub-sub list -v shows why, and which files to remove"
    return Finding("damage", WARN, found, do)
