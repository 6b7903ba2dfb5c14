/* Pins across a take-over: the writer of pins.pml is killed before any step, and a successor goes on in a file of
   its own, which begins with the retained value, copied from the old file. Readers move on to the new file, and
   keep a view of the old one. Steps have the numbers of pins.pml. Everybody may be killed before any step; a
   successor that is killed before the rename has the next one after it.

   Checked:
     carried    the new file begins with the newest value of the old one, whole, wherever its writer was killed
     whole      a view of the old file does not change, whatever is published in the new one, and neither does
                what is pinned there
     own        an entry is cleared by its owner, or after its owner's death, in the file that it is of
     no leak    nothing of byte i is left in a file whose byte i a mapping has just taken, or given back

   Left out: what pins.pml checks of one file (loans, every depth); the names and the locks of the owners
   (ownership.pml: the old one's death and the rename are one step each here); a type or length that does not fit,
   for which nothing is carried over.

   Check: python3 docs/models/check.py pins_takeover

   Controls, each of which must be found wrong:
     -DCARRY_EARLY  the value is carried over while the old owner lives
     -DOLD_PIN      a mapping that has pinned the chunk of the same number in the old file does not pin the new one
     -DOLD_BYTE     what has byte i of one file clears the entries of i in the other one
     -DOLD_ENTRY    a view of the old file clears its entry in the new file's table
     -DNO_HOLD      the reader gives its byte of the old file back when it moves on, with its view still held */
#ifndef SLOTS
#define SLOTS 2                   /* buffer_num + 1, in both files */
#endif
#ifndef VIEWS
#define VIEWS 0                   /* 0 or 1: entries are VIEWS + 1 */
#endif
#ifndef OLD_VALUES
#define OLD_VALUES 2
#endif
#ifndef VALUES
#define VALUES 3                  /* of the new file, with the one that is carried over */
#endif
#ifndef READERS
#define READERS 1
#endif
#ifndef BYTES
#define BYTES READERS             /* 1 or 2 */
#endif
#define ENTRIES (VIEWS + 1)
#define CHUNKS (SLOTS - 1 + VIEWS + 1 + 1)
#define NONE 255
#define SCRATCH 255               /* the content of a chunk that is free or being filled */
bool dead;                        /* the old file's writer */
bool new;                         /* the name points at the new file */
byte carried;                     /* which of the old file's values is the new one's value 1 */
byte head[2];                     /* each is [file], and then the word in that file */
byte sequence[2 * SLOTS];
byte chunk[2 * SLOTS];
byte content[2 * CHUNKS];         /* a value of the old file: k, of the new one: 8 + k, or what is carried */
byte pin[4];
bool lock[2 * BYTES];

#define SLOT(f, k) ((f) * SLOTS + (k) % SLOTS)
#define CHUNK(f, c) ((f) * CHUNKS + (c))
#define ENTRY(f, e) ((f) * 2 + (e))
#define BYTE(f, i) ((f) * BYTES + (i))
#define VALUE(f, k) (f == 0 || k == 0 -> k : (k == 1 && carried != 0 -> carried : 8 + k))
#define PIN(i, c) ((i) * 8 + (c) + 1)
#define OF(f, e, i) (pin[ENTRY(f, e)] != 0 && pin[ENTRY(f, e)] / 8 == i)
#define LEFT(f, i) (OF(f, 0, i) || OF(f, 1, i))
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
#define STEP(step) if :: atomic { step } :: atomic { true -> goto killed } fi /* one step, or the kill before it */

