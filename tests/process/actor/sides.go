package main

import (
	"reflect"
	"slices"

	"shm_pub_sub/shmpubsub"
)

// values publishes or subscribes to values of a type that has a size.
type values[T any] struct {
	p *shmpubsub.Publisher[T]
	s *shmpubsub.Subscriber[T]
	n int
}

func newValues[T any](publishes bool, topic string) (side, error) {
	var v values[T]
	var err error
	if publishes {
		v.p, err = shmpubsub.NewPublisher[T](topic, 3)
	} else {
		v.s, err = shmpubsub.NewSubscriber(topic, *new(T))
	}
	return &v, err
}

func (v *values[T]) Close() error {
	if v.p != nil {
		return v.p.Close()
	}
	return v.s.Close()
}

// publish publishes in each way in turn.
func (v *values[T]) publish(value []byte) error {
	one := sliceOf[T](value)
	switch v.n++; v.n % 5 {
	case 0:
		return v.p.Loan(func(place *T) error { *place = one[0]; return nil })
	case 1:
		return v.p.PublishMany(one)
	case 2:
		return v.p.LoanAt(func(place *T) (int64, error) { *place = one[0]; return shmpubsub.Now(), nil })
	case 3:
		return v.p.PublishAt(one[0], shmpubsub.Now())
	}
	return v.p.Publish(one[0])
}

func (v *values[T]) read() (found []string) {
	if one, ok := v.s.Subscribe(); ok {
		found = append(found, textOf(&one))
	}
	v.s.Borrow(func(one *T) { copied := *one; found = append(found, textOf(&copied)) })
	if one, ok := v.s.TryRecv(); ok {
		found = append(found, textOf(&one))
	}
	if one, ok := v.s.At(shmpubsub.Now()); ok {
		found = append(found, textOf(&one.Value))
		since := v.s.Since(one.Time - 1)
		found = append(found, textOf(&since[len(since)-1].Value))
	}
	return found
}

// textOf is text for a value of which all that has no meaning is made 0.
func textOf[T any](v *T) string {
	if l, ok := any(v).(*large); ok {
		l.tidy()
	}
	b := bytesOf([]T{*v})
	clearPadding(reflect.TypeFor[T](), b)
	return text(b)
}

type texts struct {
	p *shmpubsub.TextPublisher
	s *shmpubsub.TextSubscriber
	n int
}

func newTexts(publishes bool, topic string) (side, error) {
	var t texts
	var err error
	if publishes {
		t.p, err = shmpubsub.NewTextPublisher(topic, 3)
	} else {
		t.s, err = shmpubsub.NewTextSubscriber(topic, "none")
	}
	return &t, err
}

func (t *texts) Close() error {
	if t.p != nil {
		return t.p.Close()
	}
	return t.s.Close()
}

// publish publishes in each way in turn.
func (t *texts) publish(value []byte) error {
	if t.n++; t.n%2 == 0 {
		return t.p.PublishAt(string(value), shmpubsub.Now())
	}
	return t.p.Publish(string(value))
}

func (t *texts) read() (found []string) {
	if one, ok := t.s.Subscribe(); ok {
		found = append(found, text([]byte(one)))
	}
	t.s.Borrow(func(one *string) { found = append(found, text([]byte(*one))) })
	if one, ok := t.s.TryRecv(); ok {
		found = append(found, text([]byte(one)))
	}
	if one, ok := t.s.At(shmpubsub.Now()); ok {
		found = append(found, text([]byte(one.Value)))
	}
	return found
}

// lists publishes or subscribes to slices.
type lists[E any] struct {
	p *shmpubsub.SlicePublisher[E]
	s *shmpubsub.SliceSubscriber[E]
	n int
}

func newSlices[E any](
	publishes bool, topic string,
	newPublisher func(string, int, ...shmpubsub.PublisherOption) (*shmpubsub.SlicePublisher[E], error),
	newSubscriber func(string, ...shmpubsub.SubscriberOption) (*shmpubsub.SliceSubscriber[E], error),
	options ...shmpubsub.PublisherOption,
) (side, error) {
	var l lists[E]
	var err error
	if publishes {
		l.p, err = newPublisher(topic, 3, options...)
	} else {
		l.s, err = newSubscriber(topic)
	}
	return &l, err
}

func (l *lists[E]) Close() error {
	if l.p != nil {
		return l.p.Close()
	}
	return l.s.Close()
}

// publish publishes in each way in turn.
func (l *lists[E]) publish(value []byte) error {
	v := sliceOf[E](value)
	switch l.n++; l.n % 5 {
	case 0:
		return l.p.Loan(len(v), func(place []E) error { copy(place, v); return nil })
	case 1:
		return l.p.PublishMany([][]E{v})
	case 2:
		return l.p.LoanAt(len(v), func(place []E) (int64, error) { copy(place, v); return shmpubsub.Now(), nil })
	case 3:
		return l.p.PublishAt(v, shmpubsub.Now())
	}
	return l.p.Publish(v)
}

func (l *lists[E]) read() (found []string) {
	if v, ok := l.s.Subscribe(nil); ok {
		found = append(found, text(bytesOf(v)))
	}
	l.s.Borrow(func(v []E) { found = append(found, text(bytesOf(slices.Clone(v)))) })
	if v, ok := l.s.TryRecv(nil); ok {
		found = append(found, text(bytesOf(v)))
	}
	if v, ok := l.s.At(shmpubsub.Now(), nil); ok {
		found = append(found, text(bytesOf(v.Value)))
		since := l.s.Since(v.Time - 1)
		found = append(found, text(bytesOf(since[len(since)-1].Value)))
	}
	return found
}
