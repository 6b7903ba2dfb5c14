/* Waiting: one publisher of three values; three waiters, one of which may die; a waiter of another process that is made to
   give up; and a process that takes the topic over if the publisher was killed. Every access is one step; the code makes
   all of them sequentially consistent (protocol/eventcount.h, docs/models/README.md).

   The wait word is an eventcount, epoch << 1 | waiting. Checked:
     no wake-up is lost   while the publisher lives, a waiter that sleeps has seen every value: only the
                          wake wakes it, no time-out does
     a kill is survived   if the publisher is killed, even between the change and the wake, the end of
                          the waiter's slice wakes it, and it ends having seen the last value
     retired ends it      by close or by take-over: nobody sleeps on in a file without a name
     a dead waiter        costs no other one its wake-up, and the publisher only a wake
     giving up            moves the epoch on under everybody, and costs nobody a wake-up, even if the
                          process that gives up is killed then, or its waiter never sleeps

   A process that does not reach its end is an invalid end state, which spin reports as a deadlock.

   The code: Notify, Announce, Wait and Interrupt in internal/futex/eventcount.go, with the second look in
   takeOrAnnounce in shmpubsub/wait.go; eventcount_notify, _announce and _sleep in protocol/eventcount.h, with the second
   look in sleep_on in hot/wait.c. docs/memory-layout.md has it in words.

   Left out: an epoch that comes round (a waiter would have to stay between its look at head and its
   FUTEX_WAIT for exactly 2^31 wakes, and then its slice ends), and a waiter whose slice ends while the
   publisher lives, which is a spurious wake-up, and those are checked (any wake may find nothing new).

   Check: python3 docs/models/check.py eventcount

   -DNOBODY_GIVES_UP leaves that waiter out, for the larger sizes.

   Controls, each of which must be found wrong: -DFLAG (a plain flag instead of the epoch),
   -DNO_SECOND_LOOK, -DNOTIFY_EARLY (before head is stored), -DWAKE_ONE, -DNO_SLICES, -DGIVE_UP_FOR_ALL (giving
   up clears the bit, as a publisher does, and is killed before the wake). */

#ifndef VALUES
#define VALUES 3
#endif
#ifndef WAITERS
#define WAITERS 3
#endif

#ifdef FLAG
#define NEXT(w) 0                 /* nobody waits; earlier announcements are forgotten */
#else
#define NEXT(w) (w + 1)           /* epoch << 1 | 1 plus 1: the next epoch, nobody waits */
#endif

byte head;                        /* values published */
bool retired;                     /* the name points elsewhere */
byte word;                        /* the wait word */
bool asleep[WAITERS];             /* in FUTEX_WAIT */
bool alive = true;                /* the owner lock is held */
bool crashed;                     /* a process was killed; waiters do not know that, it only ends their slices */

/* One step, or the kill before it. */
#define STEP(step) if :: step :: goto killed fi

/* FUTEX_WAKE. The waiters re-check. */
inline wake() {
#ifdef WAKE_ONE
    if
    :: asleep[0] -> asleep[0] = false
    :: asleep[1] -> asleep[1] = false
    :: asleep[2] -> asleep[2] = false
    :: !asleep[0] && !asleep[1] && !asleep[2]
    fi
#else
    for (i : 0 .. WAITERS - 1) { asleep[i] = false }
#endif
    i = 0
}

/* Notify, exactly. Its compare-and-swap fails only where somebody gives up in between. */
#ifdef NOBODY_GIVES_UP
#define EXCHANGE assert(word == w); word = NEXT(w); w = 0
#else
#define EXCHANGE if :: word == w -> word = NEXT(w); w = 0 :: else -> skip fi
#endif

inline notify() {
    do
    :: STEP(w = word);
       if
       :: (w & 1) == 0 -> break
       :: else ->
          STEP(atomic { EXCHANGE });
          if
          :: w == 0 -> STEP(atomic { wake() }); break
#ifndef NOBODY_GIVES_UP
          :: else -> skip                        /* another epoch: again */
#endif
          fi
       fi
    od
}

/* Publishes; then it stays, closes or, at any step, is killed, and another process takes the topic over
   or removes it, which may be killed as well. */
proctype publisher() {
    byte k = 1, w, i;
    do
    :: k > VALUES -> break
    :: else ->
#ifdef NOTIFY_EARLY
       notify();
#endif
       STEP(head = k);
#ifndef NOTIFY_EARLY
       notify();
#endif
       k++
    od;
    if
    :: goto end_over                             /* and publishes nothing any more */
    :: STEP(retired = true);                     /* Owned.Close in segment/owned.go */
       notify();
       alive = false;
       goto end_over
    fi;
killed:
    if
    :: atomic { alive -> alive = false; crashed = true; k = 0; w = 0 }
    :: atomic { else -> crashed = true; goto end_over } /* the process that took over */
    fi;
    STEP(retired = true);                        /* claimed.retire in segment/claim.go */
    notify();
end_over: false
}

/* The bit is set by a load and a compare-and-swap that is tried until it succeeds: together one step. */
#define ANNOUNCE atomic { e = word | 1; word = e }

/* Waits for values until there is nothing to wait for. */
proctype waiter(byte id; bool mayDie) {
    byte seen, e;
    bool gone;
again:
#ifndef NO_SECOND_LOOK
    ANNOUNCE;
#endif
    if
    :: atomic { head != seen -> seen = head; gone = false; e = 0; goto again }
    :: atomic { retired -> goto end_over }
    :: atomic { head == seen && !retired ->
                if :: gone -> goto end_over :: else -> skip fi }
    :: atomic { mayDie -> goto end_over }
    fi;
#ifdef NO_SECOND_LOOK
    ANNOUNCE;
#endif
    if                                           /* FUTEX_WAIT(word, e) */
    :: atomic { word == e -> asleep[id] = true; e = 0 }
    :: atomic { word != e -> e = 0; goto again }
    :: atomic { mayDie -> goto end_over }
    fi;
    if
    :: atomic { !asleep[id] -> goto again }      /* woken */
#ifndef NO_SLICES
       /* The slice ends, and it asks after the lock: before it looks at head, or the last value is
          missed. */
    :: atomic { crashed -> asleep[id] = false; gone = !alive; goto again }
#endif
    :: atomic { mayDie -> asleep[id] = false }
       /* Nothing more to come: it may sleep. */
    :: atomic { alive && !retired && seen == VALUES -> skip }
    fi;
end_over: false
}

#ifndef NOBODY_GIVES_UP
/* Interrupt, for a waiter that is none of the others and may never have slept. It is one step: waking it then
   changes nothing for others. */
proctype quitter() {
    if
#ifdef GIVE_UP_FOR_ALL
    :: atomic { (word & 1) != 0 -> word = NEXT(word) }
#else
    :: atomic { (word & 1) != 0 -> word = word + 2 }
#endif
    :: true
    fi;
end_over: false
}
#endif

init {
    atomic {
        byte i;
        run publisher();
#ifndef NOBODY_GIVES_UP
        run quitter();
#endif
        for (i : 0 .. WAITERS - 1) { run waiter(i, i == 1) }
    }
}
