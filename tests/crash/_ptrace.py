"""Runs a thread of another process instruction by instruction, or from system call to system call.

ptrace(2) by way of libc. Only the thread that is traced stops: the process's others, such as those
of Go's runtime, run on. The tracer has to be one and the same thread of the test process.
"""

import ctypes
import os
import platform
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

MARK = signal.SIGUSR2
"""A traced process raises it at marked places; it is never delivered."""

_CONT, _SINGLESTEP, _SYSCALL = 7, 9, 24
_SEIZE, _INTERRUPT, _GET_SYSCALL_INFO = 0x4206, 0x4207, 0x420E
_TRACESYSGOOD, _EXITKILL = 1, 1 << 20
_WALL = 0x40000000
_EVENT_STOP = 128 << 8 | signal.SIGTRAP
_CALL_STOP = signal.SIGTRAP | 0x80
_ENTRY = 1

# PyDLL: none of these calls waits, and releasing the GIL takes longer than the call.
_libc = ctypes.PyDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


class _Info(ctypes.Structure):
    """struct ptrace_syscall_info. number is an entry's; an exit has its result there."""

    _fields_ = (
        ("op", ctypes.c_uint8),
        ("arch", ctypes.c_uint32),
        ("counter", ctypes.c_uint64),
        ("stack", ctypes.c_uint64),
        ("number", ctypes.c_uint64),
        ("arguments", ctypes.c_uint64 * 6),
    )


def _ptrace(request: int, pid: int, address: int = 0, data: object = 0) -> int:
    done: int = _libc.ptrace(request, pid, address, data)
    if done < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"ptrace {request:#x}: {os.strerror(number)}")
    return done


@dataclass(frozen=True)
class Call:
    """A system call that is about to begin, or has just ended."""

    number: int
    entered: bool


class Traced:
    """The main thread of a process, which dies with the tracer at the latest."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._runs, self._ended = True, False
        self._signal = 0  # to deliver
        self._call = -1
        _ptrace(_SEIZE, pid, 0, _TRACESYSGOOD | _EXITKILL)
        self._processors = os.sched_getaffinity(0)

    def _go(self, request: int) -> int:
        """Lets it run to its next stop, and returns which it is."""
        if not self._runs:
            _ptrace(request, self.pid, 0, self._signal)
        self._signal = 0
        return self._stop()

    def _stop(self) -> int:
        _, status = os.waitpid(self.pid, _WALL)
        assert os.WIFSTOPPED(status), f"ended by itself, with status {status:#x}"
        if self._runs:
            self._share_processor()
        self._runs = False
        stop = status >> 8
        if stop not in (signal.SIGTRAP, MARK, _CALL_STOP, _EVENT_STOP):
            self._signal = stop & 0x7F  # a signal of its own: SIGURG is Go's
        return stop

    def _share_processor(self) -> None:
        """Put both on one processor: a step then costs a fifth, as nothing has to wake up."""
        shared = {max(self._processors)}
        os.sched_setaffinity(self.pid, shared)
        os.sched_setaffinity(0, shared)

    def interrupt(self) -> None:
        """Stops it wherever it is."""
        _ptrace(_INTERRUPT, self.pid)
        while self._go(_CONT) != _EVENT_STOP:
            pass

    def run_to_mark(self) -> None:
        while self._go(_CONT) != MARK:
            pass

    def let_go(self) -> None:
        """Lets it run, and returns at once. From then on it can only be killed."""
        _ptrace(_CONT, self.pid, 0, self._signal)

    def step(self) -> bool:
        """Executes one instruction. Returns whether that did not end at a mark."""
        return self._go(_SINGLESTEP) != MARK

    def step_to_call(self) -> Call | None:
        """Runs until a system call begins or is done; None: until a mark."""
        while (stop := self._go(_SYSCALL)) != _CALL_STOP:
            if stop == MARK:
                return None
        info = self._info()
        if info.op == _ENTRY:
            self._call = info.number
        return Call(self._call, info.op == _ENTRY)

    def _info(self) -> _Info:
        info = _Info()
        _ptrace(_GET_SYSCALL_INFO, self.pid, ctypes.sizeof(info), ctypes.byref(info))
        return info

    def counter(self) -> int:
        """The address of its next instruction."""
        return int(self._info().counter)

    def code(self, address: int, size: int) -> bytes:
        """The machine code that is there."""
        with open(f"/proc/{self.pid}/mem", "rb", 0) as memory:  # noqa: PTH123
            return os.pread(memory.fileno(), size, address)

    def code_of(self, library: str) -> range:
        """The addresses of a library's machine code."""
        for line in Path(f"/proc/{self.pid}/maps").read_text().splitlines():
            addresses, permissions, *_, path = line.split(maxsplit=5)
            if path == library and "x" in permissions:
                return range(*(int(address, 16) for address in addresses.split("-")))
        raise LookupError(library)

    def kill(self) -> None:
        """Kills the process where it stands; it is a zombie of its parent's on return."""
        os.kill(self.pid, signal.SIGKILL)
        os.sched_setaffinity(0, self._processors)
        while True:
            _, status = os.waitpid(self.pid, _WALL)
            if not os.WIFSTOPPED(status):
                break
        self._ended = True
        assert os.WIFSIGNALED(status)
        assert os.WTERMSIG(status) == signal.SIGKILL

    def __enter__(self) -> "Traced":
        return self

    def __exit__(self, *error: object) -> None:
        """Kills it, unless the test has."""
        if not self._ended:
            self.kill()


def unavailable() -> str:
    """Return why nothing can be traced here; "" if it can."""
    if platform.machine() != "x86_64":
        # A single-stepped pair of ldxr and stxr never succeeds, and the numbers of system calls
        # are other ones.
        return f"single-stepping is written for x86_64; this is {platform.machine()}"
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        try:
            with Traced(process.pid) as traced:
                traced.interrupt()
                traced.step()
                traced.counter()
        except OSError as error:
            process.kill()
            return f"no ptrace(2) here: {error}"
    return ""
