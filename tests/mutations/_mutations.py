"""The protocol broken on purpose: one small edit each, and the tests that are asked to notice.

`python3 build.py mutations` runs them and writes docs/mutations.md. An edit is a mutation only if
the rest of the tree still compiles with it: what the compiler finds needs no test.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Tests that are asked, by short names: the arguments of `go test`, or those of pytest.
GO = {
    "Go ring, memory model": ("./shmpubsub/internal/ring",),
    "Go segment": ("./shmpubsub/internal/segment",),
    "Go package": ("./shmpubsub",),
    "Go pool": ("./shmpubsub/internal/pool",),
    "kill points": ("-tags=killpoints", "-run=KillPoints", "./shmpubsub/internal/segment"),
}
PYTHON = {
    "instructions": ("tests/crash/test_every_instruction.py",),
    "system calls": ("tests/crash/test_system_calls.py",),
    "pairings": ("tests/process/test_a_million_values.py", "tests/process/test_go_and_c.py"),
    "C under sanitizers": ("tests/sanitizers/test_ring.py",),
    "chunks and pins": ("tests/sanitizers/test_pins.py", "tests/crash/test_pins.py"),
    "waiting": ("tests/unit/receiving/test_wait_word.py",),
    "receiving": (
        "tests/unit/receiving/test_receive.py",
        "tests/unit/receiving/test_history.py",
        "tests/unit/receiving/test_samples.py",
        "tests/unit/receiving/test_batches.py",
        "tests/waiting/test_long_batches.py",
    ),
    "streams": (
        "tests/waiting/test_every_value.py",
        "tests/waiting/test_interrupts.py",
        "tests/waiting/test_missed_wakes.py",
        "tests/waiting/test_polling.py",
        "tests/exit/test_program_ends.py",
        "tests/crash/test_publisher_kills.py",
        "tests/crash/test_waiter_kills.py",
    ),
    "C and Go": ("tests/differential",),
    "notifier under sanitizers": ("tests/sanitizers/test_watch.py",),
    "descriptors": (
        "tests/waiting/test_fileno.py",
        "tests/waiting/test_select.py",
        "tests/waiting/test_arecv.py",
        "tests/waiting/test_arecv_storms.py",
    ),
    "lost descriptors": ("tests/guest/test_lost_descriptors.py",),
    "promises": (
        "tests/unit/lifetime/test_one_publisher.py",
        "tests/unit/receiving/test_retain.py",
        "tests/unit/receiving/test_subscribe.py",
        "tests/process/test_publisher_ends.py",
        "tests/process/test_readers_locks.py",
        "tests/crash/test_liveness.py",
    ),
    "hostile files": (
        "tests/unit/files/test_damaged_files.py",
        "tests/unit/files/test_no_space.py",
    ),
    "state machine": ("tests/fuzz/test_machine.py",),
    "kills": ("tests/crash/test_kills.py", "tests/crash/test_contenders.py"),
    "storm": ("tests/storm/test_storm.py",),
    "fork": ("tests/fork",),
}
# In the order in which they are asked. For the ring the memory model's come last: one of them
# compares the source with its table, and would leave the others nothing to show.
RING = ("instructions", "pairings", "C under sanitizers", "storm", "Go ring, memory model")
STREAM = ("receiving", "C and Go", "streams", "C under sanitizers", "Go ring, memory model")
PINS = ("chunks and pins", "Go ring, memory model")
PINS_GO = ("Go pool", "Go ring, memory model")
WAIT = ("receiving", "streams", "descriptors")
OWNERSHIP = ("promises", "storm", "kill points", "Go segment", "kills")


@dataclass(frozen=True)
class Mutation:
    what: str
    file: str
    old: str
    new: str
    asked: tuple[str, ...]

    def applied(self) -> str:
        """Return the file with the edit made. ValueError where it has not one place for it."""
        text = (ROOT / self.file).read_text(encoding="utf-8")
        if (found := text.count(self.old)) != 1:
            raise ValueError(
                f"{self.what}: found {found} places for it in {self.file}; expected one"
            )
        return text.replace(self.old, self.new)


RING_H = "shmpubsub/protocol/ring.h"
CURSOR_C = "shmpubsub/protocol/cursor.c"
CHUNKS_C = "shmpubsub/protocol/chunks.c"
PINS_C = "shmpubsub/protocol/pins.c"
PAYLOAD_C = "shmpubsub/protocol/payload.c"
FORK_C = "shmpubsub/protocol/fork.c"
WAIT_C = "shmpubsub/hot/wait.c"
NOTIFIER_C = "shmpubsub/protocol/notifier.c"
CHUNKS_GO = "shmpubsub/internal/pool/chunks.go"
PINS_GO_FILE = "shmpubsub/internal/pool/pins.go"
PAYLOAD_GO = "shmpubsub/internal/pool/payload.go"
RING_GO = "shmpubsub/internal/ring/ring.go"
SEGMENT = "shmpubsub/internal/segment"

MUTATIONS = (
    # The ring, in C.
    Mutation(
        "writer: no release fence after the odd sequence",
        RING_H,
        "    __atomic_thread_fence(__ATOMIC_RELEASE);\n",
        "",
        RING,
    ),
    Mutation(
        "reader: no acquire fence before the second look at the sequence",
        RING_H,
        "    __atomic_thread_fence(__ATOMIC_ACQUIRE);\n",
        "",
        RING,
    ),
    Mutation(
        "reader: no second look at the sequence",
        RING_H,
        "    return __atomic_load_n(&s->sequence, __ATOMIC_RELAXED) == complete",
        "    return complete != 0",
        RING,
    ),
    Mutation(
        "reader: no first look at the sequence",
        RING_H,
        "        if (__atomic_load_n(&s->sequence, __ATOMIC_ACQUIRE) != 2 * k) {\n",
        "        if (false) {\n",
        RING,
    ),
    Mutation(
        "writer: no odd sequence",
        RING_H,
        "    __atomic_store_n(&s->sequence, 2 * k - 1, __ATOMIC_RELAXED);\n",
        "",
        RING,
    ),
    Mutation(
        "writer: the even sequence before the payload",
        RING_H,
        """\
    for (size_t i = 0; i < n; i++) {
        __atomic_store_n(&s->payload[i], words[i], __ATOMIC_RELAXED);
    }
    __atomic_store_n(&s->sequence, 2 * k, __ATOMIC_RELEASE);
