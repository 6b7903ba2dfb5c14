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
// ErrClosed once the subscriber is closed, and, without waiting further, ErrType, ErrOpen or ErrLayout if the
// topic exists and cannot be read. With an error it returns the subscriber's default.
//
// If several goroutines call Recv, one of them gets each value. It allocates nothing, except 80 bytes if it must
// wait and ctx can end. Waiting on a topic's file occupies a thread, as any system call does.
func (s *Subscriber[T]) Recv(ctx context.Context) (T, error) {
	var w [1]uint64
	if _, err := s.receive(ctx, w[:]); err != nil {
		return s.def, err
	}
	return s.codec.decode(w[0]), nil
}

// RecvSample is Recv, but returns the value with its number, time and age.
func (s *Subscriber[T]) RecvSample(ctx context.Context) (Sample[T], error) {
	var w [1]uint64
	taken, err := s.receive(ctx, w[:])
	if err != nil {
		return Sample[T]{Value: s.def}, err
	}
	return s.sample(taken, w[0], clock.Now()), nil
}

func (s *Subscriber[T]) receive(ctx context.Context, dst []uint64) (ring.Sample, error) {
	if taken, err := s.tryTake(dst); err != nil || taken.Sequence > 0 {
		return taken, err
	}
	defer s.interruptedBy(ctx)()
	return s.await(ctx, dst)
}

// tryTake is take, or ErrClosed.
func (s *Subscriber[T]) tryTake(dst []uint64) (ring.Sample, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ring.Sample{}, s.closedError("receive")
	}
	return s.take(dst)
}

// TryRecv is Recv without waiting: it returns the subscriber's default and false if there is no value. Err
// returns why, unless nothing new was published.
func (s *Subscriber[T]) TryRecv() (T, bool) {
	var w [1]uint64
	if taken, _ := s.tryTake(w[:]); taken.Sequence == 0 {
		return s.def, false
	}
	return s.codec.decode(w[0]), true
}

// Values yields what Recv returns, until ctx ends, the subscriber is closed, or Recv has another error, which
// Err then returns.
func (s *Subscriber[T]) Values(ctx context.Context) iter.Seq[T] {
	return func(yield func(T) bool) {
		defer s.interruptedBy(ctx)()
		var w [1]uint64
		for {
			taken, err := s.tryTake(w[:])
			if err == nil && taken.Sequence == 0 {
				_, err = s.await(ctx, w[:])
			}
			if err != nil || !yield(s.codec.decode(w[0])) {
				return
			}
		}
	}
}
