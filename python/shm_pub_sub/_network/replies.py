"""Replies that may have to wait leave in threads: a slow link holds up no other one."""

from __future__ import annotations

import queue
import threading
from collections.abc import Container, Sequence
from contextlib import suppress
from typing import Any

AT_ONCE = 16 << 10
"""Bytes that a link takes without waiting, as its receiver has got all before."""
MOST_PROGRAMS = 64
"""Requests of programs that wait for one whose link takes no more."""


class Replies:
    """Sends replies, of each receiver one after the other, and of all programs. One thread calls
    it."""

    def __init__(self) -> None:
        self._queues: dict[str, queue.SimpleQueue[Any]] = {}
        self._programs: queue.Queue[Any] | None = None

    def send(self, receiver: str, query: Any, payload: bytes) -> None:
        if len(payload) <= AT_ONCE:
            _send(query, payload)
            return
        waiting = self._queues.get(receiver)
        if waiting is None:
            waiting = self._queues[receiver] = queue.SimpleQueue()
            name = f"shm_pub_sub to {receiver}"
            threading.Thread(target=_send_all, args=(waiting,), name=name, daemon=True).start()
        waiting.put((query, payload))

    def send_values(self, query: Any, found: Sequence[tuple[bytes, str]]) -> None:
        """Send what a program asked for, messages and their keys; nothing if too many wait.

        Such a program may ask without reading, so that its link is full.
        """
        if self._programs is None:
            self._programs = queue.Queue(MOST_PROGRAMS)
            name, values = "shm_pub_sub to programs", self._programs
            threading.Thread(target=_send_programs, args=(values,), name=name, daemon=True).start()
        try:
            self._programs.put_nowait((query, found))
        except queue.Full:
            query.finish()

    def keep(self, receivers: Container[str]) -> None:
        """End the threads of all other receivers, once their replies have left."""
        for name in [name for name in self._queues if name not in receivers]:
            self._queues.pop(name).put(None)

    def close(self) -> None:
        """End the threads, once their replies have left."""
        for waiting in self._queues.values():
            waiting.put(None)
        self._queues.clear()
        if self._programs is not None:
            self._end_programs(self._programs)
            self._programs = None

    def _end_programs(self, programs: queue.Queue[Any]) -> None:
        while True:
            try:
                programs.put_nowait(None)
                return
            except queue.Full:
                with suppress(queue.Empty):  # the thread has taken it
                    query, _ = programs.get_nowait()
                    query.finish()


def _send(query: Any, payload: bytes) -> None:
    try:
        query.reply(payload)
    finally:
        query.finish()


def _send_all(waiting: queue.SimpleQueue[Any]) -> None:
    while (item := waiting.get()) is not None:
        _send(*item)


def _send_programs(programs: queue.Queue[Any]) -> None:
    while (item := programs.get()) is not None:
        query, found = item
        try:
            for message, key in found:
                query.reply(message, key)
        finally:
            query.finish()
