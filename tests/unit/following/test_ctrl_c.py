"""Ctrl-C, wherever Python may handle a signal in follow()'s own code: no value is lost."""

from __future__ import annotations

import asyncio
import dis
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest
import shm_pub_sub
from support.counts import dice
from support.soak import first_of

PACKAGE = str(Path(shm_pub_sub.__file__).parent)

CHECKS = ("CALL", "RESUME", "JUMP_BACKWARD", "JUMP_ABSOLUTE")
"""Instructions after which CPython looks for signals: calls, loops, the beginning of a function."""


class Interrupt:
    """Raises KeyboardInterrupt at one of the moments at which a signal handler may run."""

    def __init__(self, at: int) -> None:
        self.left = at
        self._names: dict[CodeType, dict[int, str]] = {}
        self._before: dict[FrameType, str] = {}

    @contextmanager
    def on(self) -> Iterator[None]:
        traced = sys.gettrace()
        sys.settrace(self._enter)
        try:
            yield
        finally:
            sys.settrace(traced)

    def _enter(self, frame: FrameType, _event: str, _arg: object) -> Any:
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self._step

    def _step(self, frame: FrameType, event: str, _arg: object) -> Any:
        if event == "return":
            self._before.pop(frame, None)
        if event != "opcode":
            return self._step
        code = frame.f_code
        if code not in self._names:
            self._names[code] = {each.offset: each.opname for each in dis.get_instructions(code)}
        before = self._before.get(frame, "RESUME")
        self._before[frame] = self._names[code][frame.f_lasti]
        if before.startswith(CHECKS):
            self.left -= 1
            if self.left == 0:
                self._before.clear()
                raise KeyboardInterrupt
        return self._step


Call = Callable[[shm_pub_sub.Follow], tuple[str, shm_pub_sub.Sample[Any]]]


def recv(follow: shm_pub_sub.Follow) -> tuple[str, shm_pub_sub.Sample[Any]]:
    return follow.recv(20)


def iterate(follow: shm_pub_sub.Follow) -> tuple[str, shm_pub_sub.Sample[Any]]:
    return next(follow)


def in_a_loop(wait: Callable[[shm_pub_sub.Follow], Any]) -> Call:
    def call(follow: shm_pub_sub.Follow) -> tuple[str, shm_pub_sub.Sample[Any]]:
        async def receive() -> Any:
            return await wait(follow)

        loop = asyncio.new_event_loop()
        try:
            return loop.run_until_complete(receive())  # type: ignore[no-any-return]
        finally:
            loop.close()

    return call


WAYS: dict[str, Call] = {
    "recv": recv,
    "iterate": iterate,
    "arecv": in_a_loop(lambda follow: follow.arecv(20)),
    "async for": in_a_loop(lambda follow: follow.__anext__()),
}

EXPECTED = {"numbers": [1, 2, 3], "text": ["a", "b"], "later": [7, 8]}


def receive_all(call: Call, newest: bool, interrupt: Interrupt) -> dict[str, list[Any]]:
    received: dict[str, list[Any]] = {name: [] for name in EXPECTED}
    with (
        shm_pub_sub.Publisher("numbers", 0, 10) as numbers,
        shm_pub_sub.Publisher("text", "", 10) as text,
        shm_pub_sub.follow(newest=newest) as follow,
    ):
        for number in EXPECTED["numbers"]:
            numbers.publish(number)
        for word in EXPECTED["text"]:
            text.publish(word)
        with shm_pub_sub.Publisher("later", 0, 10) as later:
            for number in EXPECTED["later"]:
                later.publish(number)
            ends = {name: values[-1] for name, values in EXPECTED.items()}
            while any(received[name][-1:] != [end] for name, end in ends.items()):
                try:
                    with interrupt.on():
                        name, sample = call(follow)
                except KeyboardInterrupt:
                    continue
                received[name].append(sample.value)
            with pytest.raises(shm_pub_sub.WaitTimeoutError):
                follow.recv(0)
        assert follow.lost == 0
    return received


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")  # interrupted before that
@pytest.mark.parametrize("step", first_of({"some": (25,), "all": (1,)}))
@pytest.mark.parametrize("newest", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_ctrl_c_loses_no_value(way: str, newest: bool, step: int) -> None:
    at = dice().randint(1, step)
    while True:
        interrupt = Interrupt(at)
        received = receive_all(WAYS[way], newest, interrupt)
        expected = {name: values[-1:] for name, values in EXPECTED.items()}
        assert received == (expected if newest else EXPECTED), f"interrupted at moment {at}"
        if interrupt.left > 0:
            break
        at += step
    print(f"the last moment is before {at}")
    assert at > 100
