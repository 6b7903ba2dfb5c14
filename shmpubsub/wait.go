package shmpubsub

import (
	"context"
	"time"

	"shm_pub_sub/shmpubsub/internal/clock"
	"shm_pub_sub/shmpubsub/internal/futex"
	"shm_pub_sub/shmpubsub/internal/ring"
	"shm_pub_sub/shmpubsub/internal/segment"
)

// A waiter sleeps on the wait word of the file that it reads, at most until the next check of the publisher: a
// killed one wakes nobody. If it may not write that word, or there is no file, it polls less and less often.
const (
	firstPoll, lastPoll = 50 * time.Microsecond, time.Millisecond // at head
	firstLook, lastLook = time.Millisecond, 20 * time.Millisecond // at the name
)

// rest is how a waiter waits before it looks again.
type rest struct {
	page      *segment.WaitPage // to sleep on, and to release; nil: it pauses
	announced uint32            // the word there
	slice     time.Duration     // the longest sleep

	least, most time.Duration // of the pause, which doubles
}

// await waits for the next value and takes it. Its caller interrupts it when ctx ends.
func (s *reader) await(ctx context.Context, dst []uint64, h *held) (ring.Sample, error) {
	var r rest
	for pause := time.Duration(0); ; {
		taken, err := s.takeOrAnnounce(ctx, dst, h, &r)
		if err != nil || taken.Sequence > 0 {
			return taken, err
		}
		if r.page != nil && futex.Wait(r.page.Word(), r.announced, s.bit, r.slice) == nil {
			pause = 0
			continue
		}
		pause = min(max(2*pause, r.least), r.most)
		s.pause(ctx, pause)
	}
}

// takeOrAnnounce takes a value, or sets r to how to rest. r is how its caller has just rested.
func (s *reader) takeOrAnnounce(ctx context.Context, dst []uint64, h *held, r *rest) (ring.Sample, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.page != nil {
		r.page.Release()
	}
	*r = rest{least: firstPoll, most: lastPoll}
	for {
		if s.closed {
			return ring.Sample{}, s.closedError("receive")
		}
		taken, err := s.get(dst, h)
		if err == nil && taken.Sequence == 0 {
			err = ctx.Err()
		}
		if err != nil || taken.Sequence > 0 || h.wasLapped() {
			return taken, err
		}
		if !s.present.readable() {
			r.least, r.most = firstLook, lastLook
			return taken, nil
		}
		page, err := s.present.view.WaitPage()
		if err != nil {
			return taken, nil // no permission, or the name has just moved on
		}
		announced := futex.Announce(page.Word())
		// The second look. Whatever happens from here on moves the word on, or wakes its sleepers; so do the
		// end of ctx and Close, which wait for mu.
		if s.seenAll(h) && !s.present.view.Retired() {
			r.page, r.announced = page, announced
			r.slice = max(time.Duration(s.checkAt-clock.Now()), time.Millisecond)
			return taken, nil
		}
		page.Release()
	}
}

// get takes the next value, or reads the one that h asks for.
func (s *reader) get(dst []uint64, h *held) (ring.Sample, error) {
	if h != nil && h.asked.byTime {
		return s.first(h)
	}
	return s.take(dst, h)
}

// seenAll reports whether nothing was published since get has found no value.
func (s *reader) seenAll(h *held) bool {
	if h != nil && h.asked.byTime {
		return s.present.ring.Published() == h.asked.head
	}
	return s.present.unseen() == 0
}

// pause waits for d, or until ctx ends or the subscriber is closed.
func (s *reader) pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-s.done:
	}
}

// interruptedBy makes the waiters look again when ctx ends, until stop is called.
func (s *reader) interruptedBy(ctx context.Context) (stop func() bool) {
	if ctx.Done() == nil {
		return func() bool { return false }
	}
	return context.AfterFunc(ctx, s.interrupt)
}

// interrupt makes this subscriber's waiters look again, after their context has ended or closed was set.
func (s *reader) interrupt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.present.view != nil {
		s.present.view.Interrupt(s.bit)
	}
}

// WaitForPublisher returns nil as soon as the topic has a live publisher, whether or not it has published. It
// consumes no value. The errors are those of Recv.
func (s *reader) WaitForPublisher(ctx context.Context) error {
	for pause := firstLook; ; pause = min(2*pause, lastLook) {
		if there, err := s.hasPublisher(); there || err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		s.pause(ctx, pause)
	}
}

func (s *reader) hasPublisher() (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false, s.closedError("wait for the publisher of")
	}
	if !s.ready(clock.Now()) {
		if s.present.view == nil {
			return false, s.trouble()
		}
		return false, nil
	}
	alive, err := s.present.view.Alive()
	return err == nil && alive, nil
}
