package shmpubsub

import "fmt"

// in returns s's sample in a's present set; nil: there is no set, or s is not in it, which Err then says.
func (s *reader) in(a *Alignment) *aligned {
	for i := range a.topics {
		if t := &a.topics[i]; t.of == s {
			if !a.there {
				return nil
			}
			return t
		}
	}
	_ = s.refuse(fmt.Errorf("%w: read %q: found an alignment without this subscriber; expected one that it was given to", ErrValue, s.topic))
	return nil
}

// Aligned returns the subscriber's sample in a's present set and true, or the default and false if there is no set, or if Err
// says why. The sample's age is that when the set was found.
func (s *Subscriber[T]) Aligned(a *Alignment) (Sample[T], bool) {
	var v T
	if t := s.in(a); t != nil && s.put(&v, &t.held) == nil {
		return sampleOf(v, t.sample, a.at), true
	}
	return Sample[T]{Value: s.def}, false
}

// AlignedInto is Aligned into *v, which it leaves as it is when it reports false.
func (s *Subscriber[T]) AlignedInto(a *Alignment, v *T) bool {
	t := s.in(a)
	return t != nil && s.put(v, &t.held) == nil
}

// BorrowAligned is [Subscriber.Borrow] for the subscriber's value in a's present set.
func (s *Subscriber[T]) BorrowAligned(a *Alignment, use func(*T)) bool {
	t := s.in(a)
	if t == nil {
		return false
	}
	v := s.inPlace(&t.held)
	if v == nil {
		if v = new(T); s.put(v, &t.held) != nil {
			return false
		}
	}
	use(v)
	return true
}

// Aligned is [Subscriber.Aligned], and appends the value to dst.
func (s *SliceSubscriber[E]) Aligned(a *Alignment, dst []E) (Sample[[]E], bool) {
	if t := s.in(a); t != nil {
		if v, err := s.appendTo(dst, &t.held); err == nil {
			return sampleOf(v, t.sample, a.at), true
		}
	}
	return Sample[[]E]{Value: dst}, false
}

// BorrowAligned is [SliceSubscriber.Borrow] for the subscriber's value in a's present set.
func (s *SliceSubscriber[E]) BorrowAligned(a *Alignment, use func([]E)) bool {
	t := s.in(a)
	if t == nil {
		return false
	}
	v, ok := s.inPlace(&t.held)
	if !ok {
		var err error
		if v, err = s.appendTo(nil, &t.held); err != nil {
			return false
		}
	}
	use(v)
	return true
}
