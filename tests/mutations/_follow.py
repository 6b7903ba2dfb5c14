"""Following topics by name and pattern, broken."""

from ._mutation import FOLLOWED, Mutation

NAMES_C = "shmpubsub/hot/names.c"
TAKE_C = "shmpubsub/hot/take.c"
DIRECTORY = "python/shm_pub_sub/_directory.py"
OPENING = "python/shm_pub_sub/_opening.py"
TAKING = "python/shm_pub_sub/_taking.py"
FOLLOW = "python/shm_pub_sub/_follow.py"

FOLLOWING = (
    Mutation(
        "follow: the other followers get no name",
        NAMES_C,
        "        change_for_all(d, name);",
        "        change(d->first, name);",
        FOLLOWED,
    ),
    Mutation(
        "follow: an inotify that was refused (EMFILE) is not asked for again",
        DIRECTORY,
        "            self._next_attempt = now + RETRY",
        '            self._next_attempt = float("inf")',
        FOLLOWED,
    ),
    Mutation(
        "follow: a topic that was refused (EMFILE) is not opened again",
        OPENING,
        "            attempts |= self.refused",
        "            pass",
        FOLLOWED,
    ),
    Mutation(
        "follow: what newest= skips counts as lost",
        TAKE_C,
        "    if (is_newer) {\n        skip(present, 1);",
        "    if (is_newer) {\n"
        "        s->cursor.lost += ring_published(&present->ring) - present->ring.k - 1;\n"
        "        skip(present, 1);",
        FOLLOWED,
    ),
    Mutation(
        "follow: a value is in nobody's hand after it was taken",
        TAKING,
        "        hand.extend(map(deque.popleft, (self.values,)))  # one step, as seen by Ctrl-C",
        "        hand.append(self.values.popleft())",
        FOLLOWED,
    ),
    Mutation(
        "follow: a look that Ctrl-C ended is not made again",
        FOLLOW,
        "            self._rescan = True  # Ctrl-C, with names in hand\n",
        "",
        FOLLOWED,
    ),
)
