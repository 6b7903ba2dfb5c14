/* chunks.c, pins.c, payload.c and cursor.c in what happens seldom: pins_cases FOLDER CASE. test_pins.py runs all. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "cursor.h"
#include "pool_file.h"

#define VIEWS 2u
#define DEPTH 3u
#define CHECK(truth) ((truth) ? (void)0 : FAIL("line %d: %s", __LINE__, #truth))

static struct pool_file made;
static struct chunks chunks;
static struct ring writer, reader;
static struct topic_file *file;

static uint64_t
word_of(uint64_t k)
{
    return k * 0x9e3779b97f4a7c15u;
}

static void
publish(void)
{
    uint32_t chunk;
    CHECK(chunks_take(&chunks, &writer, &chunk));
    uint64_t k = writer.k + 1, word = word_of(k);
    memcpy(pool_payload(&chunks.pool, chunk), &word, 8);
    memcpy(pool_payload(&chunks.pool, chunk) + 8, "tail", 4);
    chunks_publish(&chunks, &writer, chunk, 12, k);
}

static struct payload
newest_of(struct topic_file *f, enum payload_use use)
{
    struct payload p;
    payload_init(&p);
    CHECK(payload_newest(&reader, f, made.path, use, &p) == RING_OK);
    return p;
}

static struct payload
newest(enum payload_use use)
{
    return newest_of(file, use);
}

static bool
copies(const struct payload *p)
{
    unsigned char to[13] = {[12] = 0x55};
    if (!payload_copy(p, to)) {
        return false;
    }
    uint64_t word;
    memcpy(&word, to, 8);
    CHECK(word == word_of(p->k) && memcmp(to + 8, "tail", 4) == 0 && to[12] == 0x55 && p->time == p->k);
    return true;
}

static pid_t
in_child(void (*does)(void))
{
    pid_t pid = fork();
    if (pid == 0) {
        does();
        _exit(0);
    }
    return pid;
}

static void
ends_well(pid_t pid)
{
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

static void
sweep_now(struct topic_file *f)
{
    f->pins.swept_at = 0;
    (void)pins_sweep(&f->pins, &f->pool);
}

/* Sweeps as somebody else. */
static void
others_sweep(void)
{
    struct ring r;
    struct topic_file *other = pool_file_read(&made, &r);
    CHECK(pins_ready(&other->pins, &other->pool, other->dev, other->ino, made.path));
    sweep_now(other);
    topic_file_release(other);
}

/* The cases. */

static void
entries_run_out(void)
{
    struct payload a = newest(PAYLOAD_VIEW), b = newest(PAYLOAD_VIEW), c = newest(PAYLOAD_VIEW);
    CHECK(payload_is_kept(&a) && payload_is_kept(&b) && !payload_is_kept(&c));
    CHECK(copies(&c));
    struct payload d = newest(PAYLOAD_COPY), e = newest(PAYLOAD_COPY);
    CHECK(payload_is_kept(&d) && !payload_is_kept(&e));
    payload_release(&a);
    payload_release(&a);
    struct payload f = newest(PAYLOAD_VIEW);
    CHECK(payload_is_kept(&f));
    payload_release(&b), payload_release(&c), payload_release(&d), payload_release(&e), payload_release(&f);
    CHECK(pool_file_entries(&made) == 0);
}

static void
the_writer_never_fails(void)
{
    struct payload held[VIEWS + 1];
    for (unsigned i = 0; i <= VIEWS; i++) {
        publish();
        held[i] = newest(i < VIEWS ? PAYLOAD_VIEW : PAYLOAD_COPY);
        CHECK(payload_is_kept(&held[i]));
    }
    for (int i = 0; i < 100; i++) {
        publish();
        for (unsigned j = 0; j <= VIEWS; j++) {
            CHECK(copies(&held[j]));
        }
        for (uint64_t k = writer.k - DEPTH + 1; k <= writer.k; k++) {
            struct payload p;
            payload_init(&p);
            CHECK(payload_at(&reader, file, made.path, PAYLOAD_VIEW, &p, k) == RING_OK && copies(&p));
            payload_release(&p);
        }
    }
    for (unsigned j = 0; j <= VIEWS; j++) {
        payload_release(&held[j]);
    }
    uint32_t one, another;
    CHECK(chunks_take(&chunks, &writer, &one) && !chunks_take(&chunks, &writer, &another));
    chunks_drop(&chunks, one);
    CHECK(chunks_take(&chunks, &writer, &another) && another == one); /* last in, first out */
}

