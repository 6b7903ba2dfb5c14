/* The lock bytes of pins.c, its table and forks: pins_locks FOLDER CASE. test_pins.py runs all. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/wait.h>

#include "pool_case.h"

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
    CHECK(!file->pins.unwritable); /* the name may be a file again */
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

static const struct pool_case cases[] = {
    CASE(no_byte_is_free),
    CASE(a_byte_comes_without_its_last_holders_entries),
    CASE(another_files_name),
    CASE(a_child_leaves_its_parents_pins),
    CASE(a_dead_parents_pins_are_swept),
    CASE(a_program_closes_all_descriptors),
    CASE(a_view_outlives_its_subscriber),
};

int
main(int argc, char **argv)
{
    return run_case(argc, argv, cases, sizeof cases / sizeof *cases);
}
