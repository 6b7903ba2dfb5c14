package shmpubsub

import (
	"shm_pub_sub/shmpubsub/internal/clock"
	"shm_pub_sub/shmpubsub/internal/ring"
)

// join sets a new subscriber before the last values of the publisher that is there, if one is. Every later
// publisher's are new from the first.
func (s *Subscriber[T]) join() {
	if !s.readable() {
		return
	}
	var w [1]uint64
	newest, _ := s.ring.Newest(w[:])
	head := newest.Sequence
	s.cursor.After = head - min(uint64(s.opts.history), head, uint64(s.view.Depth()))
	if s.opts.history == 0 {
		s.takenTime = newest.Time // should the next publisher carry it over, it is not new
	}
}

// take takes the next value, wherever it is now. Sequence 0 says that there is none yet, or, with an
// error, that what is there cannot be read. While there are values it makes no system call and asks for
// no time.
func (s *Subscriber[T]) take(dst []uint64) (ring.Sample, error) {
	s.receiving = true
	for {
		sample, sound := s.next(dst)
		if sample.Sequence > 0 {
			s.err = nil
			return sample, nil
		}
		// Only who has nothing left to take here may look whether it goes on elsewhere. What is published
		// between the two looks, as the last, is in s.left then.
		view := s.view
		ready := s.ready(clock.Now())
		switch {
		case s.view != view:
			continue
		case ready && !sound:
			s.err = s.garbage()
		case ready:
			s.err = nil
		}
		return ring.Sample{}, s.trouble()
	}
}

// next takes the next value of the files that are mapped. It reports false where the present one is garbage.
func (s *Subscriber[T]) next(dst []uint64) (ring.Sample, bool) {
	for s.left.view != nil {
		sample, lost, _ := s.left.ring.Next(&s.left.cursor, dst)
		if s.lost += lost; sample.Sequence > 0 {
			s.takenTime = sample.Time
			return sample, true
		}
		s.lost += s.left.ring.Unseen(s.left.cursor) // none, but of garbage
		s.left.close()
	}
	if !s.readable() {
		return ring.Sample{}, true
	}
	sample, lost, sound := s.ring.Next(&s.cursor, dst)
	if s.lost += lost; sample.Sequence > 0 {
		s.takenTime = sample.Time
	}
	return sample, sound
}

// enter stands before what the present file has for this subscriber. If its value 1 is a retained one that the
// publisher carried over, the header has that one's time, by which it is known again.
func (s *Subscriber[T]) enter() {
	carried, doubt := s.view.CarriedTime, s.doubtTime
	s.doubtTime = 0
	if carried == doubt {
		return // none, or one that was left behind: still to be received
	}
	if carried != 0 && (carried == s.takenTime || carried == s.left.newestTime()) {
		s.cursor.After = 1 // received, or to be received from left
	}
	if doubt != 0 {
		s.lost++
	}
}

// lose leaves the present file with n values that were not received. A retained one is lost only if the next
// publisher has not carried it over: in doubt until then, so that Lost never falls.
func (s *Subscriber[T]) lose(n uint64) {
	s.lost += n
	if n > 0 && s.view.Retain {
		if s.doubtTime = s.newestTime(); s.doubtTime != 0 {
			s.lost--
		}
	}
}

// newestTime returns when the last value was published; 0 where there is none.
func (a *attachment) newestTime() int64 {
	if !a.readable() {
		return 0
	}
	var w [1]uint64
	newest, _ := a.ring.Newest(w[:])
	return newest.Time
}

// Lost returns how many values were overwritten before this subscriber took them. They are counted when the
// next one is taken, or when the subscriber goes on to another publisher.
func (s *Subscriber[T]) Lost() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost
}
