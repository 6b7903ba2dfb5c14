package shmpubsub

import (
	"fmt"
	"unsafe"

	"shm_pub_sub/shmpubsub/internal/clock"
	"shm_pub_sub/shmpubsub/internal/ring"
)

// BoolSubscriber reads a topic of bool values.
type BoolSubscriber = Subscriber[bool]

// IntSubscriber reads a topic of int64 values.
type IntSubscriber = Subscriber[int64]

// FloatSubscriber reads a topic of float64 values.
type FloatSubscriber = Subscriber[float64]

// TextSubscriber reads a topic of text. Another process's text may not be UTF-8.
type TextSubscriber = Subscriber[string]

// Subscriber reads a topic: the newest value at any time (Subscribe, Newest), and every value once, in order
// (Recv and its relatives). It may be created before the publisher, and reattaches automatically when the
// publisher restarts. Its methods are safe for concurrent use.
type Subscriber[T any] struct {
	reader
	def T
}

// NewSubscriber subscribes to topic, a topic of values of type T: bool, an integer, a float or a complex number, of any
// size and name, a struct of fixed size, a fixed array of one of these, nested too, or string. Subscribe returns def while
// there is nothing to read. An array's topic may have been published with a variable first axis; values of another length are [ErrValue].
//
// The errors are [ErrValueType] for any other T, [ErrType] if a live publisher publishes another type, [ErrOpen]
// (with [ErrLayout] if its file is damaged), [ErrUntrusted], [ErrName], [ErrMaxAge], [ErrHistory] and [ErrTrust]. It is no
// error that there is no publisher yet.
func NewSubscriber[T any](topic string, def T, opts ...SubscriberOption) (*Subscriber[T], error) {
	o, err := subscriberOptions(opts)
	if err != nil {
		return nil, err
	}
	f, err := formOf[T](0)
	if err != nil {
		return nil, fmt.Errorf("subscribe %q: %w", topic, err)
	}
	if err := o.refuse("subscribe", topic, f, false); err != nil {
		return nil, err
	}
	s := &Subscriber[T]{reader: reader{topic: topic, form: f, opts: o}, def: def}
	if err := s.begin(); err != nil {
		return nil, err
	}
	return s, nil
}

// NewBoolSubscriber is [NewSubscriber] for bool values.
func NewBoolSubscriber(topic string, def bool, opts ...SubscriberOption) (*BoolSubscriber, error) {
	return NewSubscriber(topic, def, opts...)
}

// NewIntSubscriber is [NewSubscriber] for int64 values.
func NewIntSubscriber(topic string, def int64, opts ...SubscriberOption) (*IntSubscriber, error) {
	return NewSubscriber(topic, def, opts...)
}

// NewFloatSubscriber is [NewSubscriber] for float64 values.
func NewFloatSubscriber(topic string, def float64, opts ...SubscriberOption) (*FloatSubscriber, error) {
	return NewSubscriber(topic, def, opts...)
}

// NewTextSubscriber is [NewSubscriber] for text of any length.
func NewTextSubscriber(topic, def string, opts ...SubscriberOption) (*TextSubscriber, error) {
	return NewSubscriber(topic, def, opts...)
}

// Subscribe returns the newest value and true while a live publisher has published one, or one is
// retained; otherwise the subscriber's default and false. It returns the same value again until there is a
// newer one. It reports a publisher's Close at once, its death within 0.1 s.
//
// While a publisher lives it neither allocates (but for text) nor enters the kernel, except once in 0.1 s. Large arrays
// are better read by SubscribeInto or Borrow.
func (s *Subscriber[T]) Subscribe() (T, bool) {
	if !s.word {
		var v T
		if !s.SubscribeInto(&v) {
			return s.def, false
		}
		return v, true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var w [1]uint64
	if s.newest(w[:], nil, clock.Now()).Sequence == 0 {
		return s.def, false
	}
	return scalarOf[T](w[0], s.boolean), true
}

// SubscribeInto is Subscribe into *v, which it leaves as it is when it reports false. What is not in use in a struct's
// [Array] or the like may stay as it is, too.
func (s *Subscriber[T]) SubscribeInto(v *T) bool {
	sample, _, err := s.newestInto(v)
	return err == nil && sample.Sequence > 0
}

// newestInto is SubscribeInto; it also returns which value it is, and when it was read.
func (s *Subscriber[T]) newestInto(v *T) (ring.Sample, int64, error) {
	var h held
	sample, now := s.hold(&h)
	defer s.release(&h)
	if sample.Sequence == 0 {
		return sample, now, nil
	}
	return sample, now, s.put(v, &h)
}

// put copies what h holds to *v.
func (s *Subscriber[T]) put(v *T, h *held) error {
	if s.text() {
		*(*string)(unsafe.Pointer(v)) = string(h.bytes())
		return nil
	}
	if len(h.bytes()) != s.size {
		return s.refuse(fmt.Errorf("%w: read %q: found a value of %d bytes; expected %d, as %v has; use a slice subscriber",
			ErrValue, s.topic, len(h.bytes()), s.size, s.typ))
	}
	if err := s.checkLengths(h.bytes()); err != nil {
		return err
	}
	s.copyOut(bytesOf(v, 1), h.bytes())
	return nil
}

// checkLengths reports a field of a struct whose length is more than there is room for.
func (s *reader) checkLengths(b []byte) error {
	field, length := s.tooLong(b)
	if field == nil {
		return nil
	}
	return s.refuse(fmt.Errorf("%w: read %q: found a length of %d in the field %s; expected %d at most", ErrLayout, s.topic, length, field.field, field.n))
}

// refuse makes err what Err returns.
func (s *reader) refuse(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
	return err
}

// Borrow calls use with the newest value, in shared memory if it is large, and reports true if Subscribe would; otherwise
// it does not call use. The value does not change before use returns, whatever is published, closed or taken over
// meanwhile. use must not write to it (the memory is read-only), and must not keep the pointer.
//
// At most as many values as the topic has views ([WithViews]) are in use in place at once, over all subscribers; beyond
// that, for arrays of bools, and for subscribers that may not write the topic's file, use gets a copy.
func (s *Subscriber[T]) Borrow(use func(*T)) bool {
	h := held{view: true}
	sample, _ := s.hold(&h)
	defer s.release(&h) // even if use panics
	if sample.Sequence == 0 {
		return false
	}
	v := s.inPlace(&h)
	if v == nil {
		v = new(T)
		err := s.put(v, &h)
		s.release(&h) // a copy needs no view
		if err != nil {
			return false
		}
	}
	use(v)
	return true
}

// inPlace returns what h holds in shared memory; nil: it is to be copied.
func (s *Subscriber[T]) inPlace(h *held) *T {
	b := h.inPlace()
	if s.boolean || len(b) != s.size || s.text() || !s.isGo(b) {
		return nil
	}
	return (*T)(unsafe.Pointer(unsafe.SliceData(b)))
}
