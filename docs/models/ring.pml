/* The ring: one writer, which may be killed between any two steps and laps its readers freely.

   Every access is one step, and the model is all interleavings of the steps, as with Go's sync/atomic
   (internal/ring/ring.go). The C side, protocol/ring.h, has weaker orders: internal/ring/weakmemory_test.go.

   Checked, for each read:
     whole      the time and both words of the payload belong to the value that is returned
     fresh      it is no older than head was when the read began
     forwards   it is no older than what the same reader returned before
     progress   a read starts over only if the writer has gone round the ring since the read's load of
                head, and so has moved head: once the writer stops, wherever it was killed, the next
                attempt is the last. Newest's maxRetries relies on it.

   Left out: sequence numbers beyond VALUES (they are 64 bits wide and never come round), who the
   writer is (ownership.pml), and waiting (eventcount.pml).

   Check: python3 docs/models/check.py ring

   Controls, each of which must be found wrong: -DNO_SECOND_CHECK, -DNO_ODD, -DODD_LATE (after a word
   of the payload), -DHEAD_EARLY (before the payload), -DSLOTS=1.
   Two changes are known to be harmless: a reader goes by head, which is stored last, so the first look at the
   sequence only saves copying a value that would be refused (-DNO_FIRST_CHECK), and the even number only has
   to come before head (-DEVEN_EARLY: before the payload). */

#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef VALUES
#define VALUES (3 * SLOTS + 1)    /* every slot is written three times */
#endif
#ifndef READERS
#define READERS 1                 /* they write nothing, so more of them cannot meet */
#endif

byte head;                        /* values published so far */
byte sequence[SLOTS];             /* 2k-1: value k is being written; 2k: it is complete */
byte time[SLOTS];
byte first[SLOTS], second[SLOTS]; /* the payload: two words, so that it can tear */

/* One step, or the kill before it. */
#define STEP(step) if :: step :: goto killed fi

/* Writer.Write in ring.go, ring_write in protocol/ring.h. */
proctype writer() {
    byte k = 1, s;
    do
    :: k > VALUES -> break
    :: else ->
       s = k % SLOTS;
#ifdef HEAD_EARLY
       STEP(head = k);
#endif
#if !defined(NO_ODD) && !defined(ODD_LATE)
       STEP(sequence[s] = 2 * k - 1);                      /* 1 */
#endif
#ifdef EVEN_EARLY
       STEP(sequence[s] = 2 * k);
#endif
       STEP(time[s] = k);                                  /* 2 */
#ifdef ODD_LATE
       STEP(sequence[s] = 2 * k - 1);
#endif
       STEP(first[s] = k);
       STEP(second[s] = k);
#ifndef EVEN_EARLY
       STEP(sequence[s] = 2 * k);                          /* 3 */
#endif
#ifndef HEAD_EARLY
       STEP(head = k);                                     /* 4 */
#endif
       k++
    od;
killed: skip
}

/* Ring.Newest in ring.go, ring_newest in protocol/ring.h, any number of times. */
proctype reader() {
    byte began, last, k, s, t, a, b;
    do
    :: began = head;                 /* for `fresh`: not a step of the code */
again:
       k = head;                                           /* a */
       if
       :: k == 0 -> goto done
       :: else -> s = k % SLOTS
       fi;
#ifndef NO_FIRST_CHECK
       if                                                  /* b */
       :: sequence[s] == 2 * k -> skip
       :: atomic { sequence[s] != 2 * k ->
                   assert(head >= k + SLOTS - 1 && head > k); /* progress */
                   goto again }
       fi;
#endif
       t = time[s];                                        /* c */
       a = first[s];
       b = second[s];
#ifndef NO_SECOND_CHECK
       if                                                  /* d */
       :: sequence[s] == 2 * k -> skip
       :: atomic { sequence[s] != 2 * k ->
                   assert(head >= k + SLOTS - 1 && head > k); /* progress */
                   goto again }
       fi;
#endif
done:  skip;
       d_step {
           assert(k == 0 || (t == k && a == k && b == k)); /* whole */
           assert(k >= began);                             /* fresh */
           assert(k >= last);                              /* forwards */
           last = k; began = 0; k = 0; s = 0; t = 0; a = 0; b = 0
       }
    :: break
    od
}

init {
    atomic {
        byte i;
        run writer();
        for (i : 1 .. READERS) { run reader() }
    }
}
