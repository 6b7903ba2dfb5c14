"""The process that peer.py starts."""

import faulthandler
import os
import signal
import sys
from multiprocessing.connection import Connection

LIFETIME = 170
"""Seconds after its last call, or its start, after which it ends: the test run was killed."""


def main(fd: int) -> None:
    signal.alarm(LIFETIME)
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    os.set_inheritable(fd, False)
    with Connection(fd) as connection:
        while True:
            try:
                work = connection.recv()
            except (EOFError, ConnectionResetError):
                return
            if work is None:
                return
            signal.alarm(LIFETIME)
            function, args = work
            try:
                answer = True, function(*args)
            except Exception as error:
                answer = False, error
            try:
                connection.send(answer)
            except BrokenPipeError:
                return


if __name__ == "__main__":
    main(int(sys.argv[1]))