static void
a_carried_over_value_keeps_its_chunk(void)
{
    struct chunks next;
    struct ring r;
    struct payload p = newest(PAYLOAD_VIEW);
    pool_file_write(&made, &next, &r);
    CHECK(r.k == writer.k && next.idle_count == made.geometry.chunks - 1);
    for (uint32_t i = 0; i < next.idle_count; i++) {
        CHECK(next.idle[i] != chunks.of_slot[1]);
    }
    chunks_close(&next);
    payload_release(&p);
}

static void
an_unpinned_copy_is_lapped(void)
{
    struct cursor c = {0};
    file->pins.unwritable = true;
    file->users++;
    cursor_enter(&c, file, &reader);
    struct payload p;
    payload_init(&p);
    for (unsigned i = 0; i < DEPTH; i++) {
        publish();
    }
    for (;;) { /* the oldest one, and after each failure one further */
        CHECK(cursor_next_payload(&c, made.path, PAYLOAD_COPY, &p) == RING_OK && !payload_is_kept(&p));
        if (p.k == writer.k) {
            break;
        }
        CHECK(p.k == writer.k - DEPTH + 1 + p.lapped);
        while (writer.k < p.k + DEPTH + 1) {
            publish();
        }
        CHECK(!copies(&p));
        cursor_lapped(&c, &p);
    }
    CHECK(copies(&p) && c.lost == p.k - 1 && p.lapped == DEPTH - 1);
    payload_release(&p);
    CHECK(cursor_next_payload(&c, made.path, PAYLOAD_COPY, &p) == RING_EMPTY);
    cursor_leave(&c);
    cursor_drop(&c);
}

static void
garbage_is_found(void)
{
    struct pooled_slot *s = (struct pooled_slot *)ring_seek(&writer, writer.k);
    struct payload p;
    payload_init(&p);
    uint32_t chunk = s->chunk;
    for (unsigned i = 0; i < 4; i++) {
        s->chunk = i == 0 ? made.geometry.chunks : i == 1 ? UINT32_MAX : chunk;
        s->length = i == 2 ? made.geometry.elem_size + 1 : i == 3 ? UINT64_MAX : 12;
        CHECK(payload_newest(&reader, file, made.path, PAYLOAD_VIEW, &p) == RING_CORRUPT);
        CHECK(payload_at(&reader, file, made.path, PAYLOAD_COPY, &p, writer.k) == RING_CORRUPT);
        CHECK(pool_file_entries(&made) == 0 && file->users == 1);
    }
    s->chunk = chunk, s->length = 12;
    for (uint64_t k = 2; k < 5; k++) {
        CHECK(payload_at(&reader, file, made.path, PAYLOAD_COPY, &p, k) == RING_EMPTY);
    }
    CHECK(payload_at(&reader, file, made.path, PAYLOAD_COPY, &p, 1ull << 63) == RING_EMPTY);
    for (uint32_t i = 0; i <= VIEWS; i++) { /* a hostile table: of no mapping, and of no chunk */
        pool_file_table(&made)[i] = i == 0 ? UINT64_MAX : pool_entry(PINS_BYTES + i, made.geometry.chunks + i);
    }
    for (int i = 0; i < 20; i++) {
        publish();
    }
    others_sweep();
    p = newest(PAYLOAD_COPY);
    CHECK(!payload_is_kept(&p) && copies(&p));
    payload_release(&p);
}

static void
no_byte_is_free(void)
{
    int fd = open(made.path, O_RDWR | O_CLOEXEC);
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = PINS_FIRST_BYTE, .l_len = PINS_BYTES};
    CHECK(fcntl(fd, F_OFD_SETLK, &all) == 0);
    struct payload p = newest(PAYLOAD_VIEW);
    CHECK(!payload_is_kept(&p) && copies(&p) && !file->pins.unwritable);
    payload_release(&p);
    close(fd);
    p = newest(PAYLOAD_VIEW);
    CHECK(!payload_is_kept(&p)); /* within the pause */
    payload_release(&p);
    file->pins.tried_at = 0;
    p = newest(PAYLOAD_VIEW);
    CHECK(payload_is_kept(&p));
    payload_release(&p);
}

