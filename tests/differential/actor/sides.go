package main

import (
	"context"

	"shm_pub_sub/shmpubsub"
)

// ended makes a call that waits return at once.
var ended = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// values is the kind of a type that Publisher has.
func values[T any](step int, encode func(int64) T, decode func(*T) int64) kind {
	return kind{
		step,
		func(topic string, depth int, options ...shmpubsub.PublisherOption) (publisher, error) {
			p, err := shmpubsub.NewPublisher[T](topic, depth, options...)
			return &valuePublisher[T]{p, encode}, err
		},
		func(topic string, options ...shmpubsub.SubscriberOption) (subscriber, error) {
			s, err := shmpubsub.NewSubscriber(topic, encode(0), options...)
			return &valueSubscriber[T]{s, decode}, err
		},
	}
}

type valuePublisher[T any] struct {
	*shmpubsub.Publisher[T]
	encode func(int64) T
}

func (p *valuePublisher[T]) publish(values []int64) error {
	if len(values) == 1 {
		return p.Publish(p.encode(values[0]))
	}
	return p.PublishMany(all(values, p.encode))
}

func (p *valuePublisher[T]) publishAt(value, time int64) error {
	return p.PublishAt(p.encode(value), time)
}

func (p *valuePublisher[T]) lend(value int64, until func() error) error {
	return p.Loan(func(v *T) error { *v = p.encode(value); return until() })
}

type valueSubscriber[T any] struct {
	*shmpubsub.Subscriber[T]
	decode func(*T) int64
}

func (s *valueSubscriber[T]) take() (int64, bool) {
	v, ok := s.TryRecv()
	return s.decode(&v), ok
}

func (s *valueSubscriber[T]) sample() (shmpubsub.Sample[int64], bool) {
	v, err := s.RecvSample(ended)
	return decoded(v, s.decode), err == nil
}

func (s *valueSubscriber[T]) newest() (int64, bool) {
	v, ok := s.Subscribe()
	return s.decode(&v), ok
}

func (s *valueSubscriber[T]) newestSample() (shmpubsub.Sample[int64], bool) {
	v, ok := s.Newest()
	return decoded(v, s.decode), ok
}

func (s *valueSubscriber[T]) drain(limit int) []int64 {
	decode := func(v T) int64 { return s.decode(&v) }
	if limit == 0 {
		return all(s.Drain(), decode)
	}
	taken := make([]T, limit)
	return all(taken[:s.DrainInto(taken)], decode)
}

func (s *valueSubscriber[T]) at(time int64) (shmpubsub.Sample[int64], bool) {
	v, ok := s.At(time)
	return decoded(v, s.decode), ok
}

func (s *valueSubscriber[T]) after(time int64) (shmpubsub.Sample[int64], bool) {
	v, err := s.After(ended, time)
	return decoded(v, s.decode), err == nil
}

func (s *valueSubscriber[T]) since(time int64) []shmpubsub.Sample[int64] {
	return all(s.Since(time), func(v shmpubsub.Sample[T]) shmpubsub.Sample[int64] { return decoded(v, s.decode) })
}

func (s *valueSubscriber[T]) borrow(use func(look func() int64)) bool {
	return s.Borrow(func(v *T) { use(func() int64 { return s.decode(v) }) })
}

// sliceKind is the kind of a type that SlicePublisher has.
func sliceKind[E any](
	step int, encode func(int64) []E, decode func([]E) int64,
	newPublisher func(string, int, ...shmpubsub.PublisherOption) (*shmpubsub.SlicePublisher[E], error),
	newSubscriber func(string, ...shmpubsub.SubscriberOption) (*shmpubsub.SliceSubscriber[E], error),
) kind {
	return kind{
		step,
		func(topic string, depth int, options ...shmpubsub.PublisherOption) (publisher, error) {
			p, err := newPublisher(topic, depth, options...)
			return &slicePublisher[E]{p, encode}, err
		},
		func(topic string, options ...shmpubsub.SubscriberOption) (subscriber, error) {
			s, err := newSubscriber(topic, options...)
			return &sliceSubscriber[E]{s, decode}, err
		},
	}
}

type slicePublisher[E any] struct {
	*shmpubsub.SlicePublisher[E]
	encode func(int64) []E
}

func (p *slicePublisher[E]) publish(values []int64) error {
	if len(values) == 1 {
		return p.Publish(p.encode(values[0]))
	}
	return p.PublishMany(all(values, p.encode))
}

func (p *slicePublisher[E]) publishAt(value, time int64) error {
	return p.PublishAt(p.encode(value), time)
}

func (p *slicePublisher[E]) lend(value int64, until func() error) error {
	v := p.encode(value)
	return p.Loan(len(v), func(memory []E) error { copy(memory, v); return until() })
}

type sliceSubscriber[E any] struct {
	*shmpubsub.SliceSubscriber[E]
	decode func([]E) int64
}

func (s *sliceSubscriber[E]) take() (int64, bool) { return s.one(s.TryRecv(nil)) }

func (s *sliceSubscriber[E]) newest() (int64, bool) { return s.one(s.Subscribe(nil)) }

func (s *sliceSubscriber[E]) one(v []E, ok bool) (int64, bool) {
	if !ok {
		return 0, false
	}
	return s.decode(v), true
}

func (s *sliceSubscriber[E]) sample() (shmpubsub.Sample[int64], bool) {
	v, err := s.RecvSample(ended, nil)
	return s.oneSample(v, err == nil)
}

func (s *sliceSubscriber[E]) newestSample() (shmpubsub.Sample[int64], bool) {
	return s.oneSample(s.Newest(nil))
}

func (s *sliceSubscriber[E]) oneSample(v shmpubsub.Sample[[]E], ok bool) (found shmpubsub.Sample[int64], there bool) {
	if !ok {
		return found, false
	}
	return decoded(v, func(v *[]E) int64 { return s.decode(*v) }), true
}

func (s *sliceSubscriber[E]) drain(limit int) (found []int64) {
	if limit == 0 {
		return all(s.Drain(), s.decode)
	}
	for len(found) < limit {
		v, ok := s.take()
		if !ok {
			break
		}
		found = append(found, v)
	}
	return found
}

func (s *sliceSubscriber[E]) at(time int64) (shmpubsub.Sample[int64], bool) {
	return s.oneSample(s.At(time, nil))
}

func (s *sliceSubscriber[E]) after(time int64) (shmpubsub.Sample[int64], bool) {
	v, err := s.After(ended, time, nil)
	return s.oneSample(v, err == nil)
}

func (s *sliceSubscriber[E]) since(time int64) []shmpubsub.Sample[int64] {
	return all(s.Since(time), func(v shmpubsub.Sample[[]E]) shmpubsub.Sample[int64] {
		found, _ := s.oneSample(v, true)
		return found
	})
}

func (s *sliceSubscriber[E]) borrow(use func(look func() int64)) bool {
	return s.Borrow(func(v []E) { use(func() int64 { return s.decode(v) }) })
}

func all[T, U any](values []T, convert func(T) U) []U {
	converted := make([]U, len(values))
	for i, v := range values {
		converted[i] = convert(v)
	}
	return converted
}

func decoded[T any](s shmpubsub.Sample[T], decode func(*T) int64) (d shmpubsub.Sample[int64]) {
	if s.Sequence != 0 {
		d.Value, d.Sequence, d.Time = decode(&s.Value), s.Sequence, s.Time
	}
	return d
}