proctype writer(bit f) {
    byte k, c, e, taken, copied;
    if
    :: f == 0 -> goto next
    :: else
    fi;
end_old_one_lives:
#ifdef CARRY_EARLY
    atomic { head[0] != 0 -> k = head[0] };
#else
    atomic { dead -> k = head[0] };
#endif
    if
    :: k != 0 ->
#ifdef CARRY_EARLY
       STEP(if :: sequence[SLOT(0, k)] == 2 * k :: else -> k = 0; goto end_old_one_lives fi);
#endif
       STEP(assert(sequence[SLOT(0, k)] == 2 * k || !dead); c = chunk[SLOT(0, k)]);
       STEP(copied = content[CHUNK(0, c)]);                /* pread */
       STEP(assert(copied == k && (k == head[0] || !dead)); carried = copied;
            head[1] = 1; sequence[SLOT(1, 1)] = 2; chunk[SLOT(1, 1)] = 0; content[CHUNK(1, 0)] = copied;
            new = true; k = 0; c = 0; copied = 0)          /* rename */
    :: else -> STEP(new = true)
    fi;
next:
    do
    :: STEP(head[f] < (f == 0 -> OLD_VALUES : VALUES) -> k = head[f] + 1);
       STEP(sequence[SLOT(f, k)] = 2 * k - 1);             /* W1 */
       do                                                  /* W2 */
       :: STEP(if
               :: pin[ENTRY(f, e)] != 0 -> taken = taken | (1 << ((pin[ENTRY(f, e)] - 1) % 8))
               :: else
               fi;
               NEXT)
       od;
       STEP(for (e : 0 .. SLOTS - 1) {                     /* W3 */
                if
                :: e != k % SLOTS && sequence[SLOT(f, e)] != 0 -> taken = taken | (1 << chunk[SLOT(f, e)])
                :: else
                fi
            }
            assert(taken != (1 << CHUNKS) - 1);
            for (e : 0 .. CHUNKS - 1) { if :: (taken & (1 << e)) == 0 -> content[CHUNK(f, e)] = SCRATCH :: else fi }
            do
            :: (taken & (1 << c)) == 0 -> break
            :: (taken | ((2 << c) - 1)) != (1 << CHUNKS) - 1 -> c++
            od;
            e = 0; taken = 0);
       STEP(content[CHUNK(f, c)] = 8 * f + k; chunk[SLOT(f, k)] = c); /* W4 */
       STEP(sequence[SLOT(f, k)] = 2 * k);                 /* W5 */
       STEP(head[f] = k; k = 0; c = 0)                     /* W6 */
    od;
killed:
    atomic {
        k = 0; c = 0; e = 0; taken = 0; copied = 0;
        if
        :: f == 0 -> dead = true
        :: f == 1 && !new -> goto end_old_one_lives        /* the next one, with a file of its own */
        :: f == 1 && new
        fi
    }
}

#ifdef OLD_BYTE
#define CLEARED(f) (1 - (f))
#else
#define CLEARED(f) (f)
#endif
inline clear(f) {
    do
    :: STEP(if :: OF(CLEARED(f), e, i) -> pin[ENTRY(CLEARED(f), e)] = 0 :: else fi; NEXT)
    od
}

