package shmpubsub

import (
	"math"
	"time"

	"shm_pub_sub/shmpubsub/internal/clock"
	"shm_pub_sub/shmpubsub/internal/ring"
)

// Sample is a value with its number, time and age.
type Sample[T Value] struct {
	Value    T
	Sequence uint64        // its number among its publisher's values, from 1
	Time     int64         // when it was published, CLOCK_MONOTONIC, nanoseconds
	Age      time.Duration // when it was read; math.MaxInt64 if it was published before a reboot
}

func (s *Subscriber[T]) sample(of ring.Sample, word uint64, now int64) Sample[T] {
	return Sample[T]{Value: s.codec.decode(word), Sequence: of.Sequence, Time: of.Time, Age: age(of.Time, now)}
}

// Newest is Subscribe, but returns the value with its number, time and age. It consumes no value.
func (s *Subscriber[T]) Newest() (Sample[T], bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := clock.Now()
	var w [1]uint64
	newest := s.newest(w[:], now)
	if newest.Sequence == 0 {
		return Sample[T]{Value: s.def}, false
	}
	return s.sample(newest, w[0], now), true
}

// age returns how old a value is, like C's value_age. A publisher's clock may be a little ahead of the one just read;
// a time further ahead comes from another boot or time namespace, and only shows that the value is old.
func age(published, now int64) time.Duration {
	if d := time.Duration(now - published); d > -time.Second {
		return max(d, 0)
	}
	return math.MaxInt64
}
