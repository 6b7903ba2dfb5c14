package shmpubsub

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"

	"shm_pub_sub/shmpubsub/internal/clock"
	"shm_pub_sub/shmpubsub/internal/futex"
	"shm_pub_sub/shmpubsub/internal/ring"
)

// BoolSubscriber reads a topic of bool values.
type BoolSubscriber = Subscriber[bool]

// IntSubscriber reads a topic of int64 values.
type IntSubscriber = Subscriber[int64]

// FloatSubscriber reads a topic of float64 values.
type FloatSubscriber = Subscriber[float64]

// Subscriber reads a topic: the newest value at any time (Subscribe, Newest), and every value once, in order
// (Recv and its relatives). It may be created before the publisher, and reattaches automatically when the
// publisher restarts. Its methods are safe for concurrent use.
type Subscriber[T Value] struct {
	topic string
	def   T
	codec codec[T]
	opts  options
	bit   futex.WaiterBit // of its waiters
	done  chan struct{}   // closed by Close, for waiters without a file

	mu     sync.Mutex // never held while waiting
	closed bool
	cursor
	checkAt int64 // when to check the publisher next, CLOCK_MONOTONIC ns
	err     error
}

// NewBoolSubscriber subscribes to topic, a topic of bool values; Subscribe returns def while there is
// nothing to read. The errors are ErrType if a live publisher publishes another type, ErrOpen,
// ErrUntrusted, ErrName, ErrMaxAge, ErrHistory and ErrTrust. It is no error that there is no publisher yet.
func NewBoolSubscriber(topic string, def bool, opts ...SubscriberOption) (*BoolSubscriber, error) {
	return newSubscriber(topic, def, boolCodec, opts)
}

// NewIntSubscriber is NewBoolSubscriber for int64 values.
func NewIntSubscriber(topic string, def int64, opts ...SubscriberOption) (*IntSubscriber, error) {
	return newSubscriber(topic, def, intCodec, opts)
}

// NewFloatSubscriber is NewBoolSubscriber for float64 values.
func NewFloatSubscriber(topic string, def float64, opts ...SubscriberOption) (*FloatSubscriber, error) {
	return newSubscriber(topic, def, floatCodec, opts)
}

func newSubscriber[T Value](topic string, def T, c codec[T], opts []SubscriberOption) (*Subscriber[T], error) {
	o := defaultOptions()
	for _, opt := range opts {
		opt.forSubscriber(&o)
	}
	if err := o.resolve(); err != nil {
		return nil, err
	}
	s := &Subscriber[T]{
		topic: topic, def: def, codec: c, opts: o,
		bit: futex.WaiterBitOf(rand.Uint32()), done: make(chan struct{}),
	}
	if s.attach(clock.Now()); s.err != nil {
		return nil, s.err
	}
	s.join(s.opts.history)
	return s, nil
}

// Subscribe returns the newest value and true while a live publisher has published one, or one is
// retained; otherwise the subscriber's default and false. It returns the same value again until there is a
// newer one. It reports a publisher's Close at once, its death within 0.1 s.
//
// While a publisher lives it neither allocates nor enters the kernel, except once in 0.1 s.
func (s *Subscriber[T]) Subscribe() (T, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var w [1]uint64
	if s.newest(w[:], clock.Now()).Sequence == 0 {
		return s.def, false
	}
	return s.codec.decode(w[0]), true
}

// newest copies the newest value to dst if Subscribe would report true.
func (s *Subscriber[T]) newest(dst []uint64, now int64) ring.Sample {
	if s.closed || !s.ready(now) {
		return ring.Sample{}
	}
	sample, sound := s.present.ring.Newest(dst)
	if !sound {
		s.err = s.garbage()
		return ring.Sample{}
	}
	s.err = nil
	if s.opts.maxAge > 0 && age(sample.Time, now) > s.opts.maxAge {
		return ring.Sample{}
	}
	return sample
}

// garbage returns the error for a file whose ring contradicts itself.
func (s *Subscriber[T]) garbage() error {
	return fmt.Errorf("%w: read %q: found a slot that contradicts the head; expected a topic written by this library", ErrLayout, s.topic)
}

// Err returns why the last call could not read an existing topic, such as ErrType after a restart with another
// type; nil if it could, or if there is no publisher. With ErrUntrusted Recv and its relatives still wait: a
// publisher may replace the untrusted file.
func (s *Subscriber[T]) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return s.closedError("subscribe")
	}
	return s.err
}

// trouble returns the error that ends a wait.
func (s *Subscriber[T]) trouble() error {
	if errors.Is(s.err, ErrUntrusted) {
		return nil
	}
	return s.err
}

func (s *Subscriber[T]) closedError(operation string) error {
	return fmt.Errorf("%s %q: %w", operation, s.topic, ErrClosed)
}

// Close releases the topic. Afterwards Subscribe reports false, and Recv ErrClosed, also in goroutines that
// are waiting in it. It is idempotent.
func (s *Subscriber[T]) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	close(s.done)
	if s.present.view != nil {
		s.present.view.Interrupt(s.bit)
	}
	s.end()
	return nil
}

// Topic returns the topic's name.
func (s *Subscriber[T]) Topic() string { return s.topic }
