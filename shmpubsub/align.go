package shmpubsub

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
	"unsafe"

	"shm_pub_sub/shmpubsub/internal/clock"
	"shm_pub_sub/shmpubsub/internal/ring"
	"shm_pub_sub/shmpubsub/internal/segment"
)

// Alignment finds samples that belong together: sets of one sample of each of its subscribers, of about the same time. Next
// goes on to the next set, and methods of the subscribers read it: [Subscriber.Aligned] and its relatives.
//
// It reads what the topics keep, and takes nothing from the subscribers, which are used as always. A topic's depth must be as
// large as the number of values that are published while the slowest topic's value is on its way.
//
// It is for one goroutine at a time. The subscribers may be closed by others.
type Alignment struct {
	tolerance uint64 // ns
	topics    []aligned
	set       ring.Set // of the same topics
	inOrder   []*reader
	awaited   int    // the topic that the next set has a new value of
	floor     uint64 // no later set has an earlier time

	there         bool // there is a set
	lapped        bool // the last look found one that was overwritten before it was read
	closed        bool
	at            int64 // when the set was read, CLOCK_MONOTONIC, ns
	spread, worst time.Duration
}

// aligned is one topic of an Alignment.
type aligned struct {
	of       *reader
	view     *segment.View // the file when candidates were last looked for; nil: there was nothing to read
	lastView *segment.View // that of its sample in the last set,
	last     uint64        // whose number that is; 0: there was none
	dropped  uint64
	held     held
	sample   ring.Sample
}

// foreign is how far ahead of the clock a time is of another clock, ns: see age.
const foreign = int64(time.Second)

// maxTolerance counts as no limit, ns.
const maxTolerance = uint64(1 << 62)

// Align returns an Alignment of subscribers of any types. The samples of a set are at most tolerance apart. The period of the
// second slowest topic gives a set for each sample of the slowest one; of topics with the same rate take half a period. With
// [WithMaxAge] older samples are left out.
//
// A set has only samples that are newer than those of the set before, is the newest that there is, and is found as soon as it
// is there. In detail: its sample of the topic that is furthest behind is the latest one to which the others have one each, not
// before it and at most tolerance after it; of the sets with that sample it is the one of the least spread.
//
// The errors are ErrValue if tolerance is negative, or if there is no subscriber, or one twice, and ErrClosed.
func Align(tolerance time.Duration, subscribers ...AnySubscriber) (*Alignment, error) {
	if unsupported != nil {
		return nil, unsupported
	}
	if tolerance < 0 {
		return nil, fmt.Errorf("%w: align: found a tolerance of %v; expected 0 or more", ErrValue, tolerance)
	}
	if len(subscribers) == 0 {
		return nil, fmt.Errorf("%w: align: found no subscribers; expected one or more", ErrValue)
	}
	a := &Alignment{
		tolerance: min(uint64(tolerance), maxTolerance),
		topics:    make([]aligned, len(subscribers)), set: make(ring.Set, len(subscribers)),
	}
	for i, each := range subscribers {
		s := each.of()
		if first := slices.Index(a.inOrder, s); first >= 0 {
			return nil, fmt.Errorf("%w: align: found the subscriber of %q at positions %d and %d; expected each one once; make a second one to have it twice",
				ErrValue, s.topic, first, i)
		}
		if s.isClosed() {
			return nil, s.closedError("align")
		}
		a.topics[i].of = s
		a.inOrder = append(a.inOrder, s)
	}
	// All subscribers are locked at once, in one order, whichever Alignment does it. Objects stay where they are.
	slices.SortFunc(a.inOrder, func(s, t *reader) int {
		return cmp.Compare(uintptr(unsafe.Pointer(s)), uintptr(unsafe.Pointer(t)))
	})
	return a, nil
}

func (s *reader) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// Next goes on to the next set, and waits if there is none. The set before ends, whether or not there is another. If there
// is a set it returns nil, even if ctx has ended. The errors are otherwise those of [Subscriber.Recv], of any of the topics,
// and ErrClosed once one of the subscribers, or the Alignment, is closed; the latter not meanwhile.
//
// Waiting occupies a thread, and costs no processor time: it is woken only by the topic that is furthest behind, without
// which there is no set. It notices the Close of a subscriber of another topic within 0.1 s. It polls where [Select] does.
func (a *Alignment) Next(ctx context.Context) error {
	if a.closed {
		return fmt.Errorf("align: %w", ErrClosed)
	}
	if err := a.take(nil); err != nil || a.there {
		return err
	}
	w := newAnyWait(ctx)
	defer w.end()
	return a.await(w)
}

