package shmpubsub

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"shm_pub_sub/shmpubsub/internal/clock"
	"shm_pub_sub/shmpubsub/internal/descriptor"
	"shm_pub_sub/shmpubsub/internal/futex"
	"shm_pub_sub/shmpubsub/internal/ring"
)

// reader is what all subscribers have.
type reader struct {
	topic string
	form
	list descriptor.Type // another type that it reads; Any: none
	opts options
	bit  futex.WaiterBit // of its waiters
	done chan struct{}   // closed by Close, for waiters without a file

	mu     sync.Mutex // never held while waiting, nor while a value is copied from a chunk
	closed bool
	cursor
	checkAt int64 // when to check the publisher next, CLOCK_MONOTONIC ns
	err     error
}

// begin opens the topic, if there is one. It is no error that there is none yet.
func (s *reader) begin() error {
	s.bit, s.done = futex.WaiterBitOf(rand.Uint32()), make(chan struct{})
	if s.attach(clock.Now()); s.err != nil {
		return s.err
	}
	s.join(s.opts.history)
	return nil
}

// newest reads the newest value if Subscribe would report true: a word to dst or, with h, any value to h, which says
// whether it was lapped.
func (s *reader) newest(dst []uint64, h *held, now int64) ring.Sample {
	if h != nil {
		h.lapped = false
	}
	if s.closed || !s.ready(now) {
		return ring.Sample{}
	}
	sample, sound := s.present.newest(dst, h)
	if !sound {
		s.err = s.garbage()
		return ring.Sample{}
	}
	s.err = nil
	if s.tooOld(sample.Time, now) {
		if h != nil {
			s.releaseLocked(h)
		}
		return ring.Sample{}
	}
	return sample
}

// tooOld reports whether a value of that time is older than WithMaxAge allows.
func (s *reader) tooOld(time, now int64) bool {
	return s.opts.maxAge > 0 && age(time, now) > s.opts.maxAge
}

// hold is newest for any value. It waits for one that is not overwritten while it is read, for a second at most.
func (s *reader) hold(h *held) (ring.Sample, int64) {
	for l := (lapses{}); ; {
		s.mu.Lock()
		now := clock.Now()
		sample := s.newest(nil, h, now)
		s.mu.Unlock()
		if !h.lapped || !l.pause(s) {
			return sample, now
		}
	}
}

// release ends the use of what h holds.
func (s *reader) release(h *held) {
	if h.chunks == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.releaseLocked(h)
}

func (s *reader) releaseLocked(h *held) {
	if h.chunks != nil {
		h.chunks.release(h.value)
		h.chunks = nil
	}
}

// lapses are the tries of a call that must not wait for a publisher, and finds each value overwritten.
type lapses struct {
	tries int
	began time.Time
	next  time.Duration
}

// lapLimit is how long such a call goes on.
const lapLimit = time.Second

// pause waits a little, longer each time. It reports false if that was enough, which s's error then says.
func (l *lapses) pause(s *reader) bool {
	if l.tries++; l.tries == 1 {
		l.began = time.Now()
	}
	if time.Since(l.began) < lapLimit {
		l.next = min(max(2*l.next, firstPoll), lastPoll)
		time.Sleep(l.next)
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = fmt.Errorf("%w: read %q: found the value overwritten while it was read, %d times; expected a whole one within %v; "+
		"use a larger depth, or give this process write permission for the topic's file, so that it can keep values from being overwritten",
		ErrOpen, s.topic, l.tries, lapLimit)
	return false
}

// garbage returns the error for a file whose ring contradicts itself.
func (s *reader) garbage() error {
	return fmt.Errorf("%w: read %q: found a slot that contradicts the head; expected a topic written by this library", ErrLayout, s.topic)
}

// Err returns why the last call could not read an existing topic, such as [ErrType] after a restart with another
// type; nil if it could, or if there is no publisher. With [ErrUntrusted] Recv and its relatives still wait: a
// publisher may replace the untrusted file.
func (s *reader) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return s.closedError("subscribe")
	}
	return s.err
}

// trouble returns the error that ends a wait.
func (s *reader) trouble() error {
	if errors.Is(s.err, ErrUntrusted) {
		return nil
	}
	return s.err
}

func (s *reader) closedError(operation string) error {
	return fmt.Errorf("%s %q: %w", operation, s.topic, ErrClosed)
}

// Close releases the topic. Afterwards Subscribe reports false, and Recv [ErrClosed], also in goroutines that
// are waiting in it. It is idempotent.
func (s *reader) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	close(s.done)
	if s.present.view != nil {
		s.present.view.Interrupt(s.bit)
	}
	s.end()
	return nil
}

// Topic returns the topic's name.
func (s *reader) Topic() string { return s.topic }
