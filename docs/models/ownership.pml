/* Ownership of one topic: creation, take-over, close and removal, and a subscriber that watches. Every
   system call is one step, and each process except the subscriber, which changes nothing, may be killed
   before any of its steps. A kill releases its locks and does nothing else.

   A file has two OFD locks. Byte 0, `owner`: its creator takes it on the still unnamed file and holds it for
   life; a subscriber queries it to learn whether the publisher lives. Byte 1, `takeover`: held for a moment to
   replace or remove a dead publisher's file. With one lock for both, a subscriber that looks during a take-over
   finds it held and believes a dead publisher alive.

   Checked:
     one owner    there are never two processes that believe they own the topic, and a live publisher's
                  name is never replaced or removed
     the truth    a process that finds byte 0 locked has found a live publisher; free, a dead one
     successor    only the process that takes over uses the second name of a new file, between link and rename
     current      a subscriber never returns a value of a file that was retired before the read
                  began, and one that queries the lock finds the publisher that was there all along
     no gap       (-DRETAIN=1 -DREMOVERS=0: everything is retained and nothing removed) once there is a
                  topic a subscriber always has something to read

   Left out: the files' contents (ring.pml, and `inherit` in create.go, which only writes to the unnamed
   file), drafts with a random name of their own, the look at the name before a draft is made (liveAt: the
   same answer, earlier), permissions, people who remove or replace files without the locks, and inode
   numbers that are used again (a subscriber keeps its file mapped until it has another).

   Check: python3 docs/models/check.py ownership

   Controls, each of which must be found wrong: -DNO_STAT_CHECK, -DONE_LOCK, -DUNLOCK_EARLY,
   -DNO_SUCCESSOR_UNLINK, -DNO_RETIRED_LOOK, -DRETAIN=1 -DREMOVERS=0 -DRETIRE_EARLY.

   The code is in shmpubsub/internal/segment unless another file is named. */

#ifndef N
#define N 2                       /* contenders */
#endif
#ifndef R
#define R 2                       /* attempts each */
#endif
#ifndef REMOVERS
#define REMOVERS 1                /* 0 or 1 */
#endif
#ifndef RETAIN
#define RETAIN 2                  /* who retains: 0 nobody, 1 all, 2 every second contender */
#endif
#ifndef SUBSCRIBERS
#define SUBSCRIBERS 1             /* 0 or 1 */
#endif
#define NONE 255
#define retains(file) (RETAIN == 1 || (RETAIN == 2 && file / R % 2 == 1))
#define FILES (N * R)

#ifdef ONE_LOCK
#define takeover owner
#endif

byte name = NONE;                 /* the file that the topic's name points at */
byte successor = NONE;            /* the file that shm_pub_sub#topic points at */
byte owner[FILES];                /* who holds byte 0 of each file; 0: nobody */
#ifndef ONE_LOCK
byte takeover[FILES];                /* who holds byte 1 */
#endif
bool retired[FILES];
bool dead[FILES];                 /* its publisher has ended or was killed: what the locks should tell */
byte owners;                      /* how many believe the topic theirs */

/* One step, or the kill before it. */
#define STEP(step) if :: atomic { step } :: goto killed fi

/* What the end of a process does to its locks. */
inline drop_locks() {
    for (i : 0 .. FILES - 1) {
        if :: owner[i] == id -> owner[i] = 0 :: else fi;
        if :: takeover[i] == id -> takeover[i] = 0 :: else fi
    }
    i = 0
}

/* claim in claim.go: the right to replace or remove the file s that the name points at. */
#define GONE 0                    /* the name has moved on: start over */
#define MINE 1
#define HELD 2                    /* a live publisher's, or another takeover stands still (errStuck) */
inline claim() {
    STEP(s = name);                                        /* openTopic */
    if
    :: s == NONE -> result = GONE
    :: else ->
       do
       :: STEP(if                                          /* tryLock(takeoverByte) */
               :: takeover[s] == 0 -> takeover[s] = id; result = MINE
               :: else -> result = HELD
               fi);
          if
          :: result == MINE -> break
          :: else ->
             if
             :: STEP(if :: name == s -> skip :: else -> result = GONE fi); /* pointsAt */
                if :: result == GONE -> break :: else fi   /* and again, in a millisecond */
             :: break                                      /* after a second */
             fi
          fi
       od;
       if
       :: result == MINE ->
          STEP(if                                          /* held(ownerByte) */
               :: owner[s] != 0 && owner[s] != id -> assert(!dead[s]); result = HELD
               :: else -> assert(dead[s])
               fi);
#ifndef NO_STAT_CHECK
          STEP(if :: name == s -> skip :: else -> result = GONE fi); /* pointsAt */
#endif
          if
          :: result != MINE -> STEP(takeover[s] = 0)
          :: else
          fi
       :: else
       fi
    fi
}

