"""Large replies, which leave in threads of their own: a slow link holds up no other receiver."""

from __future__ import annotations

import queue
import threading
from typing import Any

AT_ONCE = 16 << 10
"""Bytes that a link takes without waiting, as its receiver has got all before."""


class Replies:
    """Sends replies, of each receiver one after the other. One thread calls it."""

    def __init__(self) -> None:
        self._queues: dict[str, queue.SimpleQueue[Any]] = {}

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

    def close(self) -> None:
        """End the threads, once their replies have left."""
        for waiting in self._queues.values():
            waiting.put(None)
        self._queues.clear()


def _send(query: Any, payload: bytes) -> None:
    try:
        query.reply(payload)
    finally:
        query.finish()


def _send_all(waiting: queue.SimpleQueue[Any]) -> None:
    while (item := waiting.get()) is not None:
        _send(*item)
