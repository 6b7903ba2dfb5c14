/* Pins: a writer that never waits, and readers that keep a chunk by an entry in a table. Each access is one step,
   sequentially consistent. Readers and sweepers may be killed before any step; the writer may stop before any.
   To be killed for good and to be stopped for good are the same here, so a fork child that keeps a byte, a stopped
   sweeper and a killed writer are included. A killed writer's successor has a new file: pins_takeover.pml. Anybody
   (the writer, a reader) may sweep, at any time. A mapping that cannot write page 0 is a reader that goes to `copy`.

   Checked:
     whole      a pinned value does not change until its entry is cleared; a copy that passes the second look is whole
     free       the writer always finds a free chunk
     own        an entry is cleared by its owner, or after its owner's death, so R7 may be a plain store
     no leak    the holder of a byte knows all its entries; a sweep frees all entries of a free byte
   One look at a content is enough: once written over, a chunk never holds that value again, so the last look is
   the worst.

   Orders, which the model does not have; internal/ring/weakmemory_pins_test.go checks them.
     W1, the loads of W2, R4, R5  seq_cst (Dekker: the writer sees the pin, or the reader the odd number; WEAK_SEQ, WEAK_PIN)
     behind W1 and W2             a release fence, before the first byte of W3 and before W4: a seq_cst store does not
                                  keep later stores behind it
     W5, W6                       release, seq_cst (ring.pml)
     R1, R2, R3                   acquire
     C1, C2                       an acquire fence between them
     R7                           release (WEAK_CLEAR)

   Controls, each of which must be found wrong:
     -DASK_THEN_CLEAR       a sweeper asks whether the byte is free, and clears without holding it
     -DSWEEP_OWN            a mapping sweeps its own byte: on its own descriptor F_OFD_SETLK succeeds
     -DSHARED_BYTE          two subscribers, or two threads' first pins, use one descriptor
     -DUNLOCK_FIRST         the byte is given back before the entry is cleared; a compare-and-swap does not help
     -DNO_CLEAR_ON_ACQUIRE  a leak, never a torn value
     -DSCAN_FIRST           the table is read before W1
     -DSCAN_PER_CHUNK       the table is read once for each candidate
     -DNO_RECHECK           no look at the sequence after the pin
     -DONE_CHUNK_LESS
     -DLOAN_NO_ODD          a loan that is older than the newest value is published without W1
     -DWEAK_SEQ             W1 is in a store buffer during W2
     -DWEAK_PIN             R5 is done before R4
     -DWEAK_CLEAR           the last look at the payload is done after R7
   -DTORN: only torn values count. -DKEEP: a mapping keeps one view while it reads on.

   Left out: sequences that come round, lengths, entries that nobody wrote in good faith.

   Check: python3 docs/models/check.py pins */
#ifndef SLOTS
#define SLOTS 2                   /* buffer_num + 1 */
#endif
#ifndef VIEWS
#define VIEWS 1                   /* 0 to 2 */
#endif
#ifndef LOANS
#define LOANS 1                   /* 1 or 2 */
#endif
#ifndef VALUES
#define VALUES 3
#endif
#ifndef READERS
#define READERS 2
#endif
#ifndef BYTES
#define BYTES READERS             /* 1 to 3 */
#endif
#ifndef ONE_CHUNK_LESS
#define ONE_CHUNK_LESS 0
#endif
#define ENTRIES (VIEWS + 1)
#define CHUNKS (SLOTS - 1 + VIEWS + 1 + LOANS - ONE_CHUNK_LESS)
#define NONE 255
#define SCRATCH 255               /* the content of a chunk that is free or being filled */
byte head;
byte sequence[SLOTS];             /* 2k-1: value k is on its way; 2k: it is there */
byte chunk[SLOTS];
byte content[CHUNKS];             /* which value the chunk holds, or SCRATCH */
byte pin[3];                      /* the table, ENTRIES of it; 0: free */
bool lock[BYTES];                 /* held; the kernel frees it when the holder is killed */