// await waits for the next set.
func (a *Alignment) await(w *anyWait) error {
	for pause := time.Duration(0); ; {
		if err := a.take(w); err != nil || a.there {
			return err
		}
		if err := w.ctx.Err(); err != nil {
			return err
		}
		if a.lapped {
			pause = min(max(2*pause, firstPoll), lastPoll)
			w.pause(pause)
			continue
		}
		w.begin()
		if a.topics[a.awaited].announce(w, a.set[a.awaited].Head) {
			w.sleep()
		} else {
			w.release()
		}
	}
}

// announce adds the topic to what w sleeps on, and reports whether nothing has changed since the last look.
func (t *aligned) announce(w *anyWait, head uint64) bool {
	t.of.mu.Lock()
	defer t.of.mu.Unlock()
	return !t.of.closed && t.of.readableView() == t.view && w.announce(t.of, head)
}

// readableView returns the file whose values can be read; nil: there is none.
func (s *reader) readableView() *segment.View {
	if !s.present.readable() {
		return nil
	}
	return s.present.view
}

// take takes the next set, if there is one. It holds all subscribers' mu: nothing that is looked at goes away meanwhile.
func (a *Alignment) take(w *anyWait) error {
	for _, s := range a.inOrder {
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	a.letGo()
	if err := a.look(w); err != nil {
		return err
	}
	found, lapped := a.set.Find(a.tolerance)
	if lapped {
		a.lapped = true
		return nil
	}
	if !found {
		a.awaited, a.floor = a.set.Await(a.tolerance, a.awaited, a.floor)
		return nil
	}
	for i := range a.topics {
		t := &a.topics[i]
		t.held = held{view: true}
		var sound bool
		if t.sample, sound = t.of.present.at(a.set[i].K, &t.held); !sound {
			a.letGo()
			t.of.err = t.of.garbage()
			return t.of.err
		}
		if t.held.lapped {
			a.letGo()
			a.lapped = true
			return nil
		}
	}
	a.deliver()
	return nil
}

// look looks for all topics' candidates.
func (a *Alignment) look(w *anyWait) error {
	a.at = clock.Now()
	for i := range a.topics {
		t, s := &a.topics[i], a.topics[i].of
		if s.closed {
			return s.closedError("align")
		}
		if w != nil {
			w.hasten(s)
		}
		if s.ready(a.at) {
			s.err = nil
		} else if err := s.trouble(); err != nil {
			return err
		}
		if view := s.readableView(); view != t.view {
			a.floor = 0 // a new publisher may begin with an earlier time than the last one's
			t.view = view
		}
	}
	for i := range a.topics {
		if a.topics[i].view == nil {
			a.set[i].None()
			continue
		}
		s := a.topics[i].of
		from := max(uint64(max(s.oldest(a.at), 0)), a.floor)
		if !a.set[i].Look(s.present.ring, from, uint64(a.at+foreign)) {
			s.err = s.garbage()
			return s.err
		}
	}
	return nil
}

// deliver makes what was read the set.
func (a *Alignment) deliver() {
	for i := range a.topics {
		t, k := &a.topics[i], a.set[i].K
		if t.last != 0 && t.lastView == t.view && k > t.last {
			t.dropped += k - t.last - 1
		}
		t.lastView, t.last = t.view, k
		a.set[i].Take()
	}
	a.there, a.spread = true, time.Duration(a.set.Spread())
	a.worst = max(a.worst, a.spread)
}

// letGo ends the set. All subscribers are locked.
func (a *Alignment) letGo() {
	a.there, a.lapped = false, false
	for i := range a.topics {
		a.topics[i].of.releaseLocked(&a.topics[i].held)
	}
}

// Close ends the present set, and the Alignment. The subscribers stay open. It is idempotent.
func (a *Alignment) Close() error {
	for _, s := range a.inOrder {
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	a.letGo()
	a.closed = true
	return nil
}

// Dropped returns for each subscriber the number of values that were published between the first set and the last and are in
// none. Values of a publisher are counted from its first set on.
func (a *Alignment) Dropped() []uint64 {
	dropped := make([]uint64, len(a.topics))
	for i := range a.topics {
		dropped[i] = a.topics[i].dropped
	}
	return dropped
}

// Times returns when the samples of the present set were published, CLOCK_MONOTONIC, nanoseconds, in the order of the
// subscribers; nil if there is no set.
func (a *Alignment) Times() []int64 {
	if !a.there {
		return nil
	}
	times := make([]int64, len(a.topics))
	for i := range a.topics {
		times[i] = a.topics[i].sample.Time
	}
	return times
}

// Spread returns the time between the earliest and the latest sample of the last set; 0 before the first.
func (a *Alignment) Spread() time.Duration { return a.spread }

// WorstSpread returns the greatest spread so far.
func (a *Alignment) WorstSpread() time.Duration { return a.worst }
