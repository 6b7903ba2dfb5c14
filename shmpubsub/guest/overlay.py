"""Go's runtime as a guest: the lines of it that are changed in the library that Python loads.

Go's runtime is made for programs of its own. Loaded into a stranger's process it would install
signal handlers, let signals through on its threads, raise the limit of descriptors, and follow
environment variables that are meant for other programs. `go build -overlay` compiles copies of a
few of its files with these lines changed. Each edit must find exactly what it expects, otherwise
the build fails; docs/guest.md says why each is needed.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple


class Edit(NamedTuple):
    """In a file below GOROOT/src: so many matches of a pattern, and what replaces them."""

    file: str
    pattern: str
    replacement: str
    matches: int = 1


EDITS = [
    # A signal without flags is none of Go's business: no handler, no SA_ONSTACK on that of the
    # host, no unblocking in any thread. 32 and 33 are glibc's own: setuid() sends one of them to
    # every thread, so no thread may block them, and their handlers need Go's signal stack.
    Edit(
        "runtime/sigtab_linux_generic.go",
        r"(?m)^(\t/\* (?!32 |33 )\d+ \*/ )\{[\w +]+,",
        r"\1{0,",
        63,
    ),
    # Goroutines are preempted at calls only, never by SIGURG.
    Edit(
        "runtime/signal_unix.go",
        r"(?m)^const preemptMSupported = true$",
        "const preemptMSupported = false",
    ),
    # A thread of the host's that calls Go leaves it with all that it had before: no signal stack of
    # Go's stays installed, and there is no destructor that a forked child would run for a dead
    # runtime. Go takes a zero here for a system without pthread keys.
    Edit(
        "runtime/cgo/callbacks.go",
        r"(?m)^var _cgo_pthread_key_created = &x_cgo_pthread_key_created$",
        "var noKey uintptr\nvar _cgo_pthread_key_created = &noKey",
    ),
    # Then each call would ask for the bounds of the thread's stack: the C library reads
    # /proc/self/maps for those of the main thread. Without them Go relies on 32 KiB.
    Edit(
        "runtime/cgocall.go",
        r"(?m)^\tif !signal && _cgo_getstackbound != nil \{$",
        "\tif false {",
    ),
    # The first free() of a thread makes the C library reserve 64 MiB for it. What is not freed are
    # 24 bytes for each thread, of which there are a handful.
    Edit("runtime/cgo/gcc_linux_amd64.c", r"(?m)^\tfree\(v\);\n", ""),
    Edit("runtime/cgo/gcc_linux_arm64.c", r"(?m)^\tfree\(v\);\n", ""),
    # The limit of descriptors is the host's: select() cannot take numbers above 1,023.
    Edit("syscall/rlimit.go", r"(?m)^func init\(\) \{$", "func _() {"),
    # No descriptors for the network poller, which any timer and any opened file starts. Where the
    # program has closed them, Go would write to those that have their numbers since, or end the
    # process. Files block, then; whoever waits for the next timer sleeps on a note (a futex) in
    # place of epoll. A wake-up stays until that sleep is over, as in an eventfd.
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
    # For this library they are called SHM_PUB_SUB_GOGC and so on.
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
    # Two processors, so that the number of threads does not grow with the machine, and no
    # descriptors of the cgroup's files, which stay open and are read once a second.
    Edit("runtime/proc.go", r"(?m)^\tdefaultGOMAXPROCSInit\(\)\n", ""),
    Edit(
        "runtime/proc.go",
        r"(?m)^\t\tprocs = defaultGOMAXPROCS\(numCPUStartup\)$",
        "\t\tprocs = min(2, numCPUStartup)\n\t\tsched.customGOMAXPROCS = true",
    ),
]


def write(goroot: Path, folder: Path) -> Path:
    """Write the changed files into a folder; return the file that -overlay takes."""
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
