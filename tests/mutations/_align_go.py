"""Sets of samples that belong together, in Go, broken."""

from ._mutation import Mutation

RING_ALIGN_GO = "shmpubsub/internal/ring/align.go"
ALIGN_GO = "shmpubsub/align.go"
RING = ("Go alignments in rings",)
PACKAGE = ("Go alignments",)

ALIGNING_IN_GO = (
    Mutation(
        "align in Go: a sample may be in two sets",
        RING_ALIGN_GO,
        "max(from, c.after+1)",
        "max(from, c.after)",
        RING,
    ),
    Mutation(
        "align in Go: the first of several values with one time",
        RING_ALIGN_GO,
        "\treturn c.newestUntil(at)\n",
        "\treturn first, at, true\n",
        RING,
    ),
    Mutation(
        "align in Go: the pivot's set, not the one of least spread",
        RING_ALIGN_GO,
        "spread < best {",
        "spread < 0 {",
        RING,
    ),
    Mutation(
        "align in Go: of two sets of one spread the earlier",
        RING_ALIGN_GO,
        "spread < best {",
        "spread <= best {",
        RING,
    ),
    Mutation(
        "align in Go: the topic that is furthest ahead is awaited",
        RING_ALIGN_GO,
        "if s[i].newest < s[behind].newest {",
        "if s[i].newest > s[behind].newest {",
        RING,
    ),
    Mutation(
        "align in Go: values of another clock count",
        RING_ALIGN_GO,
        "|| !kept || newest >= until {",
        "|| !kept {",
        RING,
    ),
    Mutation(
        "align in Go: one that is overwritten ends the set of the others only",
        ALIGN_GO,
        "\t\tif t.held.lapped {\n\t\t\ta.letGo()\n\t\t\ta.lapped = true\n\t\t\treturn nil\n\t\t}\n",
        "",
        PACKAGE,
    ),
    Mutation(
        "align in Go: values of another publisher are counted as dropped",
        ALIGN_GO,
        "t.last != 0 && t.lastView == t.view && k > t.last",
        "t.last != 0 && k > t.last",
        ("alignments in C and Go",),
    ),
)
