// Package ring is a single-writer, many-reader ring of fixed-size values, each guarded by a
// sequence number (a seqlock per slot). It makes no system call and knows nothing of files: the
// words may lie in shared memory or on the heap.
//
// The protocol. head is the number of values published; value k, from 1, lives in slot k mod n.
//
//	writer of value k                 reader of the newest value
//	1  slot.sequence = 2k-1           a  k = head; 0: nothing published
//	2  slot.time, slot.payload        b  slot.sequence must be 2k
//	3  slot.sequence = 2k             c  copy slot.time, slot.payload
//	4  head = k                       d  slot.sequence must still be 2k, else from a again
//
// 4 pairs with a: a reader that sees head = k sees all of value k. 1 pairs with d: a reader that
// copied a word of a later value sees that value's odd sequence. A reader retries only when the
// writer has gone once round the ring since a, and with n >= 2 slots the value that head names is
// never the one being written: a writer that stops between any two steps stops no reader.
//
// The reader of every value, in next.go, takes value k instead, the one after the last that it has, in the
// same steps. head >= k shows it value k as well as it shows the newest one.
//
// Every access goes through sync/atomic, which is sequentially consistent; protocol/ring.h is the same
// protocol with the weakest C11 orders that are enough.
package ring

import (
	"sync/atomic"

	"shm_pub_sub/shmpubsub/internal/killpoint"
)

// Words before a slot's payload.
const (
	sequence = 0
	stamp    = 1
	payload  = 2
)

// Ring locates the words of one ring.
type Ring struct {
	head   *atomic.Uint64
	words  []atomic.Uint64
	stride uint64 // words from one slot to the next
	slots  uint64
	size   uint64 // words of one value
}

// New describes a ring of len(words)/stride slots. It panics where they cannot hold two values of
// size words: the caller has validated what it read from a file.
func New(head *atomic.Uint64, words []atomic.Uint64, stride, size int) Ring {
	if size < 1 || stride < payload+size || len(words) < 2*stride {
		panic("ring: geometry not validated")
	}
	return Ring{head: head, words: words, stride: uint64(stride), slots: uint64(len(words) / stride), size: uint64(size)}
}

// Published returns how many values were published so far.
func (r *Ring) Published() uint64 { return r.head.Load() }

func (r *Ring) slot(k uint64) []atomic.Uint64 {
	i := k % r.slots * r.stride
	return r.words[i : i+payload+r.size]
}

// Writer writes a ring. There must be one at a time, and its calls must not overlap.
type Writer struct {
	Ring
	k uint64 // values published
}

// NewWriter continues after the values that r holds.
func NewWriter(r Ring) Writer { return Writer{Ring: r, k: r.Published()} }

// Write publishes value, which was made at time now (CLOCK_MONOTONIC, ns).
//
// A batch is as many writes, with head moved by each: some of its values may overwrite others, and a
// reader takes a slot that is further on than head for garbage. Its waiters are notified once, after the
// last. So in C all stores of head but the last need only be releases (ring_write_early): who sees one of
// them sees what it counts. It is the last alone that pairs with a waiter's second look, and a waiter
// who looked before that one is woken, whatever he has missed.
func (w *Writer) Write(value []uint64, now int64) {
	k := w.k + 1
	s := w.slot(k)
	s[sequence].Store(2*k - 1)
	killpoint.Here()
	s[stamp].Store(uint64(now))
	killpoint.Here()
	for i := range value {
		s[payload+i].Store(value[i])
		killpoint.Here()
	}
	s[sequence].Store(2 * k)
	killpoint.Here()
	w.head.Store(k)
	killpoint.Here()
	w.k = k
}

// Sample says which value was read.
type Sample struct {
	Sequence uint64 // its number, from 1; 0: nothing was published
	Time     int64  // when it was published, CLOCK_MONOTONIC, ns
}

// maxRetries is how often a reader looks again while head stands still. A writer can pass a reader
// only by moving head, give or take the few nanoseconds until its stores are visible, so a slot that
// contradicts an unmoving head for so long is garbage.
const maxRetries = 1 << 16

// headLimit is more values than can ever have been published. Twice as many would overflow to the
// sequence of an unused slot.
const headLimit = 1 << 62

// Newest copies the newest value to dst and says which it is. It reports false where the memory
// contradicts itself, which no writer, killed or not, can cause.
func (r *Ring) Newest(dst []uint64) (Sample, bool) {
	for last, retries := uint64(0), 0; retries < maxRetries; retries++ {
		k := r.head.Load()
		if k == 0 {
			return Sample{}, true
		}
		if k >= headLimit {
			return Sample{}, false
		}
		if k != last {
			last, retries = k, 0
		}
		s := r.slot(k)
		if s[sequence].Load() != 2*k {
			continue
		}
		at := int64(s[stamp].Load())
		for i := range dst {
			dst[i] = s[payload+i].Load()
		}
		if s[sequence].Load() == 2*k {
			return Sample{Sequence: k, Time: at}, true
		}
	}
	return Sample{}, false
}
