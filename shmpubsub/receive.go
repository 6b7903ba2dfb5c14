package shmpubsub

import (
	"context"
	"iter"

	"shm_pub_sub/shmpubsub/internal/clock"
	"shm_pub_sub/shmpubsub/internal/ring"
)

// Recv returns the next unread value, oldest first, and waits if there is none. A new subscriber begins with the
// newest value ([WithHistory] changes that). Values that are overwritten before they are taken are skipped, and
// counted by Lost. The values of a publisher that has ended come before those of the next one.
//
// If there is a value it is returned, even if ctx has ended. Otherwise Recv returns ctx's error once ctx ends,
// [ErrClosed] once the subscriber is closed, and, without waiting further, [ErrType], [ErrOpen] or [ErrLayout] if the
// topic exists and cannot be read. With an error it returns the subscriber's default. [ErrValue] says that the value that it
// took is of another length than T.
//
// If several goroutines call Recv, one of them gets each value. It allocates nothing, except text, and 80 bytes if it
// must wait and ctx can end. Waiting on a topic's file occupies a thread, as any system call does.
func (s *Subscriber[T]) Recv(ctx context.Context) (T, error) {
	if !s.word {
		var v T
		if err := s.RecvInto(ctx, &v); err != nil {
			return s.def, err
		}
		return v, nil
	}
	var w [1]uint64
	if _, err := s.receive(ctx, w[:], nil); err != nil {
		return s.def, err
	}
	return scalarOf[T](w[0], s.boolean), nil
}

// RecvInto is Recv into *v, which it leaves as it is if there is an error.
func (s *Subscriber[T]) RecvInto(ctx context.Context, v *T) error {
	_, err := s.recvInto(ctx, v)
	return err
}

func (s *Subscriber[T]) recvInto(ctx context.Context, v *T) (ring.Sample, error) {
	var h held
	taken, err := s.receive(ctx, nil, &h)
	if err != nil {
		return taken, err
	}
	defer s.release(&h)
	return taken, s.put(v, &h)
}

// RecvSample is Recv, but returns the value with its number, time and age.
func (s *Subscriber[T]) RecvSample(ctx context.Context) (Sample[T], error) {
	var v T
	taken, err := s.recvInto(ctx, &v)
	if err != nil {
		return Sample[T]{Value: s.def}, err
	}
	return sampleOf(v, taken, clock.Now()), nil
}

// receive takes the next value, and waits for it: a word to dst or, with h, any value to h.
func (s *reader) receive(ctx context.Context, dst []uint64, h *held) (ring.Sample, error) {
	if taken, err := s.tryTake(dst, h); err != nil || taken.Sequence > 0 {
		return taken, err
	}
	defer s.interruptedBy(ctx)()
	return s.await(ctx, dst, h)
}

// tryTake is take, or ErrClosed.
func (s *reader) tryTake(dst []uint64, h *held) (ring.Sample, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ring.Sample{}, s.closedError("receive")
	}
	return s.take(dst, h)
}

// takeNow takes the next value, if there is one. It tries for a second at most to get one that is not overwritten.
func (s *reader) takeNow(h *held) bool {
	for l := (lapses{}); ; {
		taken, _ := s.tryTake(nil, h)
		if !h.lapped || !l.pause(s) {
			return taken.Sequence > 0
		}
	}
}

// TryRecv is Recv without waiting: it returns the subscriber's default and false if there is no value. Err
// returns why, unless nothing new was published.
func (s *Subscriber[T]) TryRecv() (T, bool) {
	if !s.word {
		var v T
		var h held
		if !s.takeNow(&h) {
			return s.def, false
		}
		defer s.release(&h)
		if s.put(&v, &h) != nil {
			return s.def, false
		}
		return v, true
	}
	var w [1]uint64
	if taken, _ := s.tryTake(w[:], nil); taken.Sequence == 0 {
		return s.def, false
	}
	return scalarOf[T](w[0], s.boolean), true
}

// Values yields what Recv returns, until ctx ends, the subscriber is closed, or Recv has another error, which
// Err then returns.
func (s *Subscriber[T]) Values(ctx context.Context) iter.Seq[T] {
	return func(yield func(T) bool) {
		defer s.interruptedBy(ctx)()
		for {
			v, err := s.next(ctx)
			if err != nil || !yield(v) {
				return
			}
		}
	}
}

// next is Recv for a ctx whose end interrupts s already.
func (s *Subscriber[T]) next(ctx context.Context) (v T, err error) {
	var w [1]uint64
	var h *held
	if !s.word {
		h = &held{}
	}
	taken, err := s.tryTake(w[:], h)
	if err == nil && taken.Sequence == 0 {
		_, err = s.await(ctx, w[:], h)
	}
	switch {
	case err != nil:
	case h == nil:
		v = scalarOf[T](w[0], s.boolean)
	default:
		err = s.put(&v, h)
		s.release(h)
	}
	return v, err
}