/* Else they would stay while it lives: nobody sweeps the bytes of the living. */
static void
a_byte_comes_without_its_last_holders_entries(void)
{
    const uint32_t byte = 7;
    int fd = open(made.path, O_RDWR | O_CLOEXEC);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = PINS_FIRST_BYTE, .l_len = PINS_BYTES};
    CHECK(fcntl(fd, F_OFD_SETLK, &lock) == 0);
    lock = (struct flock){.l_type = F_UNLCK, .l_whence = SEEK_SET, .l_start = PINS_FIRST_BYTE + byte, .l_len = 1};
    CHECK(fcntl(fd, F_OFD_SETLK, &lock) == 0);
    for (uint32_t i = 0; i <= VIEWS; i++) {
        pool_file_table(&made)[i] = pool_entry(byte, i);
    }
    struct payload p = newest(PAYLOAD_VIEW);
    CHECK(file->pins.byte == byte && payload_is_kept(&p) && pool_file_entries(&made) == 1);
    payload_release(&p);
    close(fd);
}

static void
another_files_name(void)
{
    struct payload p;
    payload_init(&p);
    char other[4200];
    snprintf(other, sizeof other, "%s.other", made.path);
    struct pool_file next = pool_file_make(other, 64, DEPTH, VIEWS, 1);
    CHECK(payload_newest(&reader, file, other, PAYLOAD_VIEW, &p) == RING_OK && !payload_is_kept(&p));
    payload_release(&p);
    CHECK(unlink(other) == 0 && symlink(made.path, other) == 0 && !file->pins.unwritable);
    file->pins.tried_at = 0;
    CHECK(payload_newest(&reader, file, other, PAYLOAD_VIEW, &p) == RING_OK && !payload_is_kept(&p));
    CHECK(file->pins.unwritable); /* a link cannot be opened, now or later */
    payload_release(&p);
    munmap(next.memory, next.size);
    unlink(other);
}

static struct payload inherited;

static void
be_a_child(void)
{
    CHECK(file->pins.lock.fd == -1);
    uint32_t parents = file->pins.byte;
    CHECK(copies(&inherited)); /* it is mapped */
    payload_release(&inherited);
    CHECK(pool_file_entries(&made) == 1);
    struct payload own = newest(PAYLOAD_VIEW);
    CHECK(payload_is_kept(&own) && file->pins.byte != parents && pool_file_entries(&made) == 2);
    sweep_now(file);
    CHECK(pool_file_entries(&made) == 2);
    payload_release(&own);
    topic_file_release(file);
    CHECK(pool_file_entries(&made) == 1);
}

static void
a_child_leaves_its_parents_pins(void)
{
    inherited = newest(PAYLOAD_VIEW);
    int fd = file->pins.lock.fd;
    CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC);
    ends_well(in_child(be_a_child));
    CHECK(fork_lock_is_ours(&file->pins.lock) && copies(&inherited) && pool_file_entries(&made) == 1);
    others_sweep();
    CHECK(pool_file_entries(&made) == 1);
    payload_release(&inherited);
    CHECK(pool_file_entries(&made) == 0);
}

static pid_t grandchild;

static void
die_before_the_child(void)
{
    struct payload p = newest(PAYLOAD_VIEW);
    int ready[2];
    CHECK(payload_is_kept(&p) && pipe(ready) == 0);
    grandchild = fork();
    if (grandchild == 0) {
        alarm(20); /* ends it if the test fails */
        CHECK(write(ready[1], "", 1) == 1);
        pause();
    }
    char byte;
    CHECK(read(ready[0], &byte, 1) == 1 && write(STDOUT_FILENO, &grandchild, sizeof grandchild) == sizeof grandchild);
    raise(SIGKILL);
}

/* A child that lives on does not keep what its dead parent had. */
static void
a_dead_parents_pins_are_swept(void)
{
    int out[2], status;
    CHECK(pipe(out) == 0 && dup2(out[1], STDOUT_FILENO) == STDOUT_FILENO);
    pid_t pid = in_child(die_before_the_child);
    CHECK(read(out[0], &grandchild, sizeof grandchild) == sizeof grandchild);
    CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    CHECK(pool_file_entries(&made) == 1);
    others_sweep();
    CHECK(pool_file_entries(&made) == 0 && kill(grandchild, SIGKILL) == 0);
}

