"""Times in Go broken: of publishers, and finding values by them."""

from ._mutation import Mutation

TIMES = "shmpubsub/internal/ring/times.go"
STAMP = "shmpubsub/stamp.go"
RING = ("Go ring, memory model", "C and Go")
PACKAGE = ("Go package", "C and Go")

TIMES_IN_GO = (
    Mutation(
        "times in Go: a value that is overwritten counts as later",
        TIMES,
        "at, kept := r.timeOf(middle); !kept || at < t {",
        "at, kept := r.timeOf(middle); kept && at < t {",
        RING,
    ),
    Mutation(
        "times in Go: of values with one time the first is the nearest",
        TIMES,
        "\treturn r.first(k, head, at+1) - 1\n",
        "\treturn k\n",
        RING,
    ),
    Mutation(
        "times in Go: of two that are equally near the earlier one",
        TIMES,
        "t-earlier < at-t {",
        "t-earlier <= at-t {",
        RING,
    ),
    Mutation(
        "times in Go: a value from before a reboot hides the others",
        TIMES,
        "kept && there && second < first {",
        "false && kept && there && second < first {",
        RING,
    ),
    Mutation(
        "times in Go: the oldest is tried again and again",
        TIMES,
        "min(r.oldest(head)+min(further, r.slots), head)",
        "min(r.oldest(head)+min(further, 0), head)",
        RING,
    ),
    Mutation(
        "times in Go: they may decrease",
        STAMP,
        "at.time < least || !clock.Passed",
        "at.time < 1+0*least || !clock.Passed",
        PACKAGE,
    ),
    Mutation(
        "times in Go: they may lie in the future",
        STAMP,
        "at.time < least || !clock.Passed(at.time)",
        "at.time < least",
        PACKAGE,
    ),
    Mutation(
        "times in Go: one may be that of the value that was carried over",
        STAMP,
        "\tif p.carries() {\n\t\tt++\n",
        "\tif p.carries() {\n",
        PACKAGE,
    ),
    Mutation(
        "times in Go: the lag of the clock is not waited out",
        "shmpubsub/internal/clock/clock.go",
        "\tfor Now() < t {\n\t\tcontinue\n\t}\n",
        "",
        ("Go clock", "Go package"),
    ),
    Mutation(
        "times in Go: since() has a gap behind what is overwritten",
        "shmpubsub/times.go",
        "\t\t\tall = all[:0]\n",
        "",
        PACKAGE,
    ),
)
