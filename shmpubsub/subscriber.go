package shmpubsub

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"shm_pub_sub/shmpubsub/internal/clock"
	"shm_pub_sub/shmpubsub/internal/ring"
	"shm_pub_sub/shmpubsub/internal/segment"
)

// BoolSubscriber reads a topic of bool values.
type BoolSubscriber = Subscriber[bool]

// IntSubscriber reads a topic of int64 values.
type IntSubscriber = Subscriber[int64]

// FloatSubscriber reads a topic of float64 values.
type FloatSubscriber = Subscriber[float64]

// Subscriber reads the newest value of a topic, whoever publishes it: it may be made before the
// publisher, and follows the topic from one publisher to the next by itself. Its methods may be
// called from many goroutines at once.
type Subscriber[T Value] struct {
	topic string
	def   T
	codec codec[T]
	opts  options

	mu      sync.Mutex
	closed  bool
	view    *segment.View // nil: no file, or none that can be read
	ring    ring.Ring     // of view, where that is not dead
	checkAt int64         // when to ask after the publisher again, CLOCK_MONOTONIC ns
	err     error
}

// checkEvery bounds how long a killed publisher looks alive, with room below the promised 0.1 s.
const checkEvery = int64(90 * time.Millisecond)

// NewBoolSubscriber subscribes to topic, a topic of bool values; Subscribe returns def while there is
// nothing to read. The errors are ErrType where a live publisher publishes another type, ErrOpen,
// ErrName and ErrMaxAge. That there is no publisher yet is none.
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
	if o.err != nil {
		return nil, o.err
	}
	s := &Subscriber[T]{topic: topic, def: def, codec: c, opts: o}
	if s.attach(clock.Now()); s.err != nil {
		return nil, s.err
	}
	return s, nil
}

// Subscribe returns the newest value and true while a live publisher has published one, or one is
// retained; otherwise the subscriber's default and false. It returns the same value again until
// there is a newer one. A publisher's Close shows at once, its death within 0.1 s.
//
// It neither allocates nor enters the kernel while a publisher lives, save once in 0.1 s.
func (s *Subscriber[T]) Subscribe() (T, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := clock.Now()
	if s.closed || !s.ready(now) {
		return s.def, false
	}
	var w [1]uint64
	sample, sound := s.ring.Newest(w[:])
	if !sound {
		s.err = fmt.Errorf("%w: read %q: found a slot that contradicts the head; expected a topic written by this library", ErrLayout, s.topic)
		return s.def, false
	}
	s.err = nil
	if sample.Sequence == 0 || s.opts.maxAge > 0 && age(sample.Time, now) > s.opts.maxAge {
		return s.def, false
	}
	return s.codec.decode(w[0]), true
}

// age returns how old a value is. Another process's clock may be a little ahead of the one just read; a
// time further ahead is another boot's or another time namespace's, and says nothing but that the
// value is old.
func age(published, now int64) time.Duration {
	if d := time.Duration(now - published); d > -time.Second {
		return max(d, 0)
	}
	return math.MaxInt64
}

// ready reports whether there is a ring to read, and looks for a new one where the name may have moved on.
func (s *Subscriber[T]) ready(now int64) bool {
	for {
		if s.view == nil || s.view.Dead {
			if s.view != nil && s.view.Current() {
				return false // the same dead file
			}
			s.attach(now)
			if s.view == nil || s.view.Dead {
				return false
			}
		}
		if !s.view.Retired() && (now < s.checkAt || s.check(now)) {
			return true
		}
		s.detach()
	}
}

// check asks the kernel after the publisher. It reports false where the name must be looked at again.
func (s *Subscriber[T]) check(now int64) bool {
	s.checkAt = now + checkEvery
	alive, err := s.view.Alive()
	return err == nil && alive || s.view.Retain && s.view.Current()
}

// attach opens what the name points at. It asks whether the publisher lives some time after now: counted
// from then, a process that loses its processor in between would take a dead one for alive for longer.
func (s *Subscriber[T]) attach(now int64) {
	s.detach()
	v, err := segment.Attach(s.opts.dir, s.topic, s.codec.tag)
	if errors.Is(err, ErrNoPublisher) {
		err = nil
	}
	if s.view, s.err = v, err; v == nil || v.Dead {
		return
	}
	s.ring, s.checkAt = v.Ring(), now+checkEvery
}

func (s *Subscriber[T]) detach() {
	if s.view != nil {
		s.view.Close()
		s.view, s.ring = nil, ring.Ring{}
	}
}

// Err returns why the last Subscribe could not read a topic that is there, such as ErrType after a
// restart with another type; nil where it could, or where there simply is no publisher.
func (s *Subscriber[T]) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return fmt.Errorf("subscribe %q: %w", s.topic, ErrClosed)
	}
	return s.err
}

// Close releases the topic. Subscribe reports false afterwards. Closing twice does nothing.
func (s *Subscriber[T]) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.detach()
	return nil
}

// Topic returns the topic's name.
func (s *Subscriber[T]) Topic() string { return s.topic }
