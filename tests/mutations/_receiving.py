"""Every value in turn, and waiting for it, broken."""

from ._mutation import STREAM, WAIT, Mutation

RING_H = "shmpubsub/protocol/ring.h"
CURSOR_C = "shmpubsub/protocol/cursor.c"
WAIT_C = "shmpubsub/hot/wait.c"
AWAIT_ANY_GO = "shmpubsub/await_any.go"
WATCH_ENTRY_C = "shmpubsub/protocol/watch_entry.c"
SLEEPER_C = "shmpubsub/protocol/sleeper.c"
SEGMENT = "shmpubsub/internal/segment"

STREAMS = (
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
)

WAITING = (
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
        "    topic_file_abandon(s->cursor.present.file);\n    extra_watch_detach_all(s);\n"
        "    cursor_leave(&s->cursor);\n",
        "    extra_watch_detach_all(s);\n    cursor_leave(&s->cursor);\n",
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
        WATCH_ENTRY_C,
        "SEQ_CST);\n    if (w->state == ARMED && watch_has_news(w)) {",
        "SEQ_CST);\n    if (false) {",
        ("descriptors", "notifier under sanitizers"),
    ),
    Mutation(
        "notifier: a SIGNALLED watch is announced too",
        WATCH_ENTRY_C,
        "w->state == ARMED ? eventcount_announce",
        "true ? eventcount_announce",
        ("descriptors", "notifier under sanitizers"),
    ),
    Mutation(
        "notifier: the child of a fork drains its parent's descriptors",
        WATCH_ENTRY_C,
        "    close(number); /* first, so that there is a number left */\n"
        "    int fd = watch_new_descriptor();",
        "    int fd = number;",
        ("descriptors", "fork", "streams"),
    ),
    # Sleepers.
    Mutation(
        "sleeper: woken through its word only if somebody has announced",
        "shmpubsub/protocol/eventcount.h",
        "    __atomic_fetch_add(word, 2, __ATOMIC_SEQ_CST);\n",
        "    if (!(__atomic_load_n(word, __ATOMIC_SEQ_CST) & 1)) {\n        return;\n    }\n"
        "    __atomic_fetch_add(word, 2, __ATOMIC_SEQ_CST);\n",
        ("old kernel", "notifier under sanitizers"),
    ),
    Mutation(
        "sleeper: woken, but the epoch stays",
        "shmpubsub/protocol/eventcount.h",
        "    __atomic_fetch_add(word, 2, __ATOMIC_SEQ_CST);\n",
        "",
        ("old kernel", "notifier under sanitizers"),
    ),
    Mutation(
        "sleeper: it stays with the old file",
        SLEEPER_C,
        "    else if (s->page != w->target.wait) {\n        wake(s);\n    }\n",
        "",
        ("old kernel", "notifier under sanitizers"),
    ),
    Mutation(
        "sleeper: the page is unmapped under it",
        SLEEPER_C,
        "        wait_page_hold(page);\n",
        "",
        ("old kernel", "notifier under sanitizers"),
    ),
    # Select in Go.
    Mutation(
        "select in Go: no look between announcing and sleeping",
        AWAIT_ANY_GO,
        "\tif s.present.ring.Published() != after || s.present.view.Retired() {\n",
        "\tif false {\n",
        ("second looks", "Go package"),
    ),
    Mutation(
        "select in Go: asleep without having announced it",
        AWAIT_ANY_GO,
        "announced := futex.Announce(page.Word())",
        "announced := page.Word().Load()",
        ("second looks", "Go package"),
    ),
    Mutation(
        "select in Go: the end of the context wakes nobody",
        AWAIT_ANY_GO,
        "\t\tw.words.AddFlag(w.flag)\n",
        "",
        ("Go package",),
    ),
    Mutation(
        "select in Go: a wake-up for each publisher's check",
        AWAIT_ANY_GO,
        "\t\ts.checkAt = min(s.checkAt, w.until)\n",
        "",
        ("Go package",),
    ),
)
