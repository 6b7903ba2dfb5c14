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

// Subscriber reads a topic, whoever publishes it: the newest value at any time (Subscribe, Newest), and
// every value once, each in its turn (Recv and its like). It may be made before the publisher, and
// follows the topic from one publisher to the next by itself. Its methods may be called from many
// goroutines at once.
type Subscriber[T Value] struct {
	topic string
	def   T
	codec codec[T]
	opts  options
	owner futex.Owner   // of its waiters
	done  chan struct{} // closed by Close, for those who wait without a file

	mu         sync.Mutex // never held while waiting
	closed     bool
	attachment       // the present file
	checkAt    int64 // when to ask after the publisher again, CLOCK_MONOTONIC ns
	err        error

	left      attachment // an earlier file in which there may be something to receive
	receiving bool       // values are being received
	takenTime int64      // that of the last value received; 0: none yet
	lost      uint64
	doubtTime int64 // that of a retained value left behind, lost if the next publisher has not got it; 0: none
}

// NewBoolSubscriber subscribes to topic, a topic of bool values; Subscribe returns def while there is
// nothing to read. The errors are ErrType where a live publisher publishes another type, ErrOpen,
// ErrUntrusted, ErrName, ErrMaxAge, ErrHistory and ErrTrust. That there is no publisher yet is none.
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
		owner: futex.OwnerOf(rand.Uint32()), done: make(chan struct{}),
	}
	if s.attach(clock.Now()); s.err != nil {
		return nil, s.err
	}
	s.join()
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
	var w [1]uint64
	if s.newest(w[:], clock.Now()).Sequence == 0 {
		return s.def, false
	}
	return s.codec.decode(w[0]), true
}

// newest copies the newest value to dst, where Subscribe reports true.
func (s *Subscriber[T]) newest(dst []uint64, now int64) ring.Sample {
	if s.closed || !s.ready(now) {
		return ring.Sample{}
	}
	sample, sound := s.ring.Newest(dst)
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

// garbage is what is wrong with a file whose ring contradicts itself.
func (s *Subscriber[T]) garbage() error {
	return fmt.Errorf("%w: read %q: found a slot that contradicts the head; expected a topic written by this library", ErrLayout, s.topic)
}

// Err returns why the last call could not read a topic that is there, such as ErrType after a restart
// with another type; nil where it could, or where there simply is no publisher. With ErrUntrusted
// Recv and its like wait on all the same: what a stranger has put there may give way to a publisher.
func (s *Subscriber[T]) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return s.closedError("subscribe")
	}
	return s.err
}

// trouble is what ends a wait.
func (s *Subscriber[T]) trouble() error {
	if errors.Is(s.err, ErrUntrusted) {
		return nil
	}
	return s.err
}

func (s *Subscriber[T]) closedError(operation string) error {
	return fmt.Errorf("%s %q: %w", operation, s.topic, ErrClosed)
}

// Close releases the topic. Subscribe reports false afterwards, and Recv ErrClosed, in those goroutines
// too that wait in it. Closing twice does nothing.
func (s *Subscriber[T]) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	close(s.done)
	if s.view != nil {
		s.view.Interrupt(s.owner)
	}
	s.attachment.close()
	s.left.close()
	return nil
}

// Topic returns the topic's name.
func (s *Subscriber[T]) Topic() string { return s.topic }
