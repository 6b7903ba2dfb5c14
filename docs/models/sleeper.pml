/* A subscriber's descriptor on a kernel without futex_waitv: a publisher of a few values, which is succeeded by another
   one with a file of its own; the subscriber, which waits for its descriptor, takes all values and closes; the notifier,
   which sleeps on its control word only; and the sleeper, which sleeps on the topic's word only and is woken through it
   when that is no longer the subscriber's. Steps are as in watch.pml.

   Checked:
     no wake-up is lost    the subscriber does not wait for a descriptor that nobody will make readable while there is
                           a value, or a file, that it has not taken; no slice helps it here
     sleepers end          with the subscriber

   A process that does not reach its end is an invalid end state; the notifier may sleep for ever.

   The code: protocol/sleeper.c (its head has the steps K1 to K3 and S1 to S3), protocol/notifier.c. Left out: publishers
   that are killed, for which there are slices; other waiters on the words, for which a wake of the sleeper is the
   interruption of eventcount.pml.

   Check: python3 docs/models/check.py sleeper

   Controls, each of which must be found wrong: -DNO_KICK and -DNO_END_KICK (K2 and K3, for another file and at the end),
   -DNO_EPOCH (K2), -DONLY_WAITING (K2 and K3 only if the waiting bit is set), -DNO_HOLD (S2: where the page was, the
   next file's is mapped), -DNO_SECOND_LOOK (W2). */

#ifndef VALUES
#define VALUES 1
#endif
#define NONE 2

byte head[2];                     /* values published: the second file goes on counting */
bool retired;                     /* the first file */
byte word[2];
byte control;
bool mutex;
bool readable = true;
bool armed;
byte target = NONE;               /* the subscriber's file */
bool over;                        /* it is closed */
bool listed;
byte seen;
bool served;                      /* there is a sleeper */
byte page = NONE;                 /* that it sleeps on, or is about to */
byte mapped;                      /* what the subscriber has at the page's address */
byte asleep = NONE;               /* the word that the sleeper sleeps on */
bool on_control;

#define LOCK atomic { !mutex -> mutex = true }
#define UNLOCK mutex = false
#define ANNOUNCE(f) word[f] = word[f] | 1
#define NEWS (head[target] != seen || (target == 0 && retired))
#define WAKE(f) if :: asleep == f -> asleep = NONE :: else -> skip fi

inline signal() {
    if
    :: atomic { armed -> armed = false; readable = true }
    :: else -> skip
    fi
}

inline notify(f) {
    w = word[f];
    do
    :: (w & 1) == 0 -> break
    :: atomic { (w & 1) != 0 && word[f] == w -> word[f] = w + 1 }
       atomic { WAKE(f); break }
    :: atomic { (w & 1) != 0 && word[f] != w -> w = word[f] }
    od;
    w = 0
}

inline kick() {
    if
#ifdef ONLY_WAITING
    :: page != NONE && (word[page] & 1) != 0 ->
#else
    :: page != NONE ->
#endif
#ifndef NO_EPOCH
       word[page] = word[page] + 2;
#endif
       atomic { WAKE(page) }
    :: else -> skip
    fi
}

proctype publisher() {
    byte k = 1, f, w;
    do
    :: k > VALUES -> break
    :: k <= VALUES && f == 0 -> retired = true; notify(0); f = 1
    :: k <= VALUES -> head[f] = k; notify(f); k++
    od
}

proctype subscriber() {
    byte taken, h, f;
    bool looked, left;
again:
    if                            /* it waits for the descriptor, or looks without being signalled to */
    :: readable -> skip
    :: atomic { !looked -> looked = true }
    :: taken == VALUES -> goto close
    fi;
    left = retired;
    do
    :: atomic { head[f] > taken -> taken = head[f] }
    :: atomic { head[f] <= taken -> h = head[f]; break }
    od;
    LOCK;
    if
    :: left && f == 0 ->          /* watch_detach, and the next file */
       signal();
       atomic { listed = false; target = NONE; f = 1; left = false; h = 0; UNLOCK };
       mapped = 1
    :: else ->                    /* watch_arm, as in watch.pml */
       if
       :: atomic { target != f -> target = f; listed = false; seen = h; h = 0; left = false }
       :: atomic { target == f -> seen = h; h = 0; left = false }
       fi;
       ANNOUNCE(f);
       if
       :: NEWS -> signal()
       :: else ->
          atomic {
             readable = false;
             armed = true;
             if
             :: !listed -> control++; on_control = false
             :: else -> skip
             fi
          }
       fi;
       UNLOCK
    fi;
    goto again;
close:
    LOCK;
    over = true;                  /* K1 */
#ifndef NO_END_KICK
    kick();
#endif
    UNLOCK
}

proctype notifier() {
    byte c;
again:
    LOCK;
    if
    :: over -> skip
    :: atomic { !over && target != NONE && !served -> served = true; listed = true; run sleeper() }
    :: !over && served && page != target ->
#ifndef NO_KICK
       kick();
#endif
       listed = target != NONE
    :: else -> listed = target != NONE
    fi;
    atomic { c = control; UNLOCK };
    if
    :: atomic { control == c -> on_control = true }
    :: atomic { control != c -> c = 0; goto again }
    fi;
end_asleep:
    atomic { !on_control -> c = 0 }
    goto again
}

proctype sleeper() {
    byte v, p;
    LOCK;
    do
    :: over || target == NONE -> break
    :: else ->                    /* S1 */
       if
       :: armed && NEWS -> signal()
       :: else -> skip
       fi;
       p = target;
       if
       :: armed -> atomic { ANNOUNCE(p); v = word[p] }
       :: else -> v = word[p]
       fi;
#ifndef NO_SECOND_LOOK
       if
       :: armed && NEWS -> signal()
       :: else -> skip
       fi;
#endif
       atomic { page = p; UNLOCK }; /* S2 */
#ifdef NO_HOLD
       p = mapped;
#endif
       if                         /* S3 */
       :: atomic { word[p] == v -> asleep = p }
          atomic { asleep == NONE -> v = 0; p = 0 }
       :: atomic { word[p] != v -> v = 0; p = 0 }
       fi;
       atomic { !mutex -> mutex = true; page = NONE }
    od;
    atomic { served = false; UNLOCK }
}

init {
    atomic {
        run publisher();
        run subscriber();
        run notifier()
    }
}