""",
        """\
    __atomic_store_n(&s->sequence, 2 * k, __ATOMIC_RELEASE);
    for (size_t i = 0; i < n; i++) {
        __atomic_store_n(&s->payload[i], words[i], __ATOMIC_RELAXED);
    }
""",
        RING,
    ),
    Mutation(
        "writer: head before the even sequence",
        RING_H,
        "    __atomic_store_n(&s->sequence, 2 * k, __ATOMIC_RELEASE);\n}\n",
        """\
    __atomic_store_n(&r->mapped->head, k, __ATOMIC_SEQ_CST);
    __atomic_store_n(&s->sequence, 2 * k, __ATOMIC_RELEASE);
}
""",
        RING,
    ),
    Mutation(
        "writer: head stored with release order only",
        RING_H,
        "__atomic_store_n(&r->mapped->head, r->k, __ATOMIC_SEQ_CST);",
        "__atomic_store_n(&r->mapped->head, r->k, __ATOMIC_RELEASE);",
        (*RING, "waiting"),
    ),
    Mutation(
        "publish: nobody is woken",
        "shmpubsub/hot/publisher.c",
        "    eventcount_notify(p->wait);\n",
        "",
        ("waiting", "instructions", "Go package"),
    ),
    # Chunks and pins, in C.
    Mutation(
        "chunks: one is taken without an odd sequence",
        CHUNKS_C,
        "    __atomic_store_n(&ring_following(r)->sequence, 2 * k - 1, __ATOMIC_SEQ_CST);\n",
        "",
        PINS,
    ),
    Mutation(
        "chunks: the odd sequence is relaxed",
        CHUNKS_C,
        "2 * k - 1, __ATOMIC_SEQ_CST)",
        "2 * k - 1, __ATOMIC_RELAXED)",
        PINS,
    ),
    Mutation(
        "chunks: no release fence after the odd sequence",
        CHUNKS_C,
        "    look_at_pins(c);\n    __atomic_thread_fence(__ATOMIC_RELEASE);\n",
        "    look_at_pins(c);\n",
        PINS,
    ),
    Mutation(
        "chunks: the pins are not looked at",
        CHUNKS_C,
        "        if (entry != 0 && pool",
        "        if (false && pool",
        PINS,
    ),
    Mutation(
        "chunks: a loan that is published late has no odd sequence",
        CHUNKS_C,
        "    if (c->prepared != k) {",
        "    if (false) {",
        PINS,
    ),
    Mutation(
        "chunks: the one that was free first is taken",
        CHUNKS_C,
        """\
    uint32_t i = c->idle_count - 1;
    while (c->pinned[c->idle[i]] == c->pass) {
        i--;""",
        """\
    uint32_t i = 0;
    while (c->pinned[c->idle[i]] == c->pass) {
        i++;""",
        PINS,
    ),
    Mutation(
        "pins: no second look at the sequence",
        PAYLOAD_C,
        "    if (__atomic_load_n(&s->sequence, __ATOMIC_SEQ_CST) != complete) {",
        "    if (complete == 0) {",
        PINS,
    ),
    Mutation(
        "pins: a length beyond the chunk is believed",
        PAYLOAD_C,
        " && length <= pool->max;",
        ";",
        PINS,
    ),
    Mutation(
        "pins: an unpinned copy is not looked at again",
        PAYLOAD_C,
        "        if (__atomic_load_n(p->sequence, __ATOMIC_RELAXED) != 2 * p->k) {",
        "        if (false) {",
        PINS,
    ),
    Mutation(
        "pins: views take the entry of the copies",
        "shmpubsub/protocol/pins.h",
        "view ? pool->views : pool->views + 1;",
        "pool->views + 1;",
        PINS,
    ),
    Mutation(
        "pins: an entry is cleared before the chunk is read",
        PAYLOAD_C,
        "    l->payload->hold = hold_file(l->file, entry);\n",
        """\
    l->payload->hold = hold_file(l->file, entry);
    if (entry != NULL) {
        pins_clear(entry);
    }
""",
        PINS,
    ),
    Mutation(
        "pins: a mapping sweeps its own byte",
        PINS_C,
        " && byte != p->byte",
        "",
        PINS,
    ),
    Mutation(
        "pins: entries of the byte's last holder stay",
        PINS_C,
        "            (void)clear_all(p->table, pool, p->byte);\n",
        "            (void)pool;\n",
        PINS,
    ),
    Mutation(
        "pins: the living are swept",
        PINS_C,
        " && set_lock(p->lock.fd, F_WRLCK, byte)) {",
        ") {",
        PINS,
    ),
    Mutation(
        "pins: a child clears its parent's",
        "shmpubsub/protocol/hold.h",
        " && h->forks == fork_count()",
        "",
        PINS,
    ),
    Mutation(
        "pins: a child keeps the descriptor that has its parent's byte",
        FORK_C,
        "        if (fork_lock_is_ours(lock)) {",
        "        if (false) {",
        PINS,
    ),
    Mutation(
        "pins: whatever has the descriptor's number is unlocked and closed",
        FORK_C,
        " && held.l_type == F_UNLCK;",
        ";",
        PINS,
    ),
    Mutation(
        "pins: the file is unmapped while a view is held",
        "shmpubsub/protocol/hold.h",
        "    f->users++;\n",
        "",
        PINS,
    ),
    # What only another order, or luck, would show.
    Mutation(
        "chunks: the table is read before the odd sequence",
        CHUNKS_C,
        "    prepare(c, r);\n    look_at_pins(c);\n",
        "    look_at_pins(c);\n    prepare(c, r);\n",
        ("Go ring, memory model",),
    ),
    Mutation(
        "chunks: the table is read once for each candidate",
        CHUNKS_C,
        "    while (c->pinned[c->idle[i]] == c->pass) {\n",
        "    while (look_at_pins(c), c->pinned[c->idle[i]] == c->pass) {\n",
        ("Go ring, memory model",),
    ),
    Mutation(
        "chunks: no release fence before a loan that is published late",
        CHUNKS_C,
        "        prepare(c, r);\n        __atomic_thread_fence(__ATOMIC_RELEASE);\n",
        "        prepare(c, r);\n",
        ("Go ring, memory model",),
    ),
    Mutation(
        "pins: entries are cleared relaxed",
        "shmpubsub/protocol/pins.h",
        "    __atomic_store_n(entry, 0, __ATOMIC_RELEASE);\n",
        "    __atomic_store_n(entry, 0, __ATOMIC_RELAXED);\n",
        ("Go ring, memory model",),
    ),
    # Chunks and pins, in Go.
    Mutation(
        "chunks in Go: the table is read before the odd sequence",
        CHUNKS_GO,
        "\tc.prepare()\n\tc.lookAtPins()\n",
        "\tc.lookAtPins()\n\tc.prepare()\n",
        PINS_GO,
    ),
    Mutation(
        "chunks in Go: the table is not read",
        CHUNKS_GO,
        "\tc.prepare()\n\tc.lookAtPins()\n",
        "\tc.prepare()\n",
        PINS_GO,
    ),
    Mutation(
        "pins in Go: no look at the sequence after the pin",
        PAYLOAD_GO,
        "\t\tif !r.Ring.Keeps(s.Sequence) {\n",
        "\t\tif false {\n",
        PINS_GO,
    ),
    Mutation(
        "pins in Go: an unpinned copy is not looked at again",
        PAYLOAD_GO,
        "\treturn v, Read, r.Ring.Keeps(s.Sequence)\n",
        "\treturn v, Read, true\n",
        PINS_GO,
    ),
    Mutation(
        "pins in Go: entries of the byte's last holder stay",
        PINS_GO_FILE,
        "\t\tp.clearAll(own) // of",
        "\t\t// of",
        PINS_GO,
    ),
    Mutation(
        "pins in Go: a mapping sweeps its own byte",
        PINS_GO_FILE,
        "holder == p.own || ",
        "",
        PINS_GO,
    ),
    Mutation(
        "pins in Go: the living are swept",
        PINS_GO_FILE,
        "err != nil || !ok {\n\t\t\tcontinue // it lives",
        "err != nil && !ok {\n\t\t\tcontinue // it lives",
        PINS_GO,
    ),
    Mutation(
        "pins in Go: a sweeper gives the byte back before it clears the entries",
        PINS_GO_FILE,
        "\t\tp.clearAll(holder)\n\t\tp.locks.Unlock(holder)\n",
        "\t\tp.locks.Unlock(holder)\n\t\tp.clearAll(holder)\n",
        PINS_GO,
    ),
    Mutation(
        "pins in Go: copies take the first entries, as views do",
        PINS_GO_FILE,
        "entry = i; !view {",
        "entry = i; !view && n == 0 {",
        PINS_GO,
    ),
    Mutation(
        "pins in Go: views take the entry of the copies",
        PINS_GO_FILE,
        "\tif view {\n\t\tn--\n\t}\n",
        "",
        PINS_GO,
    ),
    Mutation(
        "a pool with one chunk less",
        f"{SEGMENT}/layout.go",
        "uint32(s.Depth) + h.Views + 1 + h.Loans",
        "uint32(s.Depth) + h.Views + h.Loans",
        ("Go segment",),
    ),
    # Every value in turn, in C.
    Mutation(
        "stream: what was overwritten is not counted",
        RING_H,
        "                *lost += k - taken - 1;\n",
        "",
        STREAM,
    ),
    Mutation(
        "stream: one value fewer is kept than buffer_num",
        RING_H,
        "taken + 1 : head - capacity + 1;",
        "taken + 1 : head - capacity + 2;",
        STREAM,
    ),
    Mutation(
        "stream: a batch moves head only at its end",
        RING_H,
        "    __atomic_store_n(&r->mapped->head, r->k, __ATOMIC_RELEASE);\n",
        "",
        STREAM,
    ),
    Mutation(
        "stream: an ended publisher's values are left behind",
        CURSOR_C,
        "    if (n > 0 && c->receiving && c->previous.file == NULL) {",
        "    if (false) {",
        STREAM,
    ),
    Mutation(
        "stream: no last look after the publisher's end",
        "shmpubsub/hot/take.c",
        "    if (epoch != s->cursor.epoch) {\n        return 1;",
        "    if (false) {\n        return 1;",
        STREAM,
    ),
    Mutation(
        "stream: a retained value that is carried over is taken again",
        CURSOR_C,
        "            after = 1;",
        "            after = 0;",
        STREAM,
    ),
    Mutation(
        "stream: a retained value that was left behind is lost at once",
        CURSOR_C,
        "    if (n > 0 && c->present.file->retain &&"
        " (c->pending_loss_time = newest_time(&c->present)) != 0) {",
        "    if (false) {",
        STREAM,
    ),
    Mutation(
        "stream: a retained value that nobody carried over is not counted",
        CURSOR_C,
        "            c->lost++;\n",
        "",
        STREAM,
    ),
    Mutation(
        "stream: the header does not say what was carried over",
        f"{SEGMENT}/inherit.go",
        "\td.header.CarriedTime = newest.Time\n",
        "",
        STREAM,
    ),
    Mutation(
        "stream in Go: a retained value that is carried over is taken again",
        "shmpubsub/cursor.go",
        "\t\tc.present.position.After = 1 ",
        "\t\tc.present.position.After = 0 ",
        ("C and Go", "Go package"),
    ),
    Mutation(
        "stream in Go: a retained value that nobody carried over is not counted",
        "shmpubsub/cursor.go",
        "\tif pending != 0 {\n\t\tc.lost++\n\t}\n",
        "",
        ("C and Go", "Go package"),
    ),
    Mutation(
        "stream in Go: a former file of which nothing is left is not let go",
        "shmpubsub/cursor.go",
        "\tif c.previous.view != nil && c.previous.unseen() == 0 {\n",
        "\tif false {\n",
        ("Go package",),
    ),
    # Waiting, in C.
    Mutation(
        "wait: no look between announcing and sleeping",
        WAIT_C,
        "    if (!changed(c)) {",
        "    if (true) {",
        WAIT,
    ),
    Mutation(
        "wait: asleep without having announced it",
        "shmpubsub/protocol/eventcount.h",
        "    while ((w & EVENTCOUNT_WAITING) == 0) {",
        "    while (false) {",
        WAIT,
    ),
    Mutation(
        "wait: a file may be unmapped while somebody waits there",
        "shmpubsub/protocol/topic_file.c",
        "    f->users++;\n}",
        "    f->users += f->unwritable;\n}",
        WAIT,
    ),
    Mutation(
        "wait: close() sends nobody away",
        "shmpubsub/hot/attachment.c",
        "    topic_file_abandon(s->cursor.present.file);\n    watch_detach(s->watch);\n"
        "    cursor_leave(&s->cursor);\n",
        "    watch_detach(s->watch);\n    cursor_leave(&s->cursor);\n",
        WAIT,
    ),
    Mutation(
        "wait: a slice of ten seconds",
        "shmpubsub/protocol/backoff.h",
        "#define CHECK_INTERVAL (SHM_DETECTION_TIME - WAKE_MARGIN)",
        "#define CHECK_INTERVAL 10000000000u",
        WAIT,
    ),
    # The notifier.
    Mutation(
        "notifier: no look between announcing and sleeping",
        NOTIFIER_C,
        "            if (w->state == ARMED && watch_has_news(w)) {",
        "            if (false) {",
        ("descriptors", "notifier under sanitizers"),
    ),
    Mutation(
        "notifier: a SIGNALLED watch is announced too",
        NOTIFIER_C,
        "w->state == ARMED ? eventcount_announce",
        "true ? eventcount_announce",
        ("descriptors", "notifier under sanitizers"),
    ),
    Mutation(
        "notifier: the child of a fork drains its parent's descriptors",
        "shmpubsub/protocol/watch_entry.c",
        "    close(number); /* first, so that there is a number left */\n"
        "    int fd = new_descriptor();",
        "    int fd = number;",
        ("descriptors", "fork", "streams"),
    ),
    # The ring, in Go.
    Mutation(
        "writer in Go: head before the even sequence",
        RING_GO,
        "\ts[sequence].Store(2 * k)\n\tkillpoint.Here()\n\tw.head.Store(k)\n",
        "\tw.head.Store(k)\n\tkillpoint.Here()\n\ts[sequence].Store(2 * k)\n",
        RING,
    ),
    Mutation(
        "reader in Go: no second look at the sequence",
        RING_GO,
        "\t\tif s[sequence].Load() == 2*k {\n\t\t\treturn Sample",
        "\t\tif true {\n\t\t\treturn Sample",
        RING,
    ),
    Mutation(
        "a ring of buffer_num slots, without the spare one",
        f"{SEGMENT}/layout.go",
        "Slots: uint64(s.Depth) + 1,",
        "Slots: max(uint64(s.Depth), 2),",
        ("promises", "kill points", "Go segment", "storm"),
    ),
    # Ownership.
    Mutation(
        "create: the lock is taken after the file has its name",
        f"{SEGMENT}/create.go",
        """\
	if err := d.publish(path); err != nil {
""",
        """\
	unlock(d.fd, ownerByte)
	err = d.publish(path)
	_, _ = tryLock(d.fd, ownerByte)
	if err != nil {
""",
        OWNERSHIP,
    ),
    Mutation(
        "take-over: whether the name still points at the file is not asked",
        f"{SEGMENT}/claim.go",
        "\tif err != nil || !same {\n\t\treturn errOr(err, errGone)\n\t}\n\tif alive {",
        "\tif err != nil {\n\t\treturn errOr(err, errGone)\n\t}\n\t_ = same\n\tif alive {",
        OWNERSHIP,
    ),
    Mutation(
        "take-over: whether the publisher lives is not asked",
        f"{SEGMENT}/claim.go",
        "\tif alive {\n"
        "\t\treturn &liveError{owner: c.file.Uid, header: c.header, unread: c.unread}\n\t}\n",
        "\t_ = alive\n",
        OWNERSHIP,
    ),
    Mutation(
        "take-over: those who may only read the file do not lock one another out",
        f"{SEGMENT}/claim.go",
        "unix.Flock(c.lockDir.FD(), unix.LOCK_EX|unix.LOCK_NB)",
        "unix.Flock(c.lockDir.FD(), unix.LOCK_SH|unix.LOCK_NB)",
        ("Go segment",),
    ),
    Mutation(
        "trust: anybody's file is mapped",
        f"{SEGMENT}/trust.go",
        "\treturn t.user(e.file.Uid) ||",
        "\treturn true ||",
        ("Go segment",),
    ),
    Mutation(
        "trust: everything is trusted in a directory of one who is trusted",
        f"{SEGMENT}/trust.go",
        "e.dir.Mode&unix.S_IWOTH == 0 && t.user",
        "t.user",
        ("Go segment",),
    ),
    Mutation(
        "take-over: the old file is not retired",
        f"{SEGMENT}/create.go",
        "\told.retire()\n\td.replaced",
        "\td.replaced",
        OWNERSHIP,
    ),
    Mutation(
        "take-over: the retained value is not carried over",
        f"{SEGMENT}/create.go",
        "\td.inherit(old)\n",
        "",
        ("promises", "kill points", "Go package", "storm"),
    ),
    Mutation(
        "close: subscribers are not notified",
        f"{SEGMENT}/owned.go",
        "\t\to.memory.retire()\n",
        "",
        ("promises", "kill points", "Go package", "storm"),
    ),
    Mutation(
        "close: the lock is left to the descriptor's end",
        f"{SEGMENT}/owned.go",
        "\t\tunlock(o.fd, ownerByte)\n",
        "",
        ("fork", "storm", "kill points", "Go segment"),
    ),
    Mutation(
        "close: whatever has the descriptor's number is unlocked and closed",
        "shmpubsub/internal/forks/forks.go",
        "return unix.Fstat(f.fd, &st) == nil && uint64(st.Dev) == f.dev && ",
        "return unix.Fstat(f.fd, &st) == nil || uint64(st.Dev) == f.dev && ",
        ("lost descriptors",),
    ),
    Mutation(
        "space is not reserved at creation",
        f"{SEGMENT}/reserve.go",
        "\terr := retry(func() error { return unix.Fallocate(fd, 0, int64(at), int64(size)) })\n",
        "\terr := unix.Ftruncate(fd, int64(at+size))\n",
        ("hostile files", "Go segment"),
    ),
    Mutation(
        "the hole between page 0 and the header is reserved",
        f"{SEGMENT}/reserve.go",
        "{HeaderOffset, h.FileSize - HeaderOffset}",
        "{page.Size(), h.FileSize - page.Size()}",
        ("Go segment", "hostile files"),
    ),
    Mutation(
        "chunks are mapped through the descriptor that has the owner lock",
        f"{SEGMENT}/pool.go",
        "mapRegion(fd, d.header.ChunksOffset",
        "mapRegion(d.fd, d.header.ChunksOffset",
        ("Go segment",),
    ),
    Mutation(
        "take-over: a value in a chunk is carried over whatever its type",
        f"{SEGMENT}/inherit.go",
        "!d.header.Type.SameButMax(old.header.Type)",
        "d.header.Pooled != old.header.Pooled",
        ("Go segment",),
    ),
    Mutation(
        "take-over: the number of the chunk to carry over is believed",
        f"{SEGMENT}/inherit.go",
        "chunk >= old.header.Chunks || ",
        "",
        ("Go segment",),
    ),
    Mutation(
        "a header that promises more slots than the file has is believed",
        f"{SEGMENT}/header.go",
        "h.Slots > fit {",
        "h.Slots > fit && fit > 1<<40 {",
        ("hostile files", "Go segment"),
    ),
    Mutation(
        "liveness: a mere reader's lock counts",
        "shmpubsub/protocol/owner.h",
        ".l_type = F_RDLCK",
        ".l_type = F_WRLCK",
        ("promises", "storm"),
    ),
    Mutation(
        "liveness: asked every second",
        "shmpubsub/protocol/backoff.h",
        "#define COARSE_CHECK_INTERVAL (CHECK_INTERVAL - COARSE_TICK)",
        "#define COARSE_CHECK_INTERVAL 1000000000u",
        ("promises", "kills", "storm"),
    ),
    # fork.
    Mutation(
        "fork: the child keeps the descriptors that hold its parent's locks",
        "shmpubsub/protocol/fork.c",
        "                close(fd);\n",
        "                (void)fd;\n",
        ("fork", "storm"),
    ),
    Mutation(
        "fork: the child goes on with its parent's Go runtime",
        "python/shm_pub_sub/_extension.py",
        "    if _loaded is not None and _loaded_after == _hot.forks():",
        "    if _loaded is not None:",
        ("fork", "storm"),
    ),
    Mutation(
        "fork: a publisher may be made while another thread forks",
        "shmpubsub/protocol/fork.c",
        "    while (__atomic_load_n(&fork_shared.steps, __ATOMIC_SEQ_CST) > 0 && waits_on",
        "    while (since == 0 && waits_on",
        ("fork", "storm"),
    ),
    Mutation(
        "fork: the child inherits its parent's mappings, and with them the locks",
        f"{SEGMENT}/memory.go",
        "\t\t\t_ = unix.Madvise(m.data, unix.MADV_DONTFORK)\n",
        "",
        ("fork", "storm"),
    ),
    Mutation(
        "take-over: the name that a killed take-over used still exists",
        f"{SEGMENT}/draftfile.go",
        "\tif err := unix.Unlink(name); err != nil",
        "\tif err := unix.Access(name, unix.F_OK); err != nil",
        ("kill points", "system calls", "Go segment"),
    ),
    Mutation(
        "take-over: the old file is retired before the name points at the new one",
        f"{SEGMENT}/create.go",
        "\td.inherit(old)\n\tif err := d.nameFor",
        "\td.inherit(old)\n\told.retire()\n\tif err := d.nameFor",
        ("promises", "storm", "kill points"),
    ),
)
