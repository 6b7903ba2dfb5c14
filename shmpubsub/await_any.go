package shmpubsub

import (
	"context"
	"sync/atomic"
	"time"

	"shm_pub_sub/shmpubsub/internal/clock"
	"shm_pub_sub/shmpubsub/internal/futex"
	"shm_pub_sub/shmpubsub/internal/segment"
)

// anyWait is one call's wait for news of one of several subscribers. hot/select.c has the same in C. In each round:
//
//  1. The caller looks at all subscribers, and is done if it finds what it waits for. It holds each one's mu meanwhile.
//  2. announce, for each one, under its mu: the word's bit, then the second look. If there is news, the round is over.
//  3. sleep, without any lock, on all words together.
//
// What ends the sleep: a publisher, whose Notify finds the bit that was set before the second look; Close of one of the
// subscribers, which waits for mu, and so comes before step 1, which finds it closed, or after the word was announced,
// which it then interrupts; the end of ctx, by a flag of this process that is one of the words, so that shared memory is
// left alone. And at the latest the next check of a publisher, as a killed one wakes nobody.
//
// Polled are words beyond what the kernel takes, words that may not be written, and the name if there is no file: less and
// less often, and also for Close. Without futex_waitv the kernel takes one word, and no flag beside it: the end of ctx
// interrupts that word, as it does in Recv.
type anyWait struct {
	ctx  context.Context
	flag *futex.Flag // raised at the end of ctx; nil: that has none
	stop func() bool

	words  futex.Several
	pages  []heldPage
	unable bool // the kernel has no futex_waitv

	announced uint32                 // of the last page
	asleep    atomic.Pointer[reader] // whose word alone is slept on, or is about to be

	until int64 // CLOCK_MONOTONIC, ns: the next check of a publisher
	isDue bool  // it is time for it, and so for all that are due soon
	polls bool  // in this round,
	looks bool  // and for files
	poll  time.Duration
	look  time.Duration
	wakes int // rounds that slept
}

// heldPage is a wait page that stays mapped while its word is slept on.
type heldPage struct {
	of   *reader
	page *segment.WaitPage
}

// newAnyWait begins a wait, which the caller ends.
func newAnyWait(ctx context.Context) *anyWait {
	w := &anyWait{ctx: ctx}
	if ctx.Done() != nil {
		w.flag = new(futex.Flag)
		w.stop = context.AfterFunc(ctx, w.interrupt)
	}
	return w
}

// interrupt ends the sleep, as ctx has ended.
func (w *anyWait) interrupt() {
	w.flag.Raise()
	if s := w.asleep.Load(); s != nil {
		s.interrupt()
	}
}

func (w *anyWait) end() {
	if w.stop != nil {
		w.stop()
	}
}

// begin begins a round's step 2.
func (w *anyWait) begin() {
	w.words.Reset()
	w.polls, w.looks = false, false
	w.until = clock.Now() + checkInterval
	if w.flag != nil {
		w.words.AddFlag(w.flag)
	}
}

// announce adds s to what is slept on, and reports whether s has no value after number after. The caller holds s.mu, and
// has found s open.
func (w *anyWait) announce(s *reader, after uint64) bool {
	if !s.present.readable() {
		w.looks = true
		return true
	}
	w.until = min(w.until, s.checkAt)
	if w.words.Full() || w.unable && len(w.pages) > 0 {
		w.polls = true
		return true
	}
	page, err := s.present.view.WaitPage()
	if err != nil {
		w.polls = true // no permission, or the name has just moved on
		return true
	}
	w.pages = append(w.pages, heldPage{s, page})
	announced := futex.Announce(page.Word())
	if s.present.ring.Published() != after || s.present.view.Retired() {
		return false
	}
	w.words.Add(page.Word(), announced)
	w.announced = announced
	return true
}

// hasten makes the next check of s's publisher now if it is due soon, so that many of them cost one wake-up. The caller
// holds s.mu.
func (w *anyWait) hasten(s *reader) {
	if w.isDue && s.checkAt < w.until+checkInterval/2 {
		s.checkAt = min(s.checkAt, w.until)
	}
}

// sleep is step 3. Afterwards it lets the pages go, each under its subscriber's mu.
func (w *anyWait) sleep() {
	defer w.release()
	w.wakes++
	d := max(time.Duration(w.until-clock.Now()), time.Millisecond)
	if w.polls {
		w.poll = min(max(2*w.poll, firstPoll), lastPoll)
		d = min(d, w.poll)
	}
	if w.looks {
		w.look = min(max(2*w.look, firstLook), lastLook)
		d = min(d, w.look)
	}
	switch {
	case len(w.pages) == 0 || w.unable && !w.sleepOnOne(d):
		w.pause(d)
	case !w.unable:
		w.unable = w.words.Wait(d) != nil
	}
	w.isDue = clock.Now() >= w.until
}

// sleepOnOne sleeps on the only page's word. It reports false if that is impossible. If ctx ends before it is looked at here
// that shows; if later, interrupt finds whom to interrupt, and moves the word on.
func (w *anyWait) sleepOnOne(d time.Duration) bool {
	only := w.pages[0]
	w.asleep.Store(only.of)
	defer w.asleep.Store(nil)
	return w.ctx.Err() != nil || futex.Wait(only.page.Word(), w.announced, only.of.bit, d) == nil
}

// pause waits for d, or until ctx ends.
func (w *anyWait) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.ctx.Done():
	}
}

func (w *anyWait) release() {
	for _, held := range w.pages {
		held.of.mu.Lock()
		held.page.Release()
		held.of.mu.Unlock()
	}
	w.pages = w.pages[:0]
}
