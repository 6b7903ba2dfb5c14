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

from ._publishing import Publishing

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
    with socket.socket(fileno=fd) as connection, connection.makefile("rw") as lines:
        for line in lines:
            what, _, *words = line.split()
            answer = ""
            if what == "publisher":
                topic, kind, depth, retain, views, loans, most = words
                publisher = Publishing(
                    topic, kind, int(depth), retain == "True", int(views), int(loans), int(most)
                )
            elif what == "publish":
                answer = publisher.publish(list(map(int, words)))
            elif what == "publish_at":
                answer = publisher.publish_at(*map(int, words))
            elif what == "lend":
                answer = publisher.lend(words[0], int(words[1]))
            else:
                answer = publisher.give(words[0], words[1])
            lines.write(f"{answer}\n")
            lines.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
