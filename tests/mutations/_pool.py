"""Chunks and pins broken."""

from ._mutation import PINS, PINS_GO, Mutation

CHUNKS_C = "shmpubsub/protocol/chunks.c"
PINS_C = "shmpubsub/protocol/pins.c"
PAYLOAD_C = "shmpubsub/protocol/payload.c"
FORK_C = "shmpubsub/protocol/fork.c"
CHUNKS_GO = "shmpubsub/internal/pool/chunks.go"
PINS_GO_FILE = "shmpubsub/internal/pool/pins.go"
PAYLOAD_GO = "shmpubsub/internal/pool/payload.go"
SEGMENT = "shmpubsub/internal/segment"

POOL = (
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
        "\tif ok && !r.Ring.Keeps(s.Sequence) {\n",
        "\tif false {\n",
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
)
