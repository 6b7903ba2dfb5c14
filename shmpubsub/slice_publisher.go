package shmpubsub

import (
	"fmt"
	"unsafe"

	"shm_pub_sub/shmpubsub/internal/descriptor"
)

// BytesPublisher publishes a topic of byte strings.
type BytesPublisher = SlicePublisher[byte]

// SlicePublisher is the only publisher of a topic whose values are slices: arrays that vary in length, arrays of any
// shape, lists or byte strings. Its methods are safe for concurrent use.
type SlicePublisher[E any] struct{ writer }

// NewSlicePublisher creates topic, a topic of arrays with elements of type E: bool, an integer, a float, a complex number or
// a struct of fixed size, or a fixed array of one, whose axes are then the last ones. [WithMaxSize] says how long the first
// axis may be, and [WithShape] what the axes are; at least one is needed. [WithList] makes the values lists.
//
// The errors are those of [NewPublisher].
func NewSlicePublisher[E any](topic string, depth int, opts ...PublisherOption) (*SlicePublisher[E], error) {
	return newSlicePublisher[E](topic, depth, descriptor.KindArray, opts)
}

// NewBytesPublisher creates topic, a topic of byte strings of up to 4096 bytes, or as [WithMaxSize] says. The errors are
// those of [NewPublisher].
func NewBytesPublisher(topic string, depth int, opts ...PublisherOption) (*BytesPublisher, error) {
	return newSlicePublisher[byte](topic, depth, descriptor.KindBytes, opts)
}

func newSlicePublisher[E any](topic string, depth int, kind descriptor.Kind, opts []PublisherOption) (*SlicePublisher[E], error) {
	o, err := publisherOptions(topic, opts)
	if err != nil {
		return nil, err
	}
	if o.list {
		kind = descriptor.KindList
	}
	if kind == descriptor.KindBytes && o.maxSize == 0 {
		o.maxSize = defaultMaxSize
	}
	f, err := sliceForm[E](o, kind)
	switch {
	case err != nil:
	case f.typ.Variable && f.typ.Max == 0:
		err = fmt.Errorf("%w: found none for %v; expected WithMaxSize, or WithShape with a fixed first axis", ErrMaxSize, f.typ)
	case !f.typ.Variable && o.maxSize != 0:
		err = fmt.Errorf("%w: found WithMaxSize(%d) for the fixed shape of %v; expected one whose first axis is 0", ErrMaxSize, o.maxSize, f.typ)
	}
	if err != nil {
		return nil, fmt.Errorf("create %q: %w", topic, err)
	}
	p := &SlicePublisher[E]{writer{topic: topic, form: f}}
	if err := p.begin(depth, o); err != nil {
		return nil, err
	}
	return p, nil
}

// Publish makes a copy of v the topic's newest value. It does not allocate, and enters the kernel only to wake subscribers
// that wait. It never waits for subscribers.
//
// It reports [ErrClosed] after Close, [ErrValue] for a length that does not fit, and [ErrLoan] if as many loans are open as there
// may be.
func (p *SlicePublisher[E]) Publish(v []E) error {
	return p.publishOne(sliceBytes(v), stamp{})
}

// PublishMany publishes values in order, all with the same time, and wakes waiting subscribers once, at the end. If there
// are more than the topic keeps, the first ones are overwritten. The errors are those of Publish; then nothing is published.
func (p *SlicePublisher[E]) PublishMany(values [][]E) error {
	return p.publishAll(len(values), func(i int) []byte { return sliceBytes(values[i]) })
}

// Loan is [Publisher.Loan] for a value of n elements.
func (p *SlicePublisher[E]) Loan(n int, fill func([]E) error) error {
	return p.loan(n, func(v []E) (stamp, error) { return stamp{}, fill(v) })
}

func (p *SlicePublisher[E]) loan(n int, fill func([]E) (stamp, error)) error {
	if n < 0 || n > int(p.typ.Size())/p.size {
		return fmt.Errorf("%w: lend a value of %q: found %d elements; expected 0 to %d", ErrValue, p.topic, n, int(p.typ.Size())/p.size)
	}
	if p.chunks == nil {
		v := make([]E, n)
		at, err := fill(v)
		if err != nil {
			return err
		}
		return p.publishOne(sliceBytes(v), at)
	}
	l, err := p.lend(uint64(n * p.size))
	if err != nil {
		return err
	}
	defer p.drop(&l) // if fill panics, or there is an error
	if err := p.check(l.memory); err != nil {
		return err
	}
	at, err := fill(unsafe.Slice((*E)(unsafe.Pointer(unsafe.SliceData(l.memory))), n))
	if err != nil {
		return err
	}
	if err := p.check(l.memory); err != nil {
		return err
	}
	return p.end(&l, at)
}
