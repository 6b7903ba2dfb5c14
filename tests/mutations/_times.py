"""The order of times, and the search by them, broken."""

from ._mutation import TIMES, Mutation

TIMES_H = "shmpubsub/protocol/times.h"
STAMP_C = "shmpubsub/hot/stamp.c"
BY_TIME_C = "shmpubsub/hot/by_time.c"

ORDER = (
    Mutation(
        "times: a time that is given may be before that of the value before",
        STAMP_C,
        "    if (stamp->given && !stamp_in_order(p, stamp)) {",
        "    if (false) {",
        TIMES,
    ),
    Mutation(
        "times: a batch that another thread interrupts keeps its time",
        STAMP_C,
        "(stamp->ns == 0 || stamp->k != p->ring.k)",
        "stamp->ns == 0",
        TIMES,
    ),
    Mutation(
        "times: a time that is given may be in the future",
        STAMP_C,
        "found >= 1 && (uint64_t)found <= now;",
        "found >= 1;",
        TIMES,
    ),
    Mutation(
        "times: a carried value of an earlier boot counts",
        STAMP_C,
        "&time) || time > now) {",
        "&time)) {",
        TIMES,
    ),
    Mutation(
        "times: the value after a carried one may have its time",
        STAMP_C,
        "return time + (carries(p) ? 1 : 0);",
        "return time;",
        TIMES,
    ),
    Mutation(
        "times: a loan's own time is not its value's",
        "shmpubsub/hot/loan.c",
        "l->time == 0 ? NULL : &stamp)",
        "l->ended || l->time == 0 ? NULL : &stamp)",
        TIMES,
    ),
)

SEARCH = (
    Mutation(
        "times: what is overwritten meanwhile counts as newer",
        TIMES_H,
        "if (ring_time_of(r, middle, &time) && time >= t) {",
        "if (!ring_time_of(r, middle, &time) || time >= t) {",
        TIMES,
    ),
    Mutation(
        "times: no second look at the sequence",
        TIMES_H,
        "    return __atomic_load_n(&s->sequence, __ATOMIC_RELAXED) == 2 * k;\n",
        "    return true;\n",
        TIMES,
    ),
    Mutation(
        "times: the newest value is always late enough",
        TIMES_H,
        "end = head + 1;",
        "end = head;",
        TIMES,
    ),
    Mutation(
        "times: the oldest kept value is left out",
        TIMES_H,
        "head - capacity + 1 : 1;",
        "head - capacity + 2 : 1;",
        TIMES,
    ),
    Mutation(
        "times: a value at the instant is too early",
        TIMES_H,
        "&& time >= t) {",
        "&& time > t) {",
        TIMES,
    ),
    Mutation(
        "times: a carried value of an earlier boot hides the next ones",
        TIMES_H,
        "return oldest == 1 && ring_begins_ahead(r, head) ? 2 : oldest;",
        "return oldest;",
        TIMES,
    ),
    Mutation(
        "times: of several values of one time at() returns the first",
        BY_TIME_C,
        "*k = *k > first ? *k - 1 : first;",
        "*k = first;",
        TIMES,
    ),
    Mutation(
        "times: of two that are equally near at() returns the older one",
        BY_TIME_C,
        "after - t <= t - before",
        "after - t < t - before",
        TIMES,
    ),
    Mutation(
        "times: values that are too old are found",
        BY_TIME_C,
        "q->earliest = now > q->s->max_age ? now - q->s->max_age : 0;",
        "q->earliest = now > q->s->max_age ? 0 : 0;",
        TIMES,
    ),
    Mutation(
        "times: after() never sleeps while values are unread",
        "shmpubsub/hot/wait.c",
        "wait_name(w) : wait_beyond(s, w, seen);",
        "wait_name(w) : wait_beyond(s, w, seen - 1);",
        TIMES,
    ),
)
