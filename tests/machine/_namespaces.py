"""Peers in their own namespaces, as in containers."""

import ctypes
import os
import signal
import time
from multiprocessing.connection import wait
from pathlib import Path

import shm_pub_sub
from support import remote
from support.namespaces import clock_offset
from support.peer import DEADLINE, Peer

LIFETIME = 60
CLONE_NEWTIME = 0x80


def inner(peer: Peer) -> int:
    """The pid, as seen from here, of the Peer that unshare forked."""
    (pid,) = Path(f"/proc/{peer.pid}/task/{peer.pid}/children").read_text().split()
    return int(pid)


def kill(peer: Peer) -> None:
    """Kills the Peer that unshare forked, and waits until it is gone."""
    pid = inner(peer)
    pidfd = os.pidfd_open(pid)
    os.kill(pid, signal.SIGKILL)
    gone = wait([pidfd], DEADLINE)
    os.close(pidfd)
    assert gone
    peer.kill()


def own_pid() -> int:
    """In a Peer: its pid in its own namespace."""
    return os.getpid()


def fork_reader_in_the_past(topic: str, tell: str) -> None:
    """In a Peer: fork a child whose CLOCK_MONOTONIC is behind; it publishes whether topic is ok."""
    if os.fork() != 0:
        return
    # In a child that only forks: unshare needs a process without threads.
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWTIME) != 0:
        os._exit(ctypes.get_errno())
    past = clock_offset() - min(20, int(time.monotonic() / 2))
    Path("/proc/self/timens_offsets").write_text(f"monotonic {past} 0\n")
    if os.fork() == 0:
        signal.alarm(LIFETIME)
        publisher = shm_pub_sub.Publisher(tell, False)
        while True:
            publisher.publish(remote.subscribe(topic)[1])
    os._exit(0)
