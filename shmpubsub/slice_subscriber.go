package shmpubsub

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"unsafe"

	"shm_pub_sub/shmpubsub/internal/clock"
	"shm_pub_sub/shmpubsub/internal/descriptor"
	"shm_pub_sub/shmpubsub/internal/ring"
)

// BytesSubscriber reads a topic of byte strings.
type BytesSubscriber = SliceSubscriber[byte]

// SliceSubscriber reads a topic whose values are slices, like [Subscriber]. What it reads it appends to a slice of its
// caller's, so that it allocates only if that has no room: pass the last one as v[:0].
type SliceSubscriber[E any] struct{ reader }

// NewSliceSubscriber subscribes to topic, a topic of arrays of one axis before those of E, or of lists of E. E is bool, an
// integer, a float, a complex number or a struct of fixed size, or a fixed array of one. With [WithShape] it reads arrays of
// that shape, as their elements in order; a first axis of 0 is any.
//
// The errors are those of [NewSubscriber].
func NewSliceSubscriber[E any](topic string, opts ...SubscriberOption) (*SliceSubscriber[E], error) {
	return newSliceSubscriber[E](topic, descriptor.KindArray, opts)
}

// NewBytesSubscriber subscribes to topic, a topic of byte strings of any length. The errors are those of [NewSubscriber].
func NewBytesSubscriber(topic string, opts ...SubscriberOption) (*BytesSubscriber, error) {
	return newSliceSubscriber[byte](topic, descriptor.KindBytes, opts)
}

func newSliceSubscriber[E any](topic string, kind descriptor.Kind, opts []SubscriberOption) (*SliceSubscriber[E], error) {
	o, err := subscriberOptions(opts)
	if err != nil {
		return nil, err
	}
	f, err := sliceForm[E](o, kind)
	if err != nil {
		return nil, fmt.Errorf("subscribe %q: %w", topic, err)
	}
	s := &SliceSubscriber[E]{reader{topic: topic, form: f, opts: o}}
	if kind == descriptor.KindArray && o.shape == nil && listed(element{dtype: f.typ.Dtype, record: f.typ.Record}, f.typ.Shape[1:]) {
		s.list = descriptor.Type{Kind: descriptor.KindList, Dtype: f.typ.Dtype, Record: f.typ.Record, Variable: true}
	}
	if err := s.begin(); err != nil {
		return nil, err
	}
	return s, nil
}

// appendTo appends what h holds to dst, or returns dst and why it cannot.
func (s *SliceSubscriber[E]) appendTo(dst []E, h *held) ([]E, error) {
	b := h.bytes()
	if err := s.checkLengths(b); err != nil {
		return dst, err
	}
	n, more := len(dst), len(b)/s.size
	dst = slices.Grow(dst, more)[:n+more]
	s.copyOut(bytesOf(unsafe.SliceData(dst), len(dst))[n*s.size:], b)
	return dst, nil
}

// Subscribe appends the newest value to dst and reports true while a live publisher has published one, or one is retained;
// otherwise it returns dst as it is, and false. See [Subscriber.Subscribe].
func (s *SliceSubscriber[E]) Subscribe(dst []E) ([]E, bool) {
	sample, ok := s.Newest(dst)
	return sample.Value, ok
}

// Newest is Subscribe, but returns the value with its number, time and age.
func (s *SliceSubscriber[E]) Newest(dst []E) (Sample[[]E], bool) {
	var h held
	newest, now := s.hold(&h)
	if newest.Sequence == 0 {
		return Sample[[]E]{Value: dst}, false
	}
	sample, err := s.end(dst, &h, newest, now, nil)
	return sample, err == nil
}

// end appends the value that was read into h to dst, and releases it; after an error of the read, or of its own, it returns
// dst as it is.
func (s *SliceSubscriber[E]) end(dst []E, h *held, read ring.Sample, now int64, err error) (Sample[[]E], error) {
	if err != nil {
		return Sample[[]E]{Value: dst}, err
	}
	defer s.release(h)
	v, err := s.appendTo(dst, h)
	if err != nil {
		return Sample[[]E]{Value: dst}, err
	}
	return sampleOf(v, read, now), nil
}

// Borrow is [Subscriber.Borrow] for slices: use must not keep the slice, nor write to it.
func (s *SliceSubscriber[E]) Borrow(use func([]E)) bool {
	h := held{view: true}
	newest, _ := s.hold(&h)
	defer s.release(&h) // even if use panics
	if newest.Sequence == 0 {
		return false
	}
	v, ok := s.inPlace(&h)
	if !ok {
		var err error
		v, err = s.appendTo(nil, &h)
		s.release(&h) // a copy needs no view
		if err != nil {
			return false
		}
	}
	use(v)
	return true
}

// inPlace returns what h holds in shared memory; false: it is to be copied.
func (s *SliceSubscriber[E]) inPlace(h *held) ([]E, bool) {
	b := h.inPlace()
	if s.boolean || b == nil || !s.isGo(b) {
		return nil, false
	}
	n := len(b) / s.size
	return unsafe.Slice((*E)(unsafe.Pointer(unsafe.SliceData(b))), n)[:n:n], true
}

// Recv appends the next unread value to dst, and waits if there is none. With an error it returns dst as it is. See
// [Subscriber.Recv], whose errors it has.
func (s *SliceSubscriber[E]) Recv(ctx context.Context, dst []E) ([]E, error) {
	sample, err := s.RecvSample(ctx, dst)
	return sample.Value, err
}

// RecvSample is Recv, but returns the value with its number, time and age.
func (s *SliceSubscriber[E]) RecvSample(ctx context.Context, dst []E) (Sample[[]E], error) {
	var h held
	taken, err := s.receive(ctx, nil, &h)
	return s.end(dst, &h, taken, clock.Now(), err)
}

// TryRecv is Recv without waiting: it returns dst as it is, and false, if there is no value. Err returns why, unless nothing
// new was published.
func (s *SliceSubscriber[E]) TryRecv(dst []E) ([]E, bool) {
	var h held
	if !s.takeNow(&h) {
		return dst, false
	}
	defer s.release(&h)
	v, err := s.appendTo(dst, &h)
	return v, err == nil
}

// Drain returns all values that Recv would return without waiting, including those of publishers that have ended, and none
// that are published much later than the call. Each is a slice of its own.
func (s *SliceSubscriber[E]) Drain() (all [][]E) {
	for b := s.lockedBound(); ; {
		var h held
		if !s.holdWithin(&b, &h) {
			return all
		}
		v, err := s.appendTo(nil, &h)
		if s.release(&h); err == nil {
			all = append(all, v)
		}
	}
}

// Values yields what Recv returns, each value a slice of its own, until ctx ends, the subscriber is closed, or Recv has
// another error, which Err then returns.
func (s *SliceSubscriber[E]) Values(ctx context.Context) iter.Seq[[]E] {
	return func(yield func([]E) bool) {
		defer s.interruptedBy(ctx)()
		for {
			var h held
			taken, err := s.tryTake(nil, &h)
			if err == nil && taken.Sequence == 0 {
				_, err = s.await(ctx, nil, &h)
			}
			if err != nil {
				return
			}
			v, err := s.appendTo(nil, &h)
			if s.release(&h); err != nil || !yield(v) {
				return
			}
		}
	}
}
