package shmpubsub

import (
	"context"
	"math"

	"shm_pub_sub/shmpubsub/internal/clock"
	"shm_pub_sub/shmpubsub/internal/ring"
	"shm_pub_sub/shmpubsub/internal/segment"
)

// asked is whether, and from what time on, a value is asked for by its time.
type asked struct {
	byTime bool
	after  int64
	head   uint64 // when there was none
}

// find reads the value that q asks for to h, as [ring.Ring.Find] does.
func (a *attachment) find(q ring.Query, h *held) (found ring.Sample, head uint64, sound bool) {
	if a.chunks == nil {
		return a.ring.Find(q, 0, h.wordsFor(a.view.ElemSize))
	}
	return a.chunks.find(q, h)
}

// at reads value k, which was published, to h. h says whether it was overwritten.
func (a *attachment) at(k uint64, h *held) (found ring.Sample, sound bool) {
	if a.chunks != nil {
		return a.chunks.at(k, h)
	}
	found, sound = a.ring.At(k, h.wordsFor(a.view.ElemSize))
	h.lapped = sound && found.Sequence == 0
	return found, sound
}

// find reads the value that q asks for, if Subscribe would report true for it, to h, which says whether it was lapped. head
// is how many values there were if it returns none; 0 without a file.
func (s *reader) find(q ring.Query, h *held, now int64) (found ring.Sample, head uint64) {
	h.lapped = false
	if s.closed || !s.ready(now) {
		return ring.Sample{}, 0
	}
	q.Oldest = s.oldest(now)
	found, head, sound := s.present.find(q, h)
	if !sound {
		s.err = s.garbage()
		return ring.Sample{}, 0
	}
	s.err = nil
	if found.Sequence > 0 && s.tooOld(found.Time, now) {
		s.releaseLocked(h)
		return ring.Sample{}, head
	}
	return found, head
}

// oldest returns the time from which on values are not too old.
func (s *reader) oldest(now int64) int64 {
	if s.opts.maxAge > 0 {
		return now - int64(s.opts.maxAge)
	}
	return 0
}

// holdAt reads the value nearest to a time to h. Like hold, it waits for one that is not overwritten while it is read.
func (s *reader) holdAt(time int64, h *held) (ring.Sample, int64) {
	for l := (lapses{}); ; {
		s.mu.Lock()
		now := clock.Now()
		found, _ := s.find(ring.Query{Time: time, Nearest: true}, h, now)
		s.mu.Unlock()
		if !h.lapped || !l.pause(s) {
			return found, now
		}
	}
}

// first is take for the value that h asks for.
func (s *reader) first(h *held) (ring.Sample, error) {
	found, head := s.find(ring.Query{Time: h.asked.after}, h, clock.Now())
	if h.asked.head = head; found.Sequence > 0 || h.lapped {
		return found, nil
	}
	return ring.Sample{}, s.trouble()
}

// receiveAfter reads the first value at or after a time to h, and waits for it.
func (s *reader) receiveAfter(ctx context.Context, time int64, h *held) (ring.Sample, error) {
	h.asked = asked{byTime: true, after: time}
	if found, err := s.tryFirst(h); err != nil || found.Sequence > 0 {
		return found, err
	}
	defer s.interruptedBy(ctx)()
	return s.await(ctx, nil, h)
}

// tryFirst is first, or ErrClosed.
func (s *reader) tryFirst(h *held) (ring.Sample, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ring.Sample{}, s.closedError("receive")
	}
	return s.first(h)
}

// run is the values of one publisher from some time to the newest one. There is no gap between them: if one is overwritten
// before it is read, the run begins again behind it.
type run struct {
	after      int64
	view       *segment.View // whose values they are; nil: none yet
	begun      bool
	next, last uint64
	from, skip uint64 // where it begins again, and what it leaves out then: it is about to be overwritten as well
	failed     bool
	lapses
}

// holdNext reads the run's next value to h; sequence 0 says that it is over. It reports false if the run begins again.
func (s *reader) holdNext(r *run, h *held) (found ring.Sample, now int64, goesOn bool) {
	if r.failed {
		return ring.Sample{}, 0, true
	}
	s.mu.Lock()
	now = clock.Now()
	found, goesOn = s.nextOf(r, h, now)
	s.mu.Unlock()
	r.failed = h.lapped && r.next == r.last && !r.pause(s)
	return found, now, goesOn
}

func (s *reader) nextOf(r *run, h *held, now int64) (found ring.Sample, goesOn bool) {
	h.lapped = false
	if s.closed || !s.ready(now) {
		return ring.Sample{}, true
	}
	a := &s.present
	if a.view != r.view {
		another := r.view != nil
		*r = run{after: r.after, view: a.view, lapses: r.lapses}
		if another {
			return ring.Sample{}, false
		}
	}
	sound := r.begun || r.seek(a, s.oldest(now))
	for sound && r.next <= r.last {
		found, sound = a.at(r.next, h)
		switch {
		case h.lapped:
			r.begun, r.from, r.skip = false, r.next+1+r.skip, 2*r.skip+1
			return ring.Sample{}, false
		case sound && s.tooOld(found.Time, now):
			s.releaseLocked(h)
		case sound:
			s.err = nil
			r.next++
			return found, true
		}
		r.next++
	}
	if s.err = nil; !sound {
		s.err = s.garbage()
	}
	return ring.Sample{}, true
}

// seek sets where the run begins and ends. It searches again if all values were overwritten meanwhile, which does not mean
// that there is none.
func (r *run) seek(a *attachment, oldest int64) (sound bool) {
	for {
		k, head, sound := a.ring.Search(max(r.after, oldest-1) + 1)
		if r.after == math.MaxInt64 {
			k = head + 1
		}
		if sound && k > head && head > 0 {
			var newest ring.Sample
			if newest, sound = a.ring.At(head, nil); sound && newest.Sequence == 0 {
				continue
			}
		}
		r.begun, r.next, r.last = true, max(k, min(r.from, head)), head
		return sound
	}
}
