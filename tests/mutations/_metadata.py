"""Metadata that is not kept within its limits, or not kept."""

from ._mutation import Mutation

METADATA = (
    Mutation(
        "metadata: Go reads as much as a file says it has",
        "shmpubsub/internal/segment/metadata.go",
        "int(min(h.metaSize, MaxMetadata+1))",
        "int(min(h.metaSize, 1<<31))",
        ("Go package",),
    ),
    Mutation(
        "metadata: C reads as much as a file says it has",
        "shmpubsub/hot/metadata.c",
        "n <= SHM_MAX_METADATA ? n : SHM_MAX_METADATA + 1",
        "n",
        ("metadata",),
    ),
    Mutation(
        "metadata: C reads wherever a file says it is",
        "shmpubsub/hot/metadata.c",
        "n == 0 || descriptor > m->size || size > m->size - descriptor || "
        "n > m->size - descriptor - size",
        "n == 0",
        ("metadata",),
    ),
    Mutation(
        "metadata: dicts and lists may be nested as deep as they like",
        "python/shm_pub_sub/_metadata.py",
        "        if _nesting(value) > DEEPEST:\n            raise RecursionError\n",
        "",
        ("metadata",),
    ),
)
