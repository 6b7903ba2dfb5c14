"""Processes that publish until they are killed: forks of one that has not loaded the Go side yet.

    python -m differential._doomed FD

FD is a socket. A 0 with another socket has a child forked, which answers the lines that come
there as actor/main.go does, and its process id sent back. A process id has that child killed, and
is sent back when it is gone.
"""

import os
import signal
import socket
import struct
import sys
from typing import Any

import shm_pub_sub

PID = struct.Struct("=i")


def main(fd: int) -> None:
    with socket.socket(fileno=fd) as control:
        while True:
            message, passed, *_ = socket.recv_fds(control, PID.size, 1)
            if not message:
                return
            (pid,) = PID.unpack(message)
            if pid:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            elif (pid := os.fork()) == 0:
                control.close()
                serve(passed[0])
                os._exit(0)
            else:
                os.close(passed[0])
            control.sendall(PID.pack(pid))


def serve(fd: int) -> None:
    kinds: dict[str, Any] = {"int": int, "float": float}
    with socket.socket(fileno=fd) as connection, connection.makefile("rw") as lines:
        for line in lines:
            what, _, *words = line.split()
            if what == "publisher":
                topic, kind, depth, retain = words
                publisher = shm_pub_sub.Publisher(
                    topic, kinds[kind](0), int(depth), retain=retain == "True"
                )
            elif len(words) == 1:
                publisher.publish(kinds[kind](words[0]))
            else:
                publisher.publish_many(list(map(kinds[kind], words)))
            lines.write("\n")
            lines.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