#define PIN(i, c) ((i) * 8 + (c) + 1)
#define OF(e, i) (pin[e] != 0 && pin[e] / 8 == i)
#define LEFT(i) (OF(0, i) || OF(1, i) || OF(2, i)) /* there are entries of byte i */
#if VIEWS == 0
#define NEXT break                /* to the next entry, or out of the loop */
#else
#define NEXT if :: e == ENTRIES - 1 -> e = 0; break :: else -> e++ fi
#endif
#ifdef TORN
#define CHECK(truth) skip         /* only values count */
#else
#define CHECK(truth) assert(truth)
#endif
/* One step, or the kill before it. */
#define STEP(step) if :: atomic { step } :: atomic { true -> goto killed } fi
#ifdef WEAK_SEQ
byte late, lateSlot;              /* the store in the writer's buffer, and its slot */
#define STORE_ODD atomic { late = 2 * k - 1; lateSlot = k % SLOTS }
active proctype buffer() {
end_empty:
    do
    :: atomic { late != 0 -> sequence[lateSlot] = late; late = 0; lateSlot = 0 }
    od
}
#else
#define STORE_ODD sequence[k % SLOTS] = 2 * k - 1
#endif

/* One pass over the table: each entry is looked at once. */
inline scan() {
    do
    :: atomic { if :: pin[e] != 0 -> taken = taken | (1 << ((pin[e] - 1) % 8)) :: else fi; NEXT }
    od
}

/* What the writer knows by itself: the chunks of kept values and of its other loan. */
inline named() {
    for (e : 0 .. SLOTS - 1) {
        if :: e != k % SLOTS && sequence[e] != 0 -> taken = taken | (1 << chunk[e]) :: else fi
    }
    if :: other != NONE -> taken = taken | (1 << other) :: else fi; e = 0
}

/* Any chunk that is free. What is in it is gone now, and in the other free ones as well: it may come to that. */
inline choose() {
    assert(taken != (1 << CHUNKS) - 1);                    /* never waits, never fails */
    for (e : 0 .. CHUNKS - 1) { if :: (taken & (1 << e)) == 0 -> content[e] = SCRATCH :: else fi }
    do
    :: (taken & (1 << c)) == 0 -> break
    :: (taken | ((2 << c) - 1)) != (1 << CHUNKS) - 1 -> c++ /* there are free ones behind it */
    od;
    e = 0; taken = 0
}

inline publish() {
    atomic { content[c] = k; chunk[k % SLOTS] = c };       /* W4 */
    sequence[k % SLOTS] = 2 * k;                           /* W5 */
    atomic { head = k; k = 0; c = 0 }                      /* W6 */
}

proctype writer() {
    byte k, c, e, taken, other = NONE;
    do
    :: atomic { head < VALUES -> k = head + 1 };
#ifdef SCAN_FIRST
       scan();
#endif
       STORE_ODD;                                          /* W1 */
#ifdef SCAN_PER_CHUNK
       byte others;
       atomic { named(); others = taken };
       do
       :: atomic { c < CHUNKS && (others & (1 << c)) != 0 -> c++ }
       :: atomic { c < CHUNKS && (others & (1 << c)) == 0 -> taken = 0 };
          scan();
          atomic { if :: (taken & (1 << c)) == 0 -> break :: else -> c++ fi }
       :: c == CHUNKS -> assert(false)                     /* all looked taken, one after the other */
       od; atomic { content[c] = SCRATCH; others = 0; taken = 0 };
#else
#ifndef SCAN_FIRST
       scan();                                             /* W2 */
#endif
#ifdef WEAK_SEQ
       late == 0;                                          /* it goes out before these */
#endif
       atomic { named(); choose() };                       /* W3 */
#endif
       if
       :: publish()
       :: atomic { k = 0; c = 0 }                          /* the loan is dropped, */
#if LOANS == 2
       :: atomic { other == NONE -> other = c; k = 0; c = 0 } /* or stays open, */
       :: atomic { other != NONE -> e = c; c = other; other = e; e = 0 }; publish() /* or the older one is published */
#endif
       fi
#if LOANS == 2
    :: atomic { other != NONE -> other = NONE }
    :: atomic { other != NONE && head < VALUES -> k = head + 1; c = other; other = NONE };
#ifndef LOAN_NO_ODD
       sequence[k % SLOTS] = 2 * k - 1;                    /* W1 for a loan that is older than value k-1 */
#endif
       publish()
#endif
    :: head == VALUES -> break
    od
}

