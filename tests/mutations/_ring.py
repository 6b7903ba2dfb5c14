"""The ring broken."""

from ._mutation import RING, Mutation

RING_H = "shmpubsub/protocol/ring.h"
RING_GO = "shmpubsub/internal/ring/ring.go"
SEGMENT = "shmpubsub/internal/segment"

RING_IN_C = (
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
)

RING_IN_GO = (
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
)
