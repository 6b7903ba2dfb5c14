"""Checks of `doctor`: limits, containers, the kernel, and what is installed."""

from __future__ import annotations

import errno
import mmap
import os
import resource
import sys
from configparser import ConfigParser
from configparser import Error as ConfigError
from pathlib import Path

import shm_pub_sub

from .._extras import EXTRAS, install, is_installed
from .._text import counted, size
from .._topics import memory_room, names
from .directory import LOW_BYTES, TOPIC_BYTES
from .finding import FAIL, OK, WARN, Finding

SPARE_DESCRIPTORS = 64
"""Descriptors that a program needs besides those of its topics."""
LEAST_FILE = 65536 + mmap.PAGESIZE
"""Bytes of a topic's file to its end: docs/memory-layout.md."""
FIRST_PID_NAMESPACE = "pid:[4026531836]"
"""The kernel's PROC_PID_INIT_INO."""
FUTEX_WAITV = 449
"""Its system call number on all supported architectures."""
FIRST_LOGIN_UID = 1000
"""systemd does not remove files of root and of users below it."""


def descriptors(where: str) -> Finding:
    """A program can open all topics; each publisher and subscriber takes a descriptor."""
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    topics = len(names(where))
    if most == resource.RLIM_INFINITY:
        return Finding("descriptors", OK, "no limit")
    found = f"{most} per process, {counted(topics, 'topic')}"
    if most < topics + SPARE_DESCRIPTORS:
        do = f"ulimit -n {2 * topics + 1024}, for programs that open all topics"
        return Finding("descriptors", WARN, found, do)
    return Finding("descriptors", OK, found)


def file_size() -> Finding:
    """Files may be as large as a topic."""
    most, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    if most == resource.RLIM_INFINITY:
        return Finding("file size", OK, "no limit")
    found = f"at most {size(most)} per topic"
    do = "ulimit -f unlimited"
    if most < LEAST_FILE:
        what = f"{found}, but a topic's file has at least {size(LEAST_FILE)}, most of it a hole"
        return Finding("file size", FAIL, what, do)
    return Finding("file size", WARN, f"{found}: numbers take 32 bytes each, arrays more", do)


def memory() -> Finding:
    """There is memory for topics; the file system may be larger than the memory limit."""
    room = memory_room()
    if room is None:
        return Finding("memory", OK, "no known limit")
    nbytes, limit, group = room
    of = f"the limit of cgroup {group}" if group else "this machine's memory"
    found = f"topics of up to {size(nbytes)} in total, within {size(limit)}, {of}"
    do = "run shm-pub-sub clean, use fewer buffers, or free memory"
    if group:
        do += ", or raise the limit: docker run --memory=1g, MemoryMax= in systemd"
    if nbytes < TOPIC_BYTES:
        return Finding("memory", FAIL, f"no space for a topic within {size(limit)}, {of}", do)
    if nbytes < LOW_BYTES:
        return Finding("memory", WARN, found, do)
    return Finding("memory", OK, found)


def container(root: str = "/") -> Finding:
    """Report whether this is a container: topics and process numbers differ outside of it."""
    kinds = {".dockerenv": "docker", "run/.containerenv": "podman"}
    found = [kind for path, kind in kinds.items() if Path(root, path).exists()]
    try:
        groups = Path(root, "proc/1/cgroup").read_text(encoding="utf-8")
        found += [k for k in ("kubepods", "lxc", "docker") if k in groups and k not in found]
    except OSError:
        pass  # no /proc, or no permission
    try:
        own_pids = str(Path(root, "proc/self/ns/pid").readlink()) != FIRST_PID_NAMESPACE
    except OSError:
        own_pids = False
    if not found and not own_pids:
        return Finding("container", OK, "none")
    what = ", ".join(found) or "of some kind"
    pids = "process IDs of its own" if own_pids else "process IDs of the machine"
    share = "--ipc=host, --ipc=container:NAME, or a shared volume and SHM_PUB_SUB_DIR"
    return Finding("container", OK, f"{what}, {pids}", f"to share its topics: {share}")


def logind(where: str, user: int, root: str = "/") -> Finding:
    """Topics survive their user's logout: logind.conf(5), RemoveIPC."""
    if not Path(root, "run/systemd/system").is_dir():
        return Finding("logout", OK, "no systemd")
    if not os.path.realpath(where).startswith("/dev/shm"):
        return Finding("logout", OK, "systemd removes nothing outside /dev/shm")
    if user < FIRST_LOGIN_UID:
        return Finding("logout", OK, f"systemd removes nothing of user {user}, a system user")
    if not _removes_ipc(root):
        return Finding("logout", OK, "RemoveIPC=no")
    found = f"systemd removes the topics of user {user} at logout (RemoveIPC=yes)"
    do = "RemoveIPC=no in /etc/systemd/logind.conf, loginctl enable-linger, or a system user"
    return Finding("logout", WARN, found, do)


def _removes_ipc(root: str) -> bool:
    files = [Path(root, "etc/systemd/logind.conf")]
    for folder in ("usr/lib", "run", "etc"):  # the last one wins
        files += sorted(Path(root, folder, "systemd/logind.conf.d").glob("*.conf"))
    config = ConfigParser(strict=False, interpolation=None)
    try:
        config.read(files, encoding="utf-8")
        return config.getboolean("Login", "RemoveIPC", fallback=True)
    except (ConfigError, OSError, ValueError):
        return True  # the default


def waiting() -> Finding:
    """The kernel can wait for several topics at once."""
    import ctypes

    # Zero futexes are invalid; a kernel without the call gives another error.
    ctypes.CDLL(None, use_errno=True).syscall(FUTEX_WAITV, None, 0, 0, None, 0)
    kernel = f"Linux {os.uname().release}"
    if ctypes.get_errno() == errno.EINVAL:
        return Finding("waiting", OK, f"{kernel}, futex_waitv")
    polls = "select() polls if there are several topics, asyncio and fileno() if more than eight"
    do = "use Linux 5.16 or later; in a sandbox, allow that call"
    return Finding("waiting", WARN, f"{kernel} without futex_waitv: {polls}", do)


def forking() -> Finding:
    """Forked children can load the library from memory."""
    try:
        descriptor = os.memfd_create("shm_pub_sub", os.MFD_CLOEXEC)
        try:
            os.ftruncate(descriptor, mmap.PAGESIZE)
            prot = mmap.PROT_READ | mmap.PROT_EXEC
            mmap.mmap(descriptor, mmap.PAGESIZE, mmap.MAP_PRIVATE, prot).close()
        finally:
            os.close(descriptor)
    except OSError as error:
        return Finding(
            "forking",
            WARN,
            f"executable memfd: {error.strerror}; forked children that use topics copy the library "
            "to the temporary directory",
            "sysctl vm.memfd_noexec=0, or leave it: it costs some milliseconds per child",
        )
    return Finding("forking", OK, "forked children load the library from memory")


def extras() -> Finding:
    missing = [name for name, needed in EXTRAS.items() if not all(map(is_installed, needed))]
    there = ", ".join(name for name in EXTRAS if name not in missing) or "none"
    if not missing:
        return Finding("extras", OK, there)
    lacking = [package for name in missing for package in EXTRAS[name] if not is_installed(package)]
    do = f"to install them: {install(lacking)}"
    return Finding("extras", OK, f"{there}; not {', '.join(missing)}", do)


def version() -> Finding:
    python = ".".join(map(str, sys.version_info[:3]))
    found = f"shm_pub_sub {shm_pub_sub.__version__}, Python {python}, in {sys.prefix}"
    return Finding("version", OK, found)
