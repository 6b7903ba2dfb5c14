package shmpubsub

import (
	"math"
	"time"

	"shm_pub_sub/shmpubsub/internal/clock"
	"shm_pub_sub/shmpubsub/internal/ring"
)

// Sample is a value with its number, time and age.
type Sample[T any] struct {
	Value    T
	Sequence uint64        // its number among its publisher's values, from 1
	Time     int64         // when it was published, or what PublishAt said, on the clock of Now
	Age      time.Duration // when it was read; math.MaxInt64 if it was published before a reboot
}

func sampleOf[T any](v T, of ring.Sample, now int64) Sample[T] {
	return Sample[T]{Value: v, Sequence: of.Sequence, Time: of.Time, Age: age(of.Time, now)}
}

// Newest is Subscribe, but returns the value with its number, time and age. It consumes no value.
func (s *Subscriber[T]) Newest() (Sample[T], bool) {
	if !s.word {
		var v T
		newest, now, err := s.newestInto(&v)
		if err != nil || newest.Sequence == 0 {
			return Sample[T]{Value: s.def}, false
		}
		return sampleOf(v, newest, now), true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := clock.Now()
	var w [1]uint64
	newest := s.newest(w[:], nil, now)
	if newest.Sequence == 0 {
		return Sample[T]{Value: s.def}, false
	}
	return sampleOf(scalarOf[T](w[0], s.boolean), newest, now), true
}

// age returns how old a value is, like C's value_age. A publisher's clock may be a little ahead of the one just read;
// a time further ahead comes from another boot or time namespace, and only shows that the value is old.
func age(published, now int64) time.Duration {
	if d := time.Duration(now - published); d > -time.Second {
		return max(d, 0)
	}
	return math.MaxInt64
}
