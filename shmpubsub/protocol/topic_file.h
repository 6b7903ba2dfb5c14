/* A topic's file as a subscriber maps it: the data to read, and page 0 to wait on. */
#ifndef SHM_TOPIC_FILE_H
#define SHM_TOPIC_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "mapping.h"
#include "pins.h"
#include "pool.h"
#include "wait_page.h"

/* The caller serialises all calls on one file. A thread that waits reads the file outside of these calls, and so
   is a user of its own. */
struct topic_file {
    struct mapping mapping;
    dev_t dev;
    ino_t ino;
    uint64_t carried_time; /* of an earlier publisher's retained value, which is value 1 here; 0: none */
    bool retain;           /* its values outlive its publisher */
    bool bridged;          /* its values are from another machine; like retain, set by the caller of topic_file_open */
    struct pool pool;      /* set by the caller of topic_file_open */
    struct pins pins;
    uint64_t number;       /* tells the files of a subscriber apart; set by the caller of topic_file_open */
    void *type;            /* how hot/ reads its values; NULL: not known */
    void (*free_type)(void *type); /* is called with it when the file is released */
    bool unwritable;       /* page 0 cannot be written: waiters must poll */
    bool reopen;           /* the program closed its descriptor: open it again */
    struct wait_page *wait; /* page 0, mapped again for writing; NULL: not yet */
    uint32_t abandoned;    /* 1: its waiters must look for another file */
    long users;
    long waiters; /* of the users: threads of this process that wait */
    long forks;   /* fork_count() when waiters was last right */
};

/* Takes the mapping over. NULL with errno set if there is no memory; the mapping is gone then. The file has one
   user. */
struct topic_file *topic_file_open(const struct mapping *mapping);

/* Ends one use. The last one unmaps the file and gives its pins' lock byte back. */
void topic_file_release(struct topic_file *f);

/* The file stays mapped between these, for a thread that waits. */
void topic_file_begin_wait(struct topic_file *f);
void topic_file_end_wait(struct topic_file *f);

/* Whether the descriptor still is the mapped file's: a program that closed all descriptors, as daemons do, may have
   another file under the number. */
bool topic_file_fd_is_ours(const struct topic_file *f);

/* Returns the page to wait on. NULL: waiters must poll, for now or, if f->unwritable, for good. Only page 0 is mapped
   for writing; the data stays read-only. */
struct wait_page *topic_file_wait_page(struct topic_file *f, const char *path);

/* Makes this process's own waiters look for another file. A few others may wake up too. */
void topic_file_abandon(struct topic_file *f);

#endif
