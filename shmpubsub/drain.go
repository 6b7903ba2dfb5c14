package shmpubsub

import (
	"slices"

	"shm_pub_sub/shmpubsub/internal/segment"
)

// Drain returns all values that Recv would return without waiting, including those of publishers that have
// ended, and none that are published much later than the call.
func (s *Subscriber[T]) Drain() []T {
	s.mu.Lock()
	defer s.mu.Unlock()
	// Damaged headers may promise any number of values.
	const step = 4096
	all := slices.Grow([]T(nil), int(min(s.unseen(), step)))
	var w [1]uint64
	for b := s.bound(); s.takeWithin(&b, w[:]); {
		all = append(all, s.codec.decode(w[0]))
	}
	return all
}

// DrainInto is Drain into an existing slice: it takes at most len(dst) values, and returns how many. It does not
// allocate.
func (s *Subscriber[T]) DrainInto(dst []T) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	var w [1]uint64
	b := s.bound()
	for i := range dst {
		if !s.takeWithin(&b, w[:]) {
			return i
		}
		dst[i] = s.codec.decode(w[0])
	}
	return len(dst)
}

// bound is how far a drain goes: in each file to the head at the time it came there, if that has moved since. It
// looks for another file once: what was published before it began is in the files mapped then. So it ends,
// however fast publishers publish, end and begin.
type bound struct {
	began *segment.View // the present file when the drain began
	view  *segment.View // that of the last value taken
	last  uint64        // how far it goes there
}

func (s *Subscriber[T]) bound() bound { return bound{began: s.present.view} }

// takeWithin takes the next value within the bound, and reports whether there was one.
func (s *Subscriber[T]) takeWithin(b *bound, dst []uint64) bool {
	if s.closed {
		return false
	}
	if a := s.source(); a.view != nil && a.view == b.view && a.position.After >= b.last {
		looked := s.previous.view == nil && s.present.view != b.began
		if looked || a.ring.Published() != a.position.After {
			return false
		}
	}
	taken, _ := s.take(dst)
	if a := s.source(); taken.Sequence > 0 && a.view != b.view {
		b.view, b.last = a.view, a.ring.Published()
	}
	return taken.Sequence > 0
}

// unseen returns how many values the mapped files have to take, according to their headers.
func (s *Subscriber[T]) unseen() (n uint64) {
	for _, a := range []*attachment{&s.previous, &s.present} {
		if a.readable() {
			n += min(a.unseen(), uint64(a.view.Depth()))
		}
	}
	return n
}
