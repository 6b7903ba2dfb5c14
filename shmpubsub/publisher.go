package shmpubsub

import (
	"fmt"
	"io/fs"
	"sync"

	"shm_pub_sub/shmpubsub/internal/clock"
	"shm_pub_sub/shmpubsub/internal/futex"
	"shm_pub_sub/shmpubsub/internal/ring"
	"shm_pub_sub/shmpubsub/internal/segment"
)

// BoolPublisher publishes a topic of bool values.
type BoolPublisher = Publisher[bool]

// IntPublisher publishes a topic of int64 values.
type IntPublisher = Publisher[int64]

// FloatPublisher publishes a topic of float64 values.
type FloatPublisher = Publisher[float64]

// Publisher is a topic's only publisher. Its methods are safe for concurrent use.
type Publisher[T Value] struct {
	topic  string
	encode func(T) uint64

	// mu serialises the ring's single writer, and Close against it.
	mu      sync.Mutex
	segment *segment.Owned // nil: closed
	writer  ring.Writer
}

// NewBoolPublisher creates topic, a topic of bool values, which keeps the last depth of them readable. It reports
// ErrExists while another publisher of topic lives; a dead one's topic is taken over, whatever its type and depth.
// The other errors are ErrCreate, ErrName, ErrDepth, ErrMode and ErrTrust.
func NewBoolPublisher(topic string, depth int, opts ...PublisherOption) (*BoolPublisher, error) {
	return newPublisher(topic, depth, boolCodec, opts)
}

// NewIntPublisher is NewBoolPublisher for int64 values.
func NewIntPublisher(topic string, depth int, opts ...PublisherOption) (*IntPublisher, error) {
	return newPublisher(topic, depth, intCodec, opts)
}

// NewFloatPublisher is NewBoolPublisher for float64 values.
func NewFloatPublisher(topic string, depth int, opts ...PublisherOption) (*FloatPublisher, error) {
	return newPublisher(topic, depth, floatCodec, opts)
}

func newPublisher[T Value](topic string, depth int, c codec[T], opts []PublisherOption) (*Publisher[T], error) {
	o := defaultOptions()
	for _, opt := range opts {
		opt.forPublisher(&o)
	}
	if err := o.resolve(); err != nil {
		return nil, err
	}
	if o.mode&^fs.ModePerm != 0 {
		return nil, fmt.Errorf("%w: topic %q: found %v; expected permission bits only", ErrMode, topic, o.mode)
	}
	s, err := segment.Create(segment.Spec{
		Dir: o.dir, Topic: topic, Type: c.tag, Depth: depth, Mode: uint32(o.mode), Retain: o.retain, Trust: o.trust,
	})
	if err != nil {
		return nil, err
	}
	return &Publisher[T]{topic: topic, encode: c.encode, segment: s, writer: ring.NewWriter(s.Ring())}, nil
}

// Publish makes v the topic's newest value. It does not allocate, and enters the kernel only to wake subscribers that
// wait. It reports ErrClosed after Close.
func (p *Publisher[T]) Publish(v T) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.segment == nil {
		return fmt.Errorf("publish %q: %w", p.topic, ErrClosed)
	}
	w := [1]uint64{p.encode(v)}
	p.writer.Write(w[:], clock.Now())
	futex.Notify(p.segment.WaitWord())
	return nil
}

// PublishMany publishes values in order, all with the same time, for less than as many calls of Publish. It wakes
// waiting subscribers once, at the end; subscribers that poll may see the first values earlier. If there are more than
// the topic keeps, the first ones are overwritten. It reports ErrClosed after Close.
func (p *Publisher[T]) PublishMany(values []T) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.segment == nil {
		return fmt.Errorf("publish %q: %w", p.topic, ErrClosed)
	}
	if len(values) == 0 {
		return nil
	}
	now := clock.Now()
	var w [1]uint64
	for _, v := range values {
		w[0] = p.encode(v)
		p.writer.Write(w[:], now)
	}
	futex.Notify(p.segment.WaitWord())
	return nil
}

// Close ends the topic: subscribers report false from their next read on, unless it is retained. It is idempotent.
func (p *Publisher[T]) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.segment == nil {
		return nil
	}
	s := p.segment
	p.segment, p.writer = nil, ring.Writer{}
	if err := s.Close(); err != nil {
		return fmt.Errorf("close %q: %w", p.topic, err)
	}
	return nil
}

// Topic returns the topic's name.
func (p *Publisher[T]) Topic() string { return p.topic }
