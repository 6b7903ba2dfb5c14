package ring

import "math"

// The values of a ring are in the order of their times, so that one is found by bisection. The exception is a value that was
// carried over from before a reboot, whose time may be in the future: it is value 1, and does not count once value 2 has an
// earlier time. protocol/times.h has the same in C, and why it is right.

// Query asks for a value by its time.
type Query struct {
	Time    int64 // CLOCK_MONOTONIC, ns
	Nearest bool  // the one nearest to Time, of two the later, of several with one time the last; otherwise the first at or after it
	Oldest  int64 // those before it do not count
}

// unsigned returns a time as slots have it.
func unsigned(t int64) uint64 { return uint64(max(t, 0)) }

// Search returns the first of the kept values whose time is t or later, or head+1 if there is none, and head. A value that
// is overwritten meanwhile counts as earlier. It reports false if head is garbage.
func (r *Ring) Search(t int64) (k, head uint64, sound bool) {
	if head = r.Published(); head >= headLimit {
		return 0, 0, false
	}
	return r.first(r.oldest(head), head, unsigned(t)), head, true
}

// oldest returns the oldest value that is kept, and counts.
func (r *Ring) oldest(head uint64) uint64 {
	k := head - min(head, r.capacity()) + 1
	if k == 1 && head > 1 {
		first, kept := r.timeOf(1)
		second, there := r.timeOf(2)
		if kept && there && second < first {
			return 2
		}
	}
	return k
}

// first returns the first of the values low to head whose time is t or later; head+1: there is none.
func (r *Ring) first(low, head, t uint64) uint64 {
	for high := head + 1; low < high; {
		middle := low + (high-low)/2
		if at, kept := r.timeOf(middle); !kept || at < t {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

// timeOf returns value k's time, if it is kept.
func (r *Ring) timeOf(k uint64) (at uint64, kept bool) {
	s := r.slot(k)
	if s[sequence].Load() != 2*k {
		return 0, false
	}
	at = s[stamp].Load()
	return at, s[sequence].Load() == 2*k
}

// nearest returns the one of the values low to head whose time is nearest to t, and not before oldest; 0: there is none.
func (r *Ring) nearest(low, head, t, oldest uint64) uint64 {
	k := r.first(low, head, max(t, oldest))
	earlier, kept := uint64(0), false
	if k > low {
		earlier, kept = r.timeOf(k - 1)
		kept = kept && earlier >= oldest
	}
	if k > head {
		if kept {
			return head
		}
		return 0
	}
	at, _ := r.timeOf(k)
	if kept && t-earlier < at-t {
		return k - 1
	}
	if at == math.MaxUint64 {
		return head
	}
	return r.first(k, head, at+1) - 1
}

// At copies value k, which was published, to dst. Sequence 0 says that it was overwritten. It reports false if the memory
// contradicts itself.
func (r *Ring) At(k uint64, dst []uint64) (Sample, bool) {
	for range maxRetries {
		slot := r.slot(k)
		if slot[sequence].Load() == 2*k {
			at := int64(slot[stamp].Load())
			for i := range dst {
				dst[i] = slot[payload+i].Load()
			}
			if slot[sequence].Load() == 2*k {
				return Sample{Sequence: k, Time: at}, true
			}
		}
		if head := r.Published(); head >= k && head-k >= r.capacity() {
			return Sample{}, true
		}
	}
	return Sample{}, false
}

// Find copies the value that q asks for to dst. Sequence 0 says that there is none up to head. It reports false if the
// memory contradicts itself.
//
// The oldest values that are kept do not count, as many as further says: set it to how often a value that was found was
// overwritten before it was whole. As in Next, a writer at full speed would be there first again and again.
func (r *Ring) Find(q Query, further uint64, dst []uint64) (s Sample, head uint64, sound bool) {
	for range maxRetries {
		if head = r.Published(); head == 0 || head >= headLimit {
			return Sample{}, 0, head == 0
		}
		low := min(r.oldest(head)+min(further, r.slots), head)
		k, t, oldest := uint64(0), unsigned(q.Time), unsigned(q.Oldest)
		if q.Nearest {
			k = r.nearest(low, head, t, oldest)
		} else {
			k = r.first(low, head, max(t, oldest))
		}
		none := k == 0 || k > head
		if none {
			s, sound = r.At(head, nil) // what has no value has no such value either
		} else {
			s, sound = r.At(k, dst)
		}
		switch {
		case !sound:
			return Sample{}, 0, false
		case s.Sequence > 0 && none:
			return Sample{}, head, true
		case s.Sequence > 0:
			return s, head, true
		}
		further++
	}
	return Sample{}, 0, false
}
