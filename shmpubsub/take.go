package shmpubsub

import (
	"shm_pub_sub/shmpubsub/internal/clock"
	"shm_pub_sub/shmpubsub/internal/ring"
)

// take takes the next value, from whichever file it is in: a word to dst or, with h, any value to h. Sequence 0 says that there is none yet or, with an
// error, that the topic cannot be read; h says whether it was lapped. While there are values it makes no system call and does not read the clock.
func (s *reader) take(dst []uint64, h *held) (ring.Sample, error) {
	s.receiving = true
	if h != nil {
		h.lapped = false
	}
	for {
		sample, sound := s.next(dst, h)
		if sample.Sequence > 0 {
			s.err = nil
			return sample, nil
		}
		if h.wasLapped() {
			return ring.Sample{}, nil
		}
		// Look for another file only with nothing left to take here. If one was entered, values published since
		// then are in previous.
		view := s.present.view
		ready := s.ready(clock.Now())
		switch {
		case s.present.view != view:
			continue
		case ready && !sound:
			s.err = s.garbage()
		case ready:
			s.err = nil
		}
		return ring.Sample{}, s.trouble()
	}
}

// Lost returns the number of values that were overwritten before this subscriber took them. They are counted
// when the next one is taken, or when the subscriber goes on to another publisher.
func (s *reader) Lost() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost
}
