"""Sets of samples that belong together, and waiting for them, broken."""

from ._mutation import ALIGNED, Mutation

ALIGN_C = "shmpubsub/protocol/align.c"
TAKE_C = "shmpubsub/hot/alignment_take.c"
WATCH_C = "shmpubsub/hot/alignment_watch.c"
SLEEP_C = "shmpubsub/hot/sleep.c"

ALIGNING = (
    Mutation(
        "align: samples as far apart as the tolerance are not together",
        ALIGN_C,
        "        if (!newest_until(t, *m + tolerance, &t->k, &t->time)) {",
        "        if (!newest_until(t, *m + tolerance - 1, &t->k, &t->time)) {",
        ALIGNED,
    ),
    Mutation(
        "align: a topic goes back too far",
        ALIGN_C,
        "        if (!newest_until(t, *m + tolerance, &t->k, &t->time)) {",
        "        if (!newest_until(t, *m, &t->k, &t->time)) {",
        ALIGNED,
    ),
    Mutation(
        "align: a sample is in two sets",
        ALIGN_C,
        "from > t->after ? from : t->after + 1);",
        "from > t->after ? from : t->after);",
        ALIGNED,
    ),
    Mutation(
        "align: of several values with one time the first",
        ALIGN_C,
        " && newest_until(c, *time, k, time);",
        " && (*k = first) > 0;",
        ALIGNED,
    ),
    Mutation(
        "align: the least spread is not looked for",
        ALIGN_C,
        "    while ((t = go_back(topics, n, pivot, t)) > 0 && m - t < best) {",
        "    while (false && (t = go_back(topics, n, pivot, t)) > 0 && m - t < best) {",
        ALIGNED,
    ),
    Mutation(
        "align: of two sets with one spread the older",
        ALIGN_C,
        "        if (spread < best) {",
        "        if (spread <= best) {",
        ALIGNED,
    ),
    Mutation(
        "align: the set need not have the pivot",
        ALIGN_C,
        "        if (i != pivot && newest_until(&topics[i], t - 1, &k, &time) && time == latest) {",
        "        if (newest_until(&topics[i], t - 1, &k, &time) && time == latest) {",
        ALIGNED,
    ),
    Mutation(
        "align: the pivot is of the last topic that has one",
        ALIGN_C,
        "        if (pivot < 0 && t->at_time == m) {",
        "        if (t->at_time == m) {",
        ALIGNED,
    ),
    Mutation(
        "align: candidates are left out that a later set may have",
        ALIGN_C,
        "    *floor = topics[behind].newest;",
        "    *floor = topics[behind].newest + 1000;",
        ALIGNED,
    ),
    Mutation(
        "align: a new publisher may not begin with an earlier time",
        TAKE_C,
        "            a->floor = 0;",
        "            (void)a->floor;",
        ALIGNED,
    ),
    Mutation(
        "align: a value of another boot is a candidate",
        ALIGN_C,
        " || t->newest >= until) {",
        " || until == 0) {",
        ALIGNED,
    ),
    Mutation(
        "align: a carried value of another boot hides those after it",
        ALIGN_C,
        "    uint64_t oldest = ring_oldest_in_order(&t->ring, t->head);",
        "    uint64_t oldest = ring_oldest(&t->ring, t->head);",
        ALIGNED,
    ),
    Mutation(
        "align: values that max_age excludes are candidates",
        TAKE_C,
        "s->max_age != 0 && now > s->max_age ? now - s->max_age : 0;",
        "0;",
        ALIGNED,
    ),
    Mutation(
        "align: values of another publisher are counted as dropped",
        TAKE_C,
        " && t->last_file == picks[i].file && picks",
        " && picks",
        ALIGNED,
    ),
    Mutation(
        "align: a set that was delivered meanwhile is delivered again",
        TAKE_C,
        "        if (made > 0 && a->sets == sets) {",
        "        if (made > 0) {",
        ALIGNED,
    ),
    Mutation(
        "align: a sample is read from whichever file is there",
        TAKE_C,
        "    if (s->ring.mapped == NULL || s->files != pick->file) {",
        "    if (s->ring.mapped == NULL) {",
        ALIGNED,
    ),
    Mutation(
        "align: the topic furthest ahead is awaited",
        ALIGN_C,
        "        if (topics[i].newest < topics[behind].newest) {",
        "        if (topics[i].newest > topics[behind].newest) {",
        ALIGNED,
    ),
    Mutation(
        "align: a topic that has a candidate is awaited",
        ALIGN_C,
        "    if (lacks_candidates(&topics[before])) {",
        "    if (!lacks_candidates(&topics[before])) {",
        ALIGNED,
    ),
    Mutation(
        "align: every topic wakes it",
        "shmpubsub/hot/alignment.c",
        "i == a->awaited};",
        "true};",
        ALIGNED,
    ),
    Mutation(
        "align: no look between announcing and sleeping",
        SLEEP_C,
        "        if (has_news(&one)) {\n            return;\n        }\n",
        "        (void)has_news(&one);\n",
        ALIGNED,
    ),
    Mutation(
        "align: the descriptor is armed with what was not looked at",
        WATCH_C,
        "fileno_arm_watch(s, a->watch, a->found[a->awaited].head);",
        "fileno_arm_watch(s, a->watch, s->ring.mapped == NULL ? 0 : ring_published(&s->ring));",
        ALIGNED,
    ),
    Mutation(
        "align: closing a subscriber leaves the descriptor as it is",
        "shmpubsub/hot/extra_watch.c",
        "        watch_detach(w->watch);\n",
        "        (void)w;\n",
        ALIGNED,
    ),
)
