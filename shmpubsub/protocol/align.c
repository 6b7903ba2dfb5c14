#include "align.h"

/* Finds the newest candidate at or before t, which is also the last with its time. */
static bool
newest_until(const struct align_topic *c, uint64_t t, uint64_t *k, uint64_t *time)
{
    uint64_t end = ring_bisect(&c->ring, c->first, c->head, t + 1);
    *k = end - 1;
    return end > c->first && ring_time_of(&c->ring, *k, time) && *time <= t;
}

/* Finds the oldest candidate at or after t. */
static bool
oldest_from(const struct align_topic *c, uint64_t t, uint64_t *k, uint64_t *time)
{
    uint64_t first = ring_bisect(&c->ring, c->first, c->head, t);
    return first <= c->head && ring_time_of(&c->ring, first, time) && newest_until(c, *time, k, time);
}

void
align_look(struct align_topic *t, uint64_t from, uint64_t until)
{
    t->head = t->ring.mapped == NULL ? 0 : ring_published(&t->ring);
    t->first = t->head + 1;
    if (t->head == 0 || !ring_time_of(&t->ring, t->head, &t->newest) || t->newest >= until) {
        return;
    }
    uint64_t oldest = ring_oldest_in_order(&t->ring, t->head);
    t->first = ring_bisect(&t->ring, oldest, t->head, from > t->after ? from : t->after + 1);
}

/* The topic whose time is the earliest, and the one whose is the latest. */
static void
ends(const struct align_topic *topics, long n, long *earliest, long *latest)
{
    *earliest = *latest = 0;
    for (long i = 1; i < n; i++) {
        if (topics[i].time < topics[*earliest].time) {
            *earliest = i;
        }
        if (topics[i].time > topics[*latest].time) {
            *latest = i;
        }
    }
}

uint64_t
align_spread(const struct align_topic *topics, long n)
{
    long earliest, latest;
    ends(topics, n, &earliest, &latest);
    return topics[latest].time - topics[earliest].time;
}

static bool
lacks_candidates(const struct align_topic *t)
{
    return t->first > t->head;
}

/* The sweep: *m is the pivot's time. */
static bool
latest_set(struct align_topic *topics, long n, uint64_t tolerance, uint64_t *m)
{
    for (long i = 0; i < n; i++) {
        if (lacks_candidates(&topics[i])) {
            return false;
        }
        topics[i].k = topics[i].head;
        topics[i].time = topics[i].newest;
    }
    for (;;) {
        long earliest, latest;
        ends(topics, n, &earliest, &latest);
        struct align_topic *t = &topics[latest];
        *m = topics[earliest].time;
        if (t->time - *m <= tolerance) {
            return true;
        }
        if (!newest_until(t, *m + tolerance, &t->k, &t->time)) {
            return false;
        }
    }
}

static uint64_t
latest_at(const struct align_topic *topics, long n)
{
    uint64_t latest = 0;
    for (long i = 0; i < n; i++) {
        latest = topics[i].at_time > latest ? topics[i].at_time : latest;
    }
    return latest;
}

static void
keep(struct align_topic *topics, long n)
{
    for (long i = 0; i < n; i++) {
        topics[i].k = topics[i].at;
        topics[i].time = topics[i].at_time;
    }
}

/* Goes back to the candidates just before t, of any topic but the pivot's. Returns their time; 0: there is none. */
static uint64_t
go_back(struct align_topic *topics, long n, long pivot, uint64_t t)
{
    uint64_t k, time, latest = 0;
    for (long i = 0; i < n; i++) {
        if (i != pivot && newest_until(&topics[i], t - 1, &k, &time) && time > latest) {
            latest = time;
        }
    }
    for (long i = 0; i < n && latest > 0; i++) {
        if (i != pivot && newest_until(&topics[i], t - 1, &k, &time) && time == latest) {
            topics[i].at = k;
            topics[i].at_time = time;
        }
    }
    return latest;
}

/* There was a set, but its values are not those any more. *topic: where a value may have been overwritten. */
static enum align_found
lapped(const struct align_topic *topics, long n, long *topic)
{
    for (*topic = 0; *topic < n; ++*topic) {
        if (ring_published(&topics[*topic].ring) != topics[*topic].head) {
            return ALIGN_LAPPED;
        }
    }
    return ALIGN_NONE; /* no publisher of this library has written this */
}

enum align_found
align_find(struct align_topic *topics, long n, uint64_t tolerance, long *overwritten)
{
    uint64_t m;
    if (!latest_set(topics, n, tolerance, &m)) {
        return ALIGN_NONE;
    }
    long pivot = -1;
    for (long i = 0; i < n; i++) {
        struct align_topic *t = &topics[i];
        if (!oldest_from(t, m, &t->at, &t->at_time) || t->at_time < m || t->at_time - m > tolerance) {
            return lapped(topics, n, overwritten);
        }
        if (pivot < 0 && t->at_time == m) {
            pivot = i;
        }
    }
    if (pivot < 0) {
        return lapped(topics, n, overwritten);
    }
    uint64_t best = latest_at(topics, n) - m, t = m;
    keep(topics, n);
    while ((t = go_back(topics, n, pivot, t)) > 0 && m - t < best) {
        uint64_t spread = latest_at(topics, n) - t;
        if (spread < best) {
            best = spread;
            keep(topics, n);
        }
    }
    return ALIGN_FOUND;
}

long
align_await(const struct align_topic *topics, long n, long before, uint64_t *floor)
{
    if (lacks_candidates(&topics[before])) {
        return before;
    }
    long behind = 0;
    for (long i = 0; i < n; i++) {
        if (lacks_candidates(&topics[i])) {
            return i;
        }
        if (topics[i].newest < topics[behind].newest) {
            behind = i;
        }
    }
    *floor = topics[behind].newest;
    return behind;
}
