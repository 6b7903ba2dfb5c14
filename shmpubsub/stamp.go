package shmpubsub

import (
	"fmt"
	"time"

	"shm_pub_sub/shmpubsub/internal/clock"
)

// Now returns CLOCK_MONOTONIC in nanoseconds: the clock of [Sample].Time and [Publisher.PublishAt], in Python
// time.monotonic_ns().
func Now() int64 { return clock.Now() }

// PublishAt is Publish with the time when v was measured, on [Now]'s clock, in place of now. Times must neither be in the future
// nor decrease: PublishAt reports ErrValue for one below that of the topic's newest value. Several values may have the same time.
func (p *Publisher[T]) PublishAt(v T, time int64) error {
	return p.publishOne(p.bytesOf(&v), stamp{time, true})
}

// LoanAt is Loan for a value with the time that fill returns, as in PublishAt.
func (p *Publisher[T]) LoanAt(fill func(*T) (time int64, err error)) error {
	return p.loan(func(v *T) (stamp, error) {
		time, err := fill(v)
		return stamp{time, true}, err
	})
}

// PublishAt is [Publisher.PublishAt] for slices.
func (p *SlicePublisher[E]) PublishAt(v []E, time int64) error {
	return p.publishOne(sliceBytes(v), stamp{time, true})
}

// LoanAt is [Publisher.LoanAt] for a value of n elements.
func (p *SlicePublisher[E]) LoanAt(n int, fill func([]E) (time int64, err error)) error {
	return p.loan(n, func(v []E) (stamp, error) {
		time, err := fill(v)
		return stamp{time, true}, err
	})
}

// stamp is the time to publish with: now, unless one is given.
type stamp struct {
	time  int64
	given bool
}

// timeOf returns the time of a stamp, if a value may have it. mu is held until the value is published.
func (p *writer) timeOf(at stamp) (int64, error) {
	if !at.given {
		return clock.Now(), nil
	}
	last := p.last()
	if at.time < max(last, 1) || !clock.Passed(at.time) {
		return 0, p.timeError(at.time, last)
	}
	return at.time, nil
}

// last returns the time of the newest value, and not before clock.Now does; 0: there is none, or it was carried over and is in
// the future, as from before a reboot.
func (p *writer) last() int64 {
	var t int64
	if p.chunks != nil {
		t = p.chunks.Last()
	} else {
		t = p.ring.Last()
	}
	if !clock.Passed(t) {
		return 0
	}
	return t
}

// timeError says why no value can have the time t now. last is that of the value before it.
func (p *writer) timeError(t, last int64) error {
	least := "1"
	if last > 0 {
		least = fmt.Sprintf("%d (the time of the value before it)", last)
	}
	remedy := "use Now, or another reading of CLOCK_MONOTONIC in nanoseconds"
	if day := time.Now().UnixNano(); t > day/2 && t < 2*day {
		remedy = "use Now: this is a time of day, as of time.Now().UnixNano()"
	}
	return fmt.Errorf("%w: publish %q: found the time %d; expected %s to %d (now); %s", ErrValue, p.topic, t, least, clock.Now(), remedy)
}
