package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"shm_pub_sub/shmpubsub"
)

// alignment is an Alignment and its subscribers.
type alignment struct {
	*shmpubsub.Alignment
	of []subscriber
}

var alignments = map[string]alignment{}

// align makes an alignment: of a tolerance in ns, and subscribers.
func align(id string, words []string) error {
	tolerance, err := integers(words[:1])
	if err != nil {
		return err
	}
	var a alignment
	var given []shmpubsub.AnySubscriber
	for _, word := range words[1:] {
		a.of = append(a.of, subscribers[word])
		given = append(given, subscribers[word].any())
	}
	a.Alignment, err = shmpubsub.Align(time.Duration(tolerance[0]), given...)
	alignments[id] = a
	return err
}

// nextSet returns value, number and time of each sample of the next set, then the spread, and what was dropped; "" without one.
func nextSet(a alignment) (string, error) {
	if err := a.Next(ended); err != nil {
		if errors.Is(err, context.Canceled) {
			return "", nil
		}
		return "", err
	}
	var words []string
	for _, s := range a.of {
		sample, ok := s.aligned(a.Alignment)
		if !ok {
			return "", s.Err()
		}
		if !s.borrowAligned(a.Alignment, func(value int64) { ok = value == sample.Value }) || !ok {
			return "", errors.New("another value is borrowed")
		}
		words = append(words, fmt.Sprint(sample.Value, " ", sample.Sequence, " ", sample.Time))
	}
	words = append(words, fmt.Sprint(int64(a.Spread()), " ", int64(a.WorstSpread())))
	for _, n := range a.Dropped() {
		words = append(words, fmt.Sprint(n))
	}
	return strings.Join(words, " "), nil
}

func (s *valueSubscriber[T]) any() shmpubsub.AnySubscriber { return s.Subscriber }

func (s *valueSubscriber[T]) aligned(a *shmpubsub.Alignment) (shmpubsub.Sample[int64], bool) {
	v, ok := s.Aligned(a)
	return decoded(v, s.decode), ok
}

func (s *valueSubscriber[T]) borrowAligned(a *shmpubsub.Alignment, use func(int64)) bool {
	return s.BorrowAligned(a, func(v *T) { use(s.decode(v)) })
}

func (s *sliceSubscriber[E]) any() shmpubsub.AnySubscriber { return s.SliceSubscriber }

func (s *sliceSubscriber[E]) aligned(a *shmpubsub.Alignment) (shmpubsub.Sample[int64], bool) {
	return s.oneSample(s.Aligned(a, nil))
}

func (s *sliceSubscriber[E]) borrowAligned(a *shmpubsub.Alignment, use func(int64)) bool {
	return s.BorrowAligned(a, func(v []E) { use(s.decode(v)) })
}