static void
a_program_closes_all_descriptors(void)
{
    struct payload p = newest(PAYLOAD_VIEW);
    int fd = file->pins.lock.fd;
    close(fd);
    ends_well(in_child(others_sweep));
    CHECK(pool_file_entries(&made) == 1); /* the mapping has the lock */
    int same = open(made.path, O_RDWR | O_CLOEXEC);
    CHECK(same == fd && !fork_lock_is_ours(&file->pins.lock));
    sweep_now(file);
    payload_release(&p);
    uint32_t byte = file->pins.byte;
    topic_file_release(file);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = PINS_FIRST_BYTE + byte, .l_len = 1};
    CHECK(fcntl(same, F_OFD_GETLK, &lock) == 0 && lock.l_type == F_UNLCK); /* it is open, and the byte is free */
    file = pool_file_read(&made, &reader);
}

static void
a_view_outlives_its_subscriber(void)
{
    struct payload p = newest(PAYLOAD_VIEW);
    struct hold kept = p.hold;
    topic_file_release(file);
    CHECK(unlink(made.path) == 0);
    for (int i = 0; i < 20; i++) {
        publish();
    }
    CHECK(copies(&p) && pool_file_entries(&made) == 1);
    hold_release(&kept);
    CHECK(pool_file_entries(&made) == 0 && kept.file == NULL);
    made = pool_file_make(made.path, 64, DEPTH, VIEWS, 1);
    file = pool_file_read(&made, &reader);
}

static void
values_in_their_slots(void)
{
    uint64_t stride = SHM_SLOT_PAYLOAD + 128;
    unsigned char *memory = calloc(1, SHM_HEADER_OFFSET + 256 + 4 * stride);
    struct ring r = ring_at(memory, SHM_HEADER_OFFSET + 256, stride, 4), w = r;
    struct topic_file inline_file = {.pool = {.max = 123}};
    struct payload p;
    payload_init(&p);
    uint64_t words[16], lost = 0;
    CHECK(payload_newest(&r, &inline_file, NULL, PAYLOAD_VIEW, &p) == RING_EMPTY);
    for (uint64_t k = 1; k < 10; k++) {
        for (unsigned i = 0; i < 16; i++) {
            words[i] = word_of(k) + i;
        }
        (k % 2 ? ring_write_words : ring_write_words_early)(&w, words, 16, k);
        CHECK(payload_newest(&r, &inline_file, NULL, PAYLOAD_VIEW, &p) == RING_OK && payload_is_kept(&p));
        unsigned char to[124] = {[123] = 0x55};
        CHECK(p.k == k && p.time == k && p.length == 123 && payload_copy(&p, to) && memcmp(to, words, 123) == 0 && to[123] == 0x55);
        payload_release(&p);
    }
    (void)ring_seek(&r, 0);
    CHECK(payload_next(&r, &inline_file, NULL, PAYLOAD_COPY, &p, &lost) == RING_OK && p.k == 7 && lost == 6);
    CHECK(payload_at(&r, &inline_file, NULL, PAYLOAD_COPY, &p, 8) == RING_OK && p.k == 8 && r.k == 7);
    free(memory);
}

#define CASE(name) {#name, name}
static const struct {
    const char *name;
    void (*does)(void);
} cases[] = {
    CASE(entries_run_out),
    CASE(the_writer_never_fails),
    CASE(a_carried_over_value_keeps_its_chunk),
    CASE(an_unpinned_copy_is_lapped),
    CASE(garbage_is_found),
    CASE(no_byte_is_free),
    CASE(a_byte_comes_without_its_last_holders_entries),
    CASE(another_files_name),
    CASE(a_child_leaves_its_parents_pins),
    CASE(a_dead_parents_pins_are_swept),
    CASE(a_program_closes_all_descriptors),
    CASE(a_view_outlives_its_subscriber),
    CASE(values_in_their_slots),
};

int
main(int argc, char **argv)
{
    char path[4096];
    if (argc != 3 || fork_init() != 0) {
        FAIL("usage: pins_cases FOLDER CASE");
    }
    snprintf(path, sizeof path, "%s/pins", argv[1]);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (strcmp(argv[2], cases[i].name) == 0) {
            made = pool_file_make(path, 64, DEPTH, VIEWS, 1);
            pool_file_write(&made, &chunks, &writer);
            publish();
            file = pool_file_read(&made, &reader);
            cases[i].does();
            topic_file_release(file);
            chunks_close(&chunks);
            unlink(path);
            return 0;
        }
    }
    FAIL("no case %s", argv[2]);
}
