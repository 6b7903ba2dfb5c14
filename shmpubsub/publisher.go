package shmpubsub

import (
	"fmt"
	"unsafe"

	"shm_pub_sub/shmpubsub/internal/clock"
	"shm_pub_sub/shmpubsub/internal/futex"
)

// BoolPublisher publishes a topic of bool values.
type BoolPublisher = Publisher[bool]

// IntPublisher publishes a topic of int64 values.
type IntPublisher = Publisher[int64]

// FloatPublisher publishes a topic of float64 values.
type FloatPublisher = Publisher[float64]

// TextPublisher publishes a topic of text, which must be UTF-8.
type TextPublisher = Publisher[string]

// Publisher is a topic's only publisher. Its methods are safe for concurrent use.
type Publisher[T any] struct{ writer }

// defaultMaxSize is the greatest length of text and byte strings in bytes, unless WithMaxSize says otherwise.
const defaultMaxSize = 4096

// NewPublisher creates topic, a topic of values of type T: bool, an integer, a float or a complex number, of any size and
// name, a struct of fixed size, a fixed array of one of these, nested too, or string. It keeps the last depth values
// readable. int and uint have 64 bits, and structs have neither.
//
// It reports [ErrExists] while another publisher of topic lives; a dead one's topic is taken over, whatever its type and
// depth. The other errors are [ErrValueType] for any other T and for options that do not go with it, [ErrCreate], [ErrName],
// [ErrDepth], [ErrMaxSize], [ErrViews], [ErrLoans], [ErrMode], [ErrMetadata] and [ErrTrust].
func NewPublisher[T any](topic string, depth int, opts ...PublisherOption) (*Publisher[T], error) {
	o, err := publisherOptions(topic, opts)
	if err != nil {
		return nil, err
	}
	most := o.maxSize
	if most == 0 {
		most = defaultMaxSize
	}
	f, err := formOf[T](most)
	if err != nil {
		return nil, fmt.Errorf("create %q: %w", topic, err)
	}
	if err := o.refuse("create", topic, f, false); err != nil {
		return nil, err
	}
	p := &Publisher[T]{writer{topic: topic, form: f}}
	if err := p.begin(depth, o); err != nil {
		return nil, err
	}
	return p, nil
}

// NewBoolPublisher is [NewPublisher] for bool values.
func NewBoolPublisher(topic string, depth int, opts ...PublisherOption) (*BoolPublisher, error) {
	return NewPublisher[bool](topic, depth, opts...)
}

// NewIntPublisher is [NewPublisher] for int64 values.
func NewIntPublisher(topic string, depth int, opts ...PublisherOption) (*IntPublisher, error) {
	return NewPublisher[int64](topic, depth, opts...)
}

// NewFloatPublisher is [NewPublisher] for float64 values.
func NewFloatPublisher(topic string, depth int, opts ...PublisherOption) (*FloatPublisher, error) {
	return NewPublisher[float64](topic, depth, opts...)
}

// NewTextPublisher is [NewPublisher] for text of up to 4096 bytes, or as [WithMaxSize] says.
func NewTextPublisher(topic string, depth int, opts ...PublisherOption) (*TextPublisher, error) {
	return NewPublisher[string](topic, depth, opts...)
}

// Publish makes v the topic's newest value. It does not allocate, and enters the kernel only to wake subscribers that
// wait. It never waits for subscribers. A large array is better filled in place, by Loan.
//
// It reports [ErrClosed] after Close, [ErrValue] for text that is too long or not UTF-8, and [ErrLoan] if as many loans are open
// as there may be. What is not in use in a struct's [Array] or the like may not be copied.
func (p *Publisher[T]) Publish(v T) error {
	if !p.word {
		return p.publishOne(p.bytesOf(&v), stamp{})
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.segment == nil {
		return p.closedError("publish")
	}
	w := [1]uint64{wordOf(v)}
	p.ring.Write(w[:], clock.Now())
	futex.Notify(p.segment.WaitWord())
	return nil
}

// bytesOf returns the memory of a value.
func (p *Publisher[T]) bytesOf(v *T) []byte {
	if p.text() {
		s := *(*string)(unsafe.Pointer(v))
		return unsafe.Slice(unsafe.StringData(s), len(s))
	}
	return bytesOf(v, 1)
}

// PublishMany publishes values in order, all with the same time, for less than as many calls of Publish. It wakes
// waiting subscribers once, at the end; subscribers that poll may see the first values earlier. If there are more than
// the topic keeps, the first ones are overwritten. The errors are those of Publish; then nothing is published.
func (p *Publisher[T]) PublishMany(values []T) error {
	if !p.word {
		return p.publishAll(len(values), func(i int) []byte { return p.bytesOf(&values[i]) })
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.segment == nil {
		return p.closedError("publish")
	}
	if len(values) == 0 {
		return nil
	}
	now := clock.Now()
	var w [1]uint64
	for _, v := range values {
		w[0] = wordOf(v)
		p.ring.Write(w[:], now)
	}
	futex.Notify(p.segment.WaitWord())
	return nil
}

// Loan calls fill with a value in shared memory, which holds what some earlier value left there, and publishes it when
// fill returns. In a struct, what varies in length is empty. If fill returns an error, or panics, nothing is published. fill
// must set all of the value, and must not keep the pointer. Small values are filled elsewhere, and copied.
//
// It reports fill's error, [ErrClosed] if the publisher was closed before the end, and [ErrLoan] if as many loans are open as
// there may be ([WithLoans]); Publish in fill needs one too. For text it reports [ErrValueType].
func (p *Publisher[T]) Loan(fill func(*T) error) error {
	return p.loan(func(v *T) (stamp, error) { return stamp{}, fill(v) })
}

func (p *Publisher[T]) loan(fill func(*T) (stamp, error)) error {
	if p.text() {
		return fmt.Errorf("%w: lend a value of %q: found text; expected an array; use Publish", ErrValueType, p.topic)
	}
	if p.chunks == nil {
		v := new(T)
		at, err := fill(v)
		if err != nil {
			return err
		}
		return p.publishOne(p.bytesOf(v), at)
	}
	l, err := p.lend(uint64(p.size))
	if err != nil {
		return err
	}
	defer p.drop(&l) // if fill panics, or there is an error
	at, err := fill((*T)(unsafe.Pointer(unsafe.SliceData(l.memory))))
	if err != nil {
		return err
	}
	if err := p.check(l.memory); err != nil {
		return err
	}
	return p.end(&l, at)
}
