package shmpubsub

import (
	"slices"

	"shm_pub_sub/shmpubsub/internal/segment"
)

// Drain returns all values that Recv would return without waiting, those of publishers that have ended
// among them, and none that are published much later than it is called.
func (s *Subscriber[T]) Drain() []T {
	s.mu.Lock()
	defer s.mu.Unlock()
	// How many there seem to be is what headers say, and these may be damaged.
	const step = 4096
	all := slices.Grow([]T(nil), int(min(s.unseen(), step)))
	var w [1]uint64
	for b := s.drains(); s.takeWithin(&b, w[:]); {
		all = append(all, s.codec.decode(w[0]))
	}
	return all
}

// DrainInto is Drain into a slice that is there already: it takes at most len(dst) values, and returns how
// many. It does not allocate.
func (s *Subscriber[T]) DrainInto(dst []T) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	var w [1]uint64
	b := s.drains()
	for i := range dst {
		if !s.takeWithin(&b, w[:]) {
			return i
		}
		dst[i] = s.codec.decode(w[0])
	}
	return len(dst)
}

// bound says how far a drain goes: in each file to the head as it was when the drain came there, if that has
// moved on since. It looks for another file once: what was published before the drain began is in those that
// are mapped then. So it ends, however fast publishers publish, end and begin.
type bound struct {
	began *segment.View // the present file when it began
	view  *segment.View // that of the last value taken
	last  uint64        // how far it goes there
}

func (s *Subscriber[T]) drains() bound { return bound{began: s.view} }

// takeWithin takes the next value within the bound, and reports whether there was one.
func (s *Subscriber[T]) takeWithin(b *bound, dst []uint64) bool {
	if s.closed {
		return false
	}
	if a := s.source(); a.view != nil && a.view == b.view && a.cursor.After >= b.last {
		looked := s.left.view == nil && s.view != b.began
		if looked || a.ring.Published() != a.cursor.After {
			return false
		}
	}
	taken, _ := s.take(dst)
	if a := s.source(); taken.Sequence > 0 && a.view != b.view {
		b.view, b.last = a.view, a.ring.Published()
	}
	return taken.Sequence > 0
}

// source returns the file that the next value is taken from.
func (s *Subscriber[T]) source() *attachment {
	if s.left.view != nil {
		return &s.left
	}
	return &s.attachment
}

// unseen returns how many values can be taken from the files that are mapped, as far as their headers tell.
func (s *Subscriber[T]) unseen() (n uint64) {
	for _, a := range []*attachment{&s.left, &s.attachment} {
		if a.readable() {
			n += min(a.ring.Unseen(a.cursor), uint64(a.view.Depth()))
		}
	}
	return n
}
