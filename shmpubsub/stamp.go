package shmpubsub

import (
	"fmt"
	"time"

	"shm_pub_sub/shmpubsub/internal/clock"
	"shm_pub_sub/shmpubsub/internal/ring"
)

// Now returns CLOCK_MONOTONIC in nanoseconds: the clock of [Sample].Time and [Publisher.PublishAt], in Python
// time.monotonic_ns().
func Now() int64 { return clock.Now() }

// PublishAt is Publish with the time when v was measured, on [Now]'s clock, in place of now. Times must neither be in the future
// nor decrease: PublishAt reports [ErrValue] for one below that of the topic's newest value. Several values may have the same time.
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
	if least := p.least(); at.time < least || !clock.Passed(at.time) {
		return 0, p.timeError(at.time, least)
	}
	return at.time, nil
}

// least returns the least time that the next value may have, and not before clock.Now has reached it: that of the newest value,
// unless it was carried over and is in the future, as from before a reboot. Subscribers tell a value that was carried over from
// others by its time, so the next one has a later time.
func (p *writer) least() int64 {
	t := p.newest().Time
	if p.carries() {
		t++
	}
	if !clock.Passed(t) {
		return 1
	}
	return max(t, 1)
}

// newest returns which is the newest value.
func (p *writer) newest() ring.Sample {
	if p.chunks != nil {
		return p.chunks.Last()
	}
	return p.ring.Last()
}

// carries reports whether the newest value was carried over.
func (p *writer) carries() bool {
	return p.segment.CarriedTime != 0 && p.newest().Sequence == 1
}

// timeError says why the next value cannot have the time t.
func (p *writer) timeError(t, least int64) error {
	const of = "nanoseconds on the clock of shmpubsub.Now"
	now, found := clock.Now(), fmt.Sprintf("publish %q: found the time %d", p.topic, t)
	switch hint := otherClock(t, now); {
	case t < 1:
		return fmt.Errorf("%w: %s; expected 1 or more: %s", ErrValue, found, of)
	case t < least:
		before := "the time of the value before"
		if p.carries() {
			before = "after the value that was carried over"
		}
		if hint == "" {
			hint = "; publish in the order of the times"
		}
		return fmt.Errorf("%w: %s; expected %d or more, %s%s", ErrValue, found, least, before, hint)
	default:
		ahead := time.Duration(t - now).Seconds()
		return fmt.Errorf("%w: %s, %.6g s ahead of the clock; expected %d, which is now, or less: %s%s", ErrValue, found, ahead, now, of, hint)
	}
}

// otherClock returns what to do if a time looks like one of another clock or unit, or "".
func otherClock(t, now int64) string {
	const decade = 10 * 366 * 24 * time.Hour
	day, second := time.Now(), int64(time.Second)
	switch {
	case day.Sub(time.Unix(0, t)).Abs() < decade:
		return "; it looks like time.Now().UnixNano(): take shmpubsub.Now()"
	case t <= now/second+1 || day.Sub(time.Unix(t, 0)).Abs() < decade:
		return "; it looks like seconds: take shmpubsub.Now()"
	}
	return ""
}
