/* A subscriber's descriptor: one publisher of a few values, one subscriber that waits for its descriptor and takes all
   values, and the notifier that makes it readable. Every access is one step, sequentially consistent as in
   eventcount.pml; what happens under the mutex is many steps, as the publisher does not take it.

   Checked:
     no wake-up is lost    the subscriber does not wait for a descriptor that nobody will make readable
                           while there is a value that it has not taken; no slice helps it here
     the cost is bounded   a publisher pays for at most three wakes for each time the subscriber arms: one
                           for a value that it had seen when it announced, one for the next value, and
                           one if the notifier announces while that is published

   A process that does not reach its end is an invalid end state; the notifier may sleep for ever.

   The code: protocol/watch.c (its head has the steps A1 to A4 and W1 to W4), protocol/notifier.c. Left out:
   publishers that are killed, for which there are slices as in eventcount.pml; several words in one list,
   which are independent: a wake for any makes the notifier look at all.

   Check: python3 docs/models/check.py watch

   Controls, each of which must be found wrong: -DNO_SECOND_LOOK (A2), -DNO_KICK (A4), -DUNLISTED (the word of a
   SIGNALLED watch is not slept on), -DLOAD_LATE (the value in the list is loaded without the mutex),
   -DANNOUNCE_ALWAYS (for a SIGNALLED watch too). */

#ifndef VALUES
#define VALUES 3
#endif

byte head;                        /* values published */
byte word;                        /* the wait word */
byte control;                     /* the notifier's own */
bool mutex;
bool readable = true;             /* the descriptor */
bool armed;                       /* or SIGNALLED */
bool target;                      /* the subscriber has a file */
bool listed;
byte seen;
bool on_word, on_control;         /* where the notifier sleeps */
byte wakes, arms;

#define LOCK atomic { !mutex -> mutex = true }
#define UNLOCK mutex = false
#define ANNOUNCE word = word | 1  /* a load and a compare-and-swap until it succeeds: one step */

inline signal() {
    if
    :: armed -> armed = false; readable = true
    :: else -> skip
    fi
}

proctype publisher() {
    byte k = 1, w;
    do
    :: k > VALUES -> break
    :: else ->
       head = k;
       w = word;
       if
       :: (w & 1) == 0 -> skip
       :: else ->
          atomic { assert(word == w); word = w + 1; w = 0 }
          atomic { on_word = false; wakes++; assert(wakes <= 3 * arms) }
       fi;
       k++
    od
}

proctype subscriber() {
    byte taken;
    bool moved, looked;
again:
    if                            /* it waits for the descriptor, or looks without being signalled to */
    :: readable -> skip
    :: atomic { !looked -> looked = true }
    :: taken == VALUES -> goto end_over
    fi;
    do
    :: head > taken -> taken++
    :: atomic { head == taken -> break }
    od;
    LOCK;
    target = true;                /* watch_arm */
    seen = taken;
    atomic { ANNOUNCE; arms++ }   /* A1 */
    if
#ifndef NO_SECOND_LOOK
    :: head != seen -> signal()     /* A2 */
    :: head == seen ->
#else
    :: true ->
#endif
       readable = false;          /* A3 */
       armed = true;
       if                         /* A4 */
#ifndef NO_KICK
       :: !listed -> control++; on_control = false
#else
       :: !listed -> skip
#endif
       :: else -> skip
       fi
    fi;
    UNLOCK;
    if
    :: atomic { !moved -> moved = true } /* watch_detach, and then another file */
       LOCK;
       signal();
       listed = false;
       target = false;
       UNLOCK
    :: skip
    fi;
    goto again;
end_over: false
}

proctype notifier() {
    byte c, v;
    bool has;
again:
    LOCK;
    has = target;
    if
    :: has ->
       if                         /* W1 */
       :: armed && head != seen -> signal()
       :: else -> skip
       fi;
       if                         /* W2 */
#ifdef ANNOUNCE_ALWAYS
       :: atomic { ANNOUNCE; v = word }
#else
       :: armed -> atomic { ANNOUNCE; v = word }
#ifdef UNLISTED
       :: !armed -> has = false
#else
       :: !armed -> v = word
#endif
#endif
       fi;
       listed = true;
       if
       :: armed && head != seen -> signal()
       :: else -> skip
       fi
    :: else -> skip
    fi;
    c = control;                  /* W3 */
    UNLOCK;
#ifdef LOAD_LATE
    v = word;
#endif
    if                            /* W4, one word after the other */
    :: !has -> skip
    :: atomic { has && word == v -> on_word = true }
    :: atomic { has && word != v -> v = 0; c = 0; goto again }
    fi;
    if
    :: atomic { control == c -> on_control = true }
    :: atomic { control != c -> on_word = false; v = 0; c = 0; goto again }
    fi;
end_asleep:
    atomic { (has && !on_word) || !on_control -> on_word = false; on_control = false; v = 0; c = 0 }
    goto again
}

init {
    atomic {
        run publisher();
        run subscriber();
        run notifier()
    }
}