/* A lock byte that is free; a sweeper's has entries. */
#if defined(SHARED_BYTE)
#define LOCKABLE(i, sweeps) (!lock[i] || !sweeps)
#elif defined(SWEEP_OWN)
#define LOCKABLE(i, sweeps) (!lock[i] || sweeps)
#else
#define LOCKABLE(i, sweeps) !lock[i]
#endif
#ifdef ASK_THEN_CLEAR
#define LOCK(i, sweeps) lock[i] = !sweeps
#else
#define LOCK(i, sweeps) lock[i] = true
#endif
#define TAKE(n, sweeps) atomic { LOCKABLE(n, sweeps) && (LEFT(n) || !sweeps) -> LOCK(n, sweeps); i = n }
inline take(sweeps) {
    if
    :: TAKE(0, sweeps)
#if BYTES > 1
    :: TAKE(1, sweeps)
#endif
#if BYTES > 2
    :: TAKE(2, sweeps)
#endif
    fi
}

/* One step an entry: an entry of i does not change, once it is not 0: only the holder of byte i does. */
inline clear() {
    do
    :: STEP(if :: OF(e, i) -> pin[e] = 0 :: else fi; NEXT)
    od
}

#ifdef KEEP
#define TO_KEEP if :: view == 0 -> view = k; viewChunk = c; viewEntry = e; k = 0; c = 0; e = 0; goto again :: skip fi
#else
#define TO_KEEP skip
#define view 0
#endif
proctype reader() {
    byte i, k, c, e;
    bool whole;
#ifdef KEEP
    byte view, viewChunk, viewEntry;
#endif
end_all_taken:
    take(false);                                           /* R0 */
#ifndef NO_CLEAR_ON_ACQUIRE
    clear();
#endif
again:
    if
    :: atomic { head != 0 -> k = head; CHECK(view != 0 || !LEFT(i)) } /* R1; no entry of i that nobody knows of */
    :: atomic { true -> goto killed }
#ifdef KEEP
    :: atomic { view != 0 -> assert(content[viewChunk] == view); CHECK(pin[viewEntry] == PIN(i, viewChunk));
                pin[viewEntry] = 0; view = 0; viewChunk = 0; viewEntry = 0; goto again }
#endif
    fi;
    STEP(if :: sequence[k % SLOTS] == 2 * k :: else -> k = 0; goto again fi); /* R2 */
    STEP(c = chunk[k % SLOTS]; if :: skip :: goto copy fi); /* R3 */
#ifdef WEAK_PIN
    STEP(if :: sequence[k % SLOTS] == 2 * k :: else -> k = 0; c = 0; goto again fi);
#endif
    do
    :: STEP(if :: pin[e] == 0 -> pin[e] = PIN(i, c); goto pinned :: else fi; NEXT) /* R4 */
    od;
    goto copy;                                             /* no free entry */
pinned:
#if !defined(NO_RECHECK) && !defined(WEAK_PIN)
    STEP(if
         :: sequence[k % SLOTS] == 2 * k -> assert(content[c] == k); TO_KEEP /* R5 */
         :: else -> goto release
         fi);
#endif
#ifdef WEAK_CLEAR
    STEP(pin[e] = 0);
    STEP(assert(content[c] == k); e = 0; k = 0; c = 0; goto again);
#endif
    STEP(assert(content[c] == k));                         /* R6 */
#ifdef UNLOCK_FIRST
    STEP(lock[i] = false);
    atomic { if :: pin[e] == PIN(i, c) -> pin[e] = 0 :: else fi; i = 0; e = 0; k = 0; c = 0; goto end_all_taken };
#endif
release:
    STEP(CHECK(pin[e] == PIN(i, c)); pin[e] = 0; e = 0; k = 0; c = 0; goto again); /* R7 */
copy:
    STEP(whole = (content[c] == k));                       /* C1 */
    STEP(assert(whole || sequence[k % SLOTS] != 2 * k); whole = false; k = 0; c = 0; goto again); /* C2 */
killed:
    atomic {
#ifdef KEEP
        view = 0; viewChunk = 0; viewEntry = 0;
#endif
        lock[i] = false; i = 0; k = 0; c = 0; e = 0; whole = false; goto end_all_taken
    }
}

/* A sweeper: the writer, a reader or another process. */
proctype sweeper() {
    byte i, e;
end_nothing_left:
    take(true);                                            /* S1 */
    clear();                                               /* S2 */
    CHECK(!LEFT(i));
killed:
    atomic {
#ifndef ASK_THEN_CLEAR
        lock[i] = false;                                   /* S3 */
#endif
        i = 0; e = 0; goto end_nothing_left
    }
}

init {
    atomic {
        byte r;
        for (r : 0 .. CHUNKS - 1) { content[r] = SCRATCH }
        run writer();
        run sweeper();
        for (r : 1 .. READERS) { run reader() }
    }
}