proctype reader() {
    bit f;                                                 /* the file that it reads, */
    byte i = NONE, k, c, e;                                /* its byte there */
    byte view, viewChunk, viewEntry, viewByte = NONE;      /* and what it keeps: of file viewFile, pinned by viewByte */
    bit viewFile;
end_all_taken:
    if                                                     /* R0 */
    :: atomic { !lock[BYTE(f, 0)] -> i = 0; lock[BYTE(f, 0)] = true }
#if BYTES > 1
    :: atomic { !lock[BYTE(f, 1)] -> i = 1; lock[BYTE(f, 1)] = true }
#endif
    :: atomic { view != 0 -> goto killed }                 /* all bytes of the new file are taken */
    fi;
    clear(f);
    atomic { CHECK((view != 0 && viewFile == f) || !LEFT(f, i)) };
again:
    if
    :: atomic { head[f] != 0 -> k = head[f] }              /* R1 */
    :: atomic { true -> goto killed }
    :: atomic { new && f == 0 ->                           /* the name points at another file: to that one */
                CHECK(view != 0 || !LEFT(0, i));
#ifndef NO_HOLD
                if :: view == 0 -> lock[BYTE(0, i)] = false :: else fi; /* the last view gives it back */
#else
                lock[BYTE(0, i)] = false;
#endif
                f = 1; i = NONE; goto end_all_taken }
    :: atomic { view != 0 ->                               /* R7 of the view, however late */
                assert(content[CHUNK(viewFile, viewChunk)] == view);
#ifdef OLD_ENTRY
                pin[ENTRY(f, viewEntry)] = 0;
#else
                CHECK(pin[ENTRY(viewFile, viewEntry)] == PIN(viewByte, viewChunk));
                pin[ENTRY(viewFile, viewEntry)] = 0;
#endif
                view = 0; viewChunk = 0; viewEntry = 0 };
       if
       :: viewFile != f ->
          STEP(CHECK(!LEFT(viewFile, viewByte)); lock[BYTE(viewFile, viewByte)] = false)
       :: else
       fi;
       viewFile = 0; viewByte = NONE; goto again
    fi;
    STEP(if :: sequence[SLOT(f, k)] == 2 * k :: else -> k = 0; goto again fi); /* R2 */
    STEP(c = chunk[SLOT(f, k)]);                           /* R3 */
#ifdef OLD_PIN
    if
    :: f == 1 && view != 0 && viewFile == 0 && viewChunk == c ->
       STEP(if :: sequence[SLOT(f, k)] == 2 * k :: else -> k = 0; c = 0; goto again fi);
       STEP(assert(content[CHUNK(f, c)] == VALUE(f, k)); k = 0; c = 0; goto again)
    :: else
    fi;
#endif
    do
    :: STEP(if :: pin[ENTRY(f, e)] == 0 -> pin[ENTRY(f, e)] = PIN(i, c); goto pinned :: else fi; NEXT) /* R4 */
    od;
    atomic { k = 0; c = 0; goto again };                   /* no free entry: pins.pml has the copy */
pinned:
    STEP(if
         :: sequence[SLOT(f, k)] == 2 * k -> assert(content[CHUNK(f, c)] == VALUE(f, k)); /* R5 */
            if
            :: view == 0 -> view = VALUE(f, k); viewChunk = c; viewEntry = e; viewFile = f; viewByte = i;
                            k = 0; c = 0; e = 0; goto again
            :: skip
            fi
         :: else
         fi);
    STEP(CHECK(pin[ENTRY(f, e)] == PIN(i, c)); pin[ENTRY(f, e)] = 0; e = 0; k = 0; c = 0; goto again); /* R7 */
killed:
    atomic {
        if :: viewByte != NONE -> lock[BYTE(viewFile, viewByte)] = false :: else fi;
        if :: i != NONE -> lock[BYTE(f, i)] = false :: else fi;
        f = 0; i = NONE; k = 0; c = 0; e = 0; view = 0; viewChunk = 0; viewEntry = 0; viewByte = NONE; viewFile = 0;
        goto end_all_taken
    }
}

#define SWEEP(f, n) atomic { !lock[BYTE(f, n)] && LEFT(f, n) -> lock[BYTE(f, n)] = true; file = f; i = n }
proctype sweeper() {
    byte i, e;
    bit file;
end_nothing_left:
    if                                                     /* S1 */
    :: SWEEP(0, 0)
    :: SWEEP(1, 0)
#if BYTES > 1
    :: SWEEP(0, 1)
    :: SWEEP(1, 1)
#endif
    fi;
    clear(file);                                           /* S2 */
    CHECK(!LEFT(file, i));
killed:
    atomic { lock[BYTE(file, i)] = false; i = 0; e = 0; file = 0; goto end_nothing_left } /* S3 */
}

init {
    atomic {
        byte r;
        for (r : 0 .. 2 * CHUNKS - 1) { content[r] = SCRATCH }
        run writer(0);
        run writer(1);
        run sweeper();
        for (r : 1 .. READERS) { run reader() }
    }
}
