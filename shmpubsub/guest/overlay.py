"""Go's runtime as a guest: the lines of it that are changed in the library that Python loads.

Go's runtime is made for programs of its own. Loaded into another program's process it would install
signal handlers, let signals through on its threads, raise the limit of descriptors, and follow
environment variables that are meant for other programs. `go build -overlay` compiles copies of a
few of its files with these lines changed. Each edit must find exactly what it expects, otherwise
the build fails; docs/guest.md has the reasons.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple


class Edit(NamedTuple):
    """A change of a file below GOROOT/src: a pattern, how often it matches, its replacement."""

    file: str
    pattern: str
    replacement: str
    matches: int = 1


EDITS = [
    # Go ignores a signal without flags: no handler, no SA_ONSTACK on the host's handler, no
    # unblocking in any thread. 32 and 33 are glibc's own: setuid() sends one of them to every
    # thread, so no thread may block them, and their handlers need Go's signal stack.
    Edit(
        "runtime/sigtab_linux_generic.go",
        r"(?m)^(\t/\* (?!32 |33 )\d+ \*/ )\{[\w +]+,",
        r"\1{0,",
        63,
    ),
    # Preempt goroutines at calls only, never by SIGURG.
    Edit(
        "runtime/signal_unix.go",
        r"(?m)^const preemptMSupported = true$",
        "const preemptMSupported = false",
    ),
    # A host thread that has called Go keeps nothing of Go: no signal stack, and no destructor that
    # a forked child would run for a dead runtime. Zero means a system without pthread keys.
    Edit(
        "runtime/cgo/callbacks.go",
        r"(?m)^var _cgo_pthread_key_created = &x_cgo_pthread_key_created$",
        "var noKey uintptr\nvar _cgo_pthread_key_created = &noKey",
    ),
    # Without the key each call would query the bounds of the thread's stack: for the main thread's
    # the C library reads /proc/self/maps. Without bounds Go assumes 32 KiB.
    Edit(
        "runtime/cgocall.go",
        r"(?m)^\tif !signal && _cgo_getstackbound != nil \{$",
        "\tif false {",
    ),
    # A thread's first free() makes the C library reserve 64 MiB. This leaks 24 bytes a thread.
    Edit("runtime/cgo/gcc_linux_amd64.c", r"(?m)^\tfree\(v\);\n", ""),
    Edit("runtime/cgo/gcc_linux_arm64.c", r"(?m)^\tfree\(v\);\n", ""),
    # The limit of descriptors stays the host's: select() cannot take numbers above 1,023.
    Edit("syscall/rlimit.go", r"(?m)^func init\(\) \{$", "func _() {"),
    # No descriptors for the network poller, which any timer and any opened file starts. If the
    # program closed them, Go would write to other files under their numbers, or end the process. So
    # files block, and timers sleep on a note (a futex) instead of epoll. A wake-up stays until that
    # sleep ends, as in an eventfd.
    Edit(
        "runtime/netpoll_epoll.go",
        r"(?m)^var \(\n\tepfd ",
        "var (\n\tpollLock mutex\n\tpollNote note\n\tpollWoken bool // under pollLock\n\tepfd ",
    ),
    Edit(
        "runtime/netpoll_epoll.go",
        r"(?m)^func netpollinit\(\) \{\n",
        "func netpollinit() {\n\treturn\n",
    ),
    Edit(
        "runtime/netpoll_epoll.go",
        r"(?m)^func netpollBreak\(\) \{\n",
        """func netpollBreak() {
\tlock(&pollLock)
\tif !pollWoken {
\t\tpollWoken = true
\t\tnotewakeup(&pollNote)
\t}
\tunlock(&pollLock)
\treturn
""",
    ),
    Edit(
        "runtime/netpoll_epoll.go",
        r"(?m)^func netpoll\(delay int64\) \(gList, int32\) \{\n",
        """func netpoll(delay int64) (gList, int32) {
\tif delay != 0 {
\t\tnotetsleep(&pollNote, delay)
\t\tlock(&pollLock)
\t\tnoteclear(&pollNote)
\t\tpollWoken = false
\t\tunlock(&pollLock)
\t}
\tif true {
\t\treturn gList{}, 0
\t}
""",
    ),
    # GOGC, GOMEMLIMIT (a malformed one ends the process), GODEBUG and so on are for Go programs.
    # This library's are SHM_PUB_SUB_GOGC and so on.
    Edit(
        "runtime/env_posix.go",
        r"(?m)^\tfor _, s := range env \{$",
        '\tkey = "SHM_PUB_SUB_" + key\n\tfor _, s := range env {',
    ),
    Edit(
        "runtime/proc.go",
        r'(?m)^\tconst prefix = "GODEBUG="$',
        '\tconst prefix = "SHM_PUB_SUB_GODEBUG="',
    ),
    # Two processors, so that the number of threads does not grow with the machine, and no open
    # descriptors of the cgroup's files, which Go reads once a second.
    Edit("runtime/proc.go", r"(?m)^\tdefaultGOMAXPROCSInit\(\)\n", ""),
    Edit(
        "runtime/proc.go",
        r"(?m)^\t\tprocs = defaultGOMAXPROCS\(numCPUStartup\)$",
        "\t\tprocs = min(2, numCPUStartup)\n\t\tsched.customGOMAXPROCS = true",
    ),
]


def write(goroot: Path, folder: Path) -> Path:
    """Write the changed files into a folder; return the file for -overlay."""
    changed: dict[str, str] = {}
    for edit in EDITS:
        source = goroot / "src" / edit.file
        text = changed.get(edit.file) or source.read_text()
        text, found = re.subn(edit.pattern, edit.replacement, text)
        if found != edit.matches:
            raise SystemExit(
                f"{source}: found {found} matches of {edit.pattern!r}; expected {edit.matches}; "
                "this Go differs from the one that shmpubsub/guest/overlay.py was written for: "
                "build with Go 1.26"
            )
        changed[edit.file] = text
    folder.mkdir(parents=True, exist_ok=True)
    replaced = {}
    for file, text in changed.items():
        copy = folder / file.replace("/", "_")
        copy.write_text(text)
        replaced[str(goroot / "src" / file)] = str(copy)
    overlay = folder / "overlay.json"
    overlay.write_text(json.dumps({"Replace": replaced}, indent=1))
    return overlay
