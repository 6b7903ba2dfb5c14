/* Ownership of one topic: creation, take-over, close and removal by N contenders, each of
   which may be killed between any two steps (a kill releases its locks and nothing else).

   A file has two OFD locks. Byte 0, `owner`: taken on the still unnamed file by its creator and
   held for life; a subscriber asks after it to learn whether the publisher lives. Byte 1,
   `taker`: held for a moment by whoever wants to replace or
   remove a dead publisher's file. With one lock
   for both, a subscriber that looks during a take-over finds it held and believes a dead
   publisher alive.

   Check:  spin -a ownership.pml && gcc -w -O2 -DSAFETY -DCOLLAPSE -o pan pan.c && ./pan -m1000000
           (48 million states, 2.5 GB, a minute or two; spin -DR=1 -a is the small one)
   Break:  spin -DNO_STAT_CHECK -a ownership.pml ... leaving out the look at the name finds two owners.

   Not in here: retained topics, whose Close leaves the name (to the others that is a kill), the
   name that a draft has between link and rename (only the holder of the taker lock uses it), and
   making room on a full file system (unlink under the taker lock, as Remove does).

   The code is in shmpubsub/internal/segment: publish in create.go, claim in claim.go, Close in
   owned.go, Remove in topics.go. */

#ifndef N
#define N 3
#endif
#ifndef R
#define R 2                       /* attempts each */
#endif
#define NONE 255
#define FILES 7

byte name = NONE;                 /* the file that the topic's name points at */
byte owner[FILES];                /* who holds byte 0 of each file; 0: nobody */
byte taker[FILES];                /* who holds byte 1 */
bool dead[FILES];                 /* its publisher has closed or was killed */
byte owners = 0;

/* Taking byte 1 of the dead file s and checking that the name still points at it gives the right
   to rename over it or unlink it. mine says whether it was got; held whether a live publisher was found. */
inline claim(s, id, mine, held) {
    mine = false; held = false;
    if
    :: atomic { taker[s] == 0 -> taker[s] = id };
       if
       :: owner[s] != 0 -> held = true; taker[s] = 0
       :: owner[s] == 0 ->
          assert(dead[s]);        /* a free owner lock is a dead publisher, always */
#ifndef NO_STAT_CHECK
          if
          :: name == s -> mine = true
          :: else -> taker[s] = 0
          fi
#else
          mine = true
#endif
       fi
    :: taker[s] != 0 -> skip      /* another taker is at work: start over */
    fi
}

proctype contender(byte id) {
    byte own, s, r = 0;
    bool mine, held, isOwner;
    do
    :: r == R -> break
    :: r < R ->
       own = (id - 1) * R + r; r++; isOwner = false;
       owner[own] = id;                                   /* unnamed file, locked */
       do
       :: atomic { name == NONE -> name = own; owners++; isOwner = true };  /* linkat */
          break
       :: atomic { name != NONE -> s = name };            /* EEXIST: open the old file */
          if :: goto killed :: skip fi;
          claim(s, id, mine, held);
          if
          :: held -> owner[own] = 0; break                /* already exists */
          :: mine ->
             if :: goto killed :: skip fi;
#ifndef NO_STAT_CHECK
             assert(name == s);
#endif
             atomic {                                     /* rename over it */
                if :: name != NONE && owner[name] != 0 -> assert(false) :: else -> skip fi;
                name = own; owners++; isOwner = true
             };
             if :: goto killed :: skip fi;
             taker[s] = 0;                                /* retire, release */
             break
          :: else -> skip
          fi
       od;
       if
       :: isOwner ->
          assert(owners == 1 && name == own);
          if :: goto killed :: skip fi;
          /* Close: retire, unlink, release */
          atomic { assert(name == own); name = NONE; owners--; isOwner = false };
          if :: goto killed :: skip fi;
          atomic { dead[own] = true; owner[own] = 0 }
       :: else -> skip
       fi
    od;
    goto done;
killed:
    atomic {
        if :: isOwner -> owners-- :: else -> skip fi;
        dead[own] = true;
        s = 0;
        do
        :: s < FILES ->
           if :: owner[s] == id -> owner[s] = 0 :: else -> skip fi;
           if :: taker[s] == id -> taker[s] = 0 :: else -> skip fi;
           s++
        :: else -> break
        od
    }
done: skip
}

/* Remove(topic), which may be killed too. */
proctype remover(byte id) {
    byte s;
    bool mine, held;
    if
    :: atomic { name != NONE -> s = name };
       claim(s, id, mine, held);
       if
       :: mine ->
          if :: goto killed :: skip fi;
          name = NONE
       :: else -> skip
       fi
    :: name == NONE -> skip
    fi;
killed:
    s = 0;
    do
    :: s < FILES -> if :: taker[s] == id -> taker[s] = 0 :: else -> skip fi; s++
    :: else -> break
    od
}

init {
    atomic {
        byte i = 1;
        do
        :: i <= N -> run contender(i); i++
        :: else -> break
        od;
        run remover(i)
    }
}
