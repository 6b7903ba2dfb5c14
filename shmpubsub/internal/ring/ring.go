// Package ring is a single-writer, many-reader ring of fixed-size values, each guarded by a
// sequence number (a seqlock per slot). It makes no system call and knows nothing of files: the
// words may lie in shared memory or on the heap.
//
// head is the number of values published; value k, from 1, is in slot k mod n.
//
//	writer of value k                 reader of the newest value
//	1  slot.sequence = 2k-1           a  k = head; 0: nothing published
//	2  slot.time, slot.payload        b  slot.sequence must be 2k
//	3  slot.sequence = 2k             c  copy slot.time, slot.payload
//	4  head = k                       d  slot.sequence must still be 2k, otherwise from a again
//
// 4 pairs with a: a reader that sees head = k sees all of value k. 1 pairs with d: a reader that copied a word of a
// later value sees that value's odd sequence. A reader retries only if the writer has gone once round the ring since
// a, and with n >= 2 slots the value that head names is never the one being written: a writer that stops between any
// two steps stops no reader.
//
// The reader of every value, in next.go, takes the value after its last one in the same steps: head >= k shows it
// value k just as head = k does.
//
// Every access goes through sync/atomic, which is sequentially consistent; protocol/ring.h has the weakest C11 orders
// that suffice.
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

// New describes a ring of len(words)/stride slots. It panics if they cannot hold two values of size words: the caller
// must validate what it reads from a file.
func New(head *atomic.Uint64, words []atomic.Uint64, stride, size int) Ring {
	if size < 1 || stride < payload+size || len(words) < 2*stride {
		panic("ring: geometry not validated")
	}
	return Ring{head: head, words: words, stride: uint64(stride), slots: uint64(len(words) / stride), size: uint64(size)}
}

// Published returns how many values were published so far.
func (r *Ring) Published() uint64 { return r.head.Load() }

// Index returns the number of value k's slot, and Slots how many there are.
func (r *Ring) Index(k uint64) uint64 { return k % r.slots }
func (r *Ring) Slots() uint64         { return r.slots }

// Keeps reports whether value k is whole in its slot: what was read of it before is whole as well.
func (r *Ring) Keeps(k uint64) bool { return r.slot(k)[sequence].Load() == 2*k }

// Read copies value k to dst without a second look, for a writer that reads its own ring.
func (r *Ring) Read(k uint64, dst []uint64) {
	s := r.slot(k)
	for i := range dst {
		dst[i] = s[payload+i].Load()
	}
}

func (r *Ring) slot(k uint64) []atomic.Uint64 {
	i := k % r.slots * r.stride
	return r.words[i : i+payload+r.size]
}

// Writer writes a ring. A ring has one writer at a time, whose calls must not overlap.
type Writer struct {
	Ring
	k uint64 // values published
}

// NewWriter continues after the values in r.
func NewWriter(r Ring) Writer { return Writer{Ring: r, k: r.Published()} }

// Last returns which value it wrote last; sequence 0: none.
func (w *Writer) Last() Sample {
	if w.k == 0 {
		return Sample{}
	}
	return Sample{Sequence: w.k, Time: int64(w.slot(w.k)[stamp].Load())}
}

// Begin makes the slot that the next value will use odd: its old value is no longer kept. Beginning again changes nothing.
func (w *Writer) Begin() {
	k := w.k + 1
	w.slot(k)[sequence].Store(2*k - 1)
	killpoint.Here()
}

// Write publishes value with the time now (CLOCK_MONOTONIC, ns).
//
// A batch is several writes, and each moves head: values of a batch may overwrite others, and readers treat a slot that
// is ahead of head as garbage. Waiters are notified once, after the last. So in C only the last store of head is
// sequentially consistent, for the waiter's second look; the others are releases (ring_write_early). A waiter that
// looked before the last one is woken.
func (w *Writer) Write(value []uint64, now int64) {
	w.Begin()
	w.Finish(value, now)
}

// Finish publishes value, in the slot that Begin has made odd.
func (w *Writer) Finish(value []uint64, now int64) {
	k := w.k + 1
	s := w.slot(k)
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

// Sample identifies a value.
type Sample struct {
	Sequence uint64 // its number, from 1; 0: there is none
	Time     int64  // when it was published, CLOCK_MONOTONIC, ns
}

// maxRetries is how often a reader retries while head does not move. A writer can lap a reader only by moving head, give
// or take the few nanoseconds until its stores are visible, so a slot that contradicts the same head for so long is
// garbage.
const maxRetries = 1 << 16

// headLimit is more values than can ever be published. Twice as many would overflow to the sequence of an unused slot.
const headLimit = 1 << 62

// Newest copies the newest value to dst. It reports false if the memory contradicts itself, which no writer, killed or
// not, can cause.
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