/* Create and Close. */
proctype contender(byte id) {
    byte own, s, r, i, result;
    bool mine;
    do
    :: r == R -> goto end_over
    :: r < R ->
       own = (id - 1) * R + r;
       r++;
       STEP(owner[own] = id);                              /* newDraft: unnamed, complete, locked */
       do                                                  /* draft.publish in create.go */
       :: STEP(if
               :: name == NONE -> name = own; owners++; mine = true /* linkat */
               :: else -> skip                             /* EEXIST */
               fi);
          if :: mine -> break :: else fi;
          claim();
          if
          :: result == GONE -> skip
          :: result == HELD -> break
          :: result == MINE ->                             /* draft.replace */
#ifdef RETIRE_EARLY
             STEP(retired[s] = true);
#endif
#ifndef NO_SUCCESSOR_UNLINK
             STEP(successor = NONE);                       /* nameFor: unlink, */
#endif
             STEP(assert(successor == NONE); successor = own); /* link */
             STEP(assert(successor == own);                /* rename */
                  assert(name == s && (owner[s] == 0 || owner[s] == id));
                  name = own; successor = NONE; owners++; mine = true);
             STEP(retired[s] = true);
             STEP(takeover[s] = 0);
             break
          fi
       od;
       if
       :: mine ->
          STEP(assert(owners == 1 && name == own));        /* publishes */
#ifdef UNLOCK_EARLY
          STEP(owner[own] = 0; dead[own] = true);
#endif
#if RETAIN != 1
          if                                               /* Owned.Close in owned.go */
          :: retains(own) -> skip
          :: else ->
             STEP(retired[own] = true);
             STEP(assert(name == own));                    /* pointsAt */
             STEP(assert(name == own); name = NONE; owners--; mine = false)
          fi;
#endif
          STEP(owner[own] = 0; dead[own] = true;
               if :: mine -> owners--; mine = false :: else fi)
       :: else ->
          STEP(owner[own] = 0)                             /* draft.discard */
       fi;
       own = 0; s = 0; result = 0
    od;
killed:
    atomic {
        if :: mine -> owners--; mine = false :: else fi;
        if :: owner[own] == id -> dead[own] = true :: else fi; /* if it had a name */
        drop_locks();
        own = 0; s = 0; r = 0; result = 0
    }
end_over: false
}

#if REMOVERS
/* Remove in topics.go, and makeRoom in create.go, which leaves retained files and the successor's name alone. */
proctype remover(byte id) {
    byte s, i, result;
    bool room;
    if :: room = true :: skip fi;
    do
    :: claim();
       if
       :: result == GONE && name != NONE && !room -> skip
       :: result == MINE && !(room && retains(s)) ->
          if
          :: !room -> STEP(successor = NONE)
          :: else
          fi;
          STEP(assert(name == s && (owner[s] == 0 || owner[s] == id)); name = NONE);
          STEP(retired[s] = true);
          break
       :: else -> break
       fi
    od;
killed:
    atomic { drop_locks(); s = 0; result = 0; room = false }
end_over: false
}

#endif

#if SUBSCRIBERS
/* Subscriber.ready in shmpubsub/attachment.go; attachment_ready and attachment_attach in
   hot/attachment.c do the same. */
proctype subscriber() {
    byte v = NONE;                /* the file that is mapped */
    bool isDead;                  /* View.Dead */
    bool alive;
    bool looked;                  /* this read has asked the kernel or opened the file */
    byte there = NONE;            /* the live publisher's file when the read began */
    bool had;                     /* there was a topic then */
    bool ended[FILES];            /* whose files were retired then */
    byte i;
begin:
    atomic {
        had = (name != NONE);
        if
        :: name == NONE -> skip
        :: else -> if :: !dead[name] && !retired[name] -> there = name :: else fi
        fi;
        for (i : 0 .. FILES - 1) { ended[i] = retired[i] }
        i = 0
    };
    if
    :: v != NONE && !isDead -> goto mapped
    :: atomic { v != NONE && isDead && name == v -> goto nothing } /* the same dead file */
    :: atomic { v == NONE || (isDead && name != v) -> goto attach }
    fi;
attach:
    atomic { v = name; isDead = false; looked = true };    /* open in attach.go */
    if
    :: v == NONE -> goto nothing
    :: else -> atomic { alive = (owner[v] != 0); assert(alive == !dead[v]) }
    fi;
    atomic { isDead = retired[v] || (!alive && !retains(v)); alive = false };
    if                                                     /* Attach: replaced while it was opened? */
    :: retired[v] ->
       if
       :: name != v -> goto attach
       :: name == v -> skip
       fi
    :: !retired[v] -> skip
    fi;
    if
    :: isDead -> goto nothing
    :: else
    fi;
mapped:
#ifndef NO_RETIRED_LOOK
    if
    :: retired[v] -> goto attach
    :: !retired[v] -> skip
    fi;
#endif
    if
    :: goto value
       /* 0.1 s have gone by, here and not before. */
    :: atomic { alive = (owner[v] != 0); assert(alive == !dead[v]); looked = true };
       if
       :: alive -> skip
       :: atomic { !alive && retains(v) && name == v -> skip }
       :: atomic { !alive && !(retains(v) && name == v) -> goto attach }
       fi
    fi;
value:
    atomic {                                               /* a value, true */
        assert(!ended[v]);
        assert(!looked || there == NONE || v == there || dead[there] || retired[there]);
        goto next
    };
nothing:
    atomic {                                               /* the default, false */
        assert(there == NONE || dead[there] || retired[there]);
#if RETAIN == 1 && REMOVERS == 0
        assert(!had);
#endif
    };
next:
    atomic {
        alive = false; looked = false; there = NONE; had = false;
        for (i : 0 .. FILES - 1) { ended[i] = false }
        i = 0;
        goto begin
    }
}
#endif

init {
    atomic {
        byte i;
        for (i : 1 .. N) { run contender(i) }
#if REMOVERS
        run remover(i);
#endif
#if SUBSCRIBERS
        run subscriber()
#endif
    }
}
