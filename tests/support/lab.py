"""Machines on a network: namespaces that a test makes, without root, joined by a switch.

    lab = Lab(2)                  # 10.0.0.1 and 10.0.0.2
    peer = lab.peer(0)            # a process there, as in support.peer
    lab.cut(1)                    # nothing passes to or from 10.0.0.2, without an error
    lab.join(1)
    lab.limit(1, kbit=10)         # each way

Only the network is apart. Files are everybody's: a test can publish on one machine and subscribe
on the other, by directory=.
"""

import os
import re
import shutil
import subprocess
import tempfile
from contextlib import suppress
from select import select

import pytest

from .namespaces import USER
from .peer import Peer

DEADLINE = 30.0
PROGRAMS = {"unshare": "util-linux", "nsenter": "util-linux", "ip": "iproute2", "tc": "iproute2"}
PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
BURST = 1600
"""Bytes that pass a slow link at once: a frame at least."""
QUEUE = 0.5
"""Seconds of traffic that wait at a slow link, as modems have it; the rest is dropped."""
FRAMES = 4
"""Frames of full size that may wait in any case."""


class Lab:
    """Machines 0, 1 and so on with the addresses 10.0.0.1 onward. end() ends them.

    Skips the test where there can be none.

    Args:
        machines: How many.
        user: Make them in a user namespace, which needs no root; None for as it is possible.
    """

    def __init__(self, machines: int = 2, user: bool | None = None) -> None:
        for program, package in PROGRAMS.items():
            if not shutil.which(program, path=PATH):
                pytest.skip(f"there is no {program} here, of Debian's package {package}")
        self._shells: list[_Shell] = []
        self._peers: list[Peer] = []
        if user is None:
            user = os.geteuid() != 0
        self._user = ("--user", "--preserve-credentials") if user else ()
        try:
            try:
                self._switch = self._add("unshare", *(USER if user else ()), "--net")
                self._switch.do("ip link add switch type bridge", "ip link set switch up")
                self._machines = [self._machine(number) for number in range(machines)]
            except CommandError as error:
                pytest.skip(f"no network namespaces here: {error}")
        except BaseException:
            self.end()
            raise

    def address(self, machine: int) -> str:
        return f"10.0.0.{machine + 1}"

    def launcher(self, machine: int) -> tuple[str, ...]:
        """Return what starts a command on a machine."""
        return self._enter(self._machines[machine])

    def peer(self, machine: int, *launcher: str, **environment: str) -> Peer:
        """Start a process on a machine; launcher: for example of more namespaces of its own."""
        peer = Peer(*self.launcher(machine), *launcher, **environment)
        self._peers.append(peer)
        return peer

    def cut(self, machine: int) -> None:
        """Drop all that passes to and from a machine, without a sign, as a radio link does."""
        self._switch.do(f"ip link set {port(machine)} nomaster")

    def join(self, machine: int) -> None:
        self._switch.do(f"ip link set {port(machine)} master switch")

    def limit(self, machine: int, kbit: int) -> None:
        """Let so many kbit/s pass to a machine, and from it."""
        queue = max(FRAMES * BURST, round(kbit * 125 * QUEUE))
        rate = f"root tbf rate {kbit}kbit burst {BURST} limit {queue}"
        self._switch.do(f"tc qdisc replace dev {port(machine)} {rate}")
        self._machines[machine].do(f"tc qdisc replace dev eth0 {rate}")

    def unlimit(self, machine: int) -> None:
        """Undo limit()."""
        for shell, device in (self._switch, port(machine)), (self._machines[machine], "eth0"):
            with suppress(CommandError):  # there was none
                shell.do(f"tc qdisc del dev {device} root")

    def run(self, machine: int, *commands: str) -> str:
        """Run the shell's commands on a machine, one after the other; return what they print."""
        return self._machines[machine].do(*commands)

    def end(self) -> None:
        """End everything, in any state."""
        for peer in self._peers:
            peer.end()
        for shell in reversed(self._shells):
            shell.end()

    def _machine(self, number: int) -> "_Shell":
        machine = self._add(*self._enter(self._switch), "unshare", "--net")
        self._switch.do(
            f"ip link add {port(number)} type veth peer name eth0 netns {machine.pid}",
            f"ip link set {port(number)} master switch up",
        )
        machine.do(
            "ip link set lo up",
            f"ip address add {self.address(number)}/24 dev eth0",
            "ip link set eth0 up",
        )
        return machine

    def _enter(self, shell: "_Shell") -> tuple[str, ...]:
        return ("nsenter", f"--target={shell.pid}", *self._user, "--net")

    def _add(self, *launcher: str) -> "_Shell":
        self._shells.append(_Shell(*launcher))
        self._shells[-1].do("true")
        return self._shells[-1]


def port(machine: int) -> str:
    """Return the switch's name for its end of a machine's cable."""
    return f"port{machine}"


class CommandError(Exception):
    """A command failed."""


class _Shell:
    """A shell that keeps its namespaces; it ends with this process, at the end of its input."""

    def __init__(self, *launcher: str) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by end()
        self._process = subprocess.Popen(
            [*launcher, "sh"],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=os.environ | {"PATH": PATH},
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def do(self, *commands: str) -> str:
        """Run commands until one fails; return what they print."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        with suppress(BrokenPipeError):
            stdin.write(f"({' && '.join(commands)}) 2>&1 </dev/null; echo end $?.\n".encode())
        printed = ""
        while (end := re.search(r"end (\d+)\.\n\Z", printed)) is None:
            if not select([stdout], [], [], DEADLINE)[0]:
                pytest.fail(f"{commands}: no end within {DEADLINE} s; printed:\n{printed}")
            more = stdout.read(1 << 16)
            if not more:
                raise CommandError(os.pread(self._errors.fileno(), 4096, 0).decode().strip())
            printed += more.decode()
        text = printed[: end.start()]
        if end[1] != "0":
            raise CommandError(f"{' && '.join(commands)}: {text.strip()}")
        return text

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream is not None:
                stream.close()
