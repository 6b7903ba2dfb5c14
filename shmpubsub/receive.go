package shmpubsub

import (
	"context"
	"iter"

	"shm_pub_sub/shmpubsub/internal/clock"
	"shm_pub_sub/shmpubsub/internal/ring"
)

// Recv returns the next value that this subscriber has not returned yet, the oldest that is still kept
// first, and waits where there is none. A new subscriber begins with the newest value ([WithHistory]
// changes that). Values that are overwritten before they are taken are skipped, and counted by Lost. What a
// publisher published before its end is returned before the next one's values.
//
// Where there is a value it is returned, whatever ctx says. Else Recv returns ctx's error once ctx ends,
// ErrClosed once the subscriber is closed, and, without waiting further, ErrType, ErrOpen or ErrLayout where a
// topic is there that cannot be read. With an error comes the subscriber's default.
//
// Of several goroutines in Recv one gets each value. It allocates nothing, but 80 bytes where it must wait and
// ctx can end. Who waits on a topic's file holds a thread, as in any system call.
func (s *Subscriber[T]) Recv(ctx context.Context) (T, error) {
	var w [1]uint64
	if _, err := s.receive(ctx, w[:]); err != nil {
		return s.def, err
	}
	return s.codec.decode(w[0]), nil
}

// RecvSample is Recv with all that is known of the value.
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

// tryTake is take, and ErrClosed where it is too late for that.
func (s *Subscriber[T]) tryTake(dst []uint64) (ring.Sample, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ring.Sample{}, s.closedError("receive")
	}
	return s.take(dst)
}

// TryRecv is Recv without waiting: it returns the subscriber's default and false where there is no value.
// Err says why, where that is not simply that nothing new was published.
func (s *Subscriber[T]) TryRecv() (T, bool) {
	var w [1]uint64
	if taken, _ := s.tryTake(w[:]); taken.Sequence == 0 {
		return s.def, false
	}
	return s.codec.decode(w[0]), true
}

// Values returns what Recv returns, one value after the other, until ctx ends or the subscriber is closed or
// Recv has another error, which Err tells then.
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
