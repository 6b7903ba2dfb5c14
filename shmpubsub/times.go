package shmpubsub

import (
	"context"

	"shm_pub_sub/shmpubsub/internal/clock"
)

// At returns the kept value whose time is nearest to an instant, on [Now]'s clock, and true if Subscribe would report true
// for it; otherwise the subscriber's default and false. Of two that are equally near it is the later one. It consumes no
// value, and reads those of the present publisher only.
func (s *Subscriber[T]) At(time int64) (Sample[T], bool) {
	var v T
	var h held
	found, now := s.holdAt(time, &h)
	defer s.release(&h)
	if found.Sequence == 0 || s.put(&v, &h) != nil {
		return Sample[T]{Value: s.def}, false
	}
	return sampleOf(v, found, now), true
}

// After returns the first kept value whose time is not before an instant, on [Now]'s clock, and waits if there is none. It
// consumes no value, and reads those of the present publisher, and of later ones, only. [WithMaxAge] applies. The errors are
// those of Recv.
func (s *Subscriber[T]) After(ctx context.Context, time int64) (Sample[T], error) {
	var v T
	var h held
	found, err := s.receiveAfter(ctx, time, &h)
	if err == nil {
		defer s.release(&h)
		err = s.put(&v, &h)
	}
	if err != nil {
		return Sample[T]{Value: s.def}, err
	}
	return sampleOf(v, found, clock.Now()), nil
}

// Since returns all kept values whose time is after an instant, on [Now]'s clock, oldest first, and those for which Subscribe
// would report true only. It consumes no value, and reads those of the present publisher only.
func (s *Subscriber[T]) Since(time int64) []Sample[T] {
	return since(&s.reader, time, func(h *held) (v T, err error) {
		err = s.put(&v, h)
		return v, err
	})
}

// At is [Subscriber.At], and appends the value to dst.
func (s *SliceSubscriber[E]) At(time int64, dst []E) (Sample[[]E], bool) {
	var h held
	found, now := s.holdAt(time, &h)
	if found.Sequence == 0 {
		return Sample[[]E]{Value: dst}, false
	}
	sample, err := s.end(dst, &h, found, now, nil)
	return sample, err == nil
}

// After is [Subscriber.After], and appends the value to dst. With an error it returns dst as it is.
func (s *SliceSubscriber[E]) After(ctx context.Context, time int64, dst []E) (Sample[[]E], error) {
	var h held
	found, err := s.receiveAfter(ctx, time, &h)
	return s.end(dst, &h, found, clock.Now(), err)
}

// Since is [Subscriber.Since]. Each value is a slice of its own.
func (s *SliceSubscriber[E]) Since(time int64) []Sample[[]E] {
	return since(&s.reader, time, func(h *held) ([]E, error) { return s.appendTo(nil, h) })
}

// since returns the values of a run, as value makes them.
func since[T any](s *reader, time int64, value func(*held) (T, error)) (all []Sample[T]) {
	for r := (run{after: time}); ; {
		var h held
		found, now, goesOn := s.holdNext(&r, &h)
		switch {
		case !goesOn:
			clear(all)
			all = all[:0]
			continue
		case found.Sequence == 0:
			return all
		}
		if all == nil { // damaged headers may promise any number of values
			all = make([]Sample[T], 0, min(r.last-r.next+2, 4096))
		}
		v, err := value(&h)
		if s.release(&h); err == nil {
			all = append(all, sampleOf(v, found, now))
		}
	}
}
