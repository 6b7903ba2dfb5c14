package shmpubsub

import (
	"slices"

	"shm_pub_sub/shmpubsub/internal/segment"
)

// Drain returns all values that Recv would return without waiting, including those of publishers that have
// ended, and none that are published much later than the call.
func (s *Subscriber[T]) Drain() []T {
	if !s.word {
		return s.drainAny()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// Damaged headers may promise any number of values.
	const step = 4096
	all := slices.Grow([]T(nil), int(min(s.unseen(), step)))
	var w [1]uint64
	for b := s.bound(); s.takeWithin(&b, w[:], nil); {
		all = append(all, scalarOf[T](w[0], s.boolean))
	}
	return all
}

// DrainInto is Drain into an existing slice: it takes at most len(dst) values, and returns how many. It does not
// allocate.
func (s *Subscriber[T]) DrainInto(dst []T) int {
	if !s.word {
		return s.drainAnyInto(dst)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var w [1]uint64
	b := s.bound()
	for i := range dst {
		if !s.takeWithin(&b, w[:], nil) {
			return i
		}
		dst[i] = scalarOf[T](w[0], s.boolean)
	}
	return len(dst)
}

func (s *Subscriber[T]) drainAny() (all []T) {
	for b := s.lockedBound(); ; {
		var v T
		var h held
		if !s.holdWithin(&b, &h) {
			return all
		}
		if s.put(&v, &h) == nil {
			all = append(all, v)
		}
		s.release(&h)
	}
}

func (s *Subscriber[T]) drainAnyInto(dst []T) (n int) {
	for b := s.lockedBound(); n < len(dst); {
		var h held
		if !s.holdWithin(&b, &h) {
			return n
		}
		if s.put(&dst[n], &h) == nil {
			n++
		}
		s.release(&h)
	}
	return n
}

// bound is how far a drain goes: in each file to the head at the time it came there, if that has moved since. It
// looks for another file once: what was published before it began is in the files mapped then. So it ends,
// however fast publishers publish, end and begin.
type bound struct {
	began *segment.View // the present file when the drain began
	view  *segment.View // that of the last value taken
	last  uint64        // how far it goes there
}

func (s *reader) bound() bound { return bound{began: s.present.view} }

func (s *reader) lockedBound() bound {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bound()
}

// holdWithin takes the next value within the bound to h, like takeNow.
func (s *reader) holdWithin(b *bound, h *held) bool {
	for l := (lapses{}); ; {
		h.lapped = false
		s.mu.Lock()
		there := s.takeWithin(b, nil, h)
		s.mu.Unlock()
		if !h.lapped || !l.pause(s) {
			return there
		}
	}
}

// takeWithin takes the next value within the bound, and reports whether there was one.
func (s *reader) takeWithin(b *bound, dst []uint64, h *held) bool {
	if s.closed {
		return false
	}
	if a := s.source(); a.view != nil && a.view == b.view && a.position.After >= b.last {
		looked := s.previous.view == nil && s.present.view != b.began
		if looked || a.ring.Published() != a.position.After {
			return false
		}
	}
	taken, _ := s.take(dst, h)
	if a := s.source(); taken.Sequence > 0 && a.view != b.view {
		b.view, b.last = a.view, a.ring.Published()
	}
	return taken.Sequence > 0
}

// unseen returns how many values the mapped files have to take, according to their headers.
func (s *reader) unseen() (n uint64) {
	for _, a := range []*attachment{&s.previous, &s.present} {
		if a.readable() {
			n += min(a.unseen(), uint64(a.view.Depth()))
		}
	}
	return n
}
