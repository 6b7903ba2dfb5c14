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
		s.lastTime = newest.Time // should the next publisher carry it over, it is not new
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
		return ring.Sample{}, s.err
	}
}

// next takes the next value of the files that are mapped. It reports false where the present one is garbage.
func (s *Subscriber[T]) next(dst []uint64) (ring.Sample, bool) {
	for s.left.view != nil {
		sample, lost, _ := s.left.ring.Next(&s.left.cursor, dst)
		if s.lost += lost; sample.Sequence > 0 {
			s.lastTime = sample.Time
			return sample, true
		}
		s.lost += s.left.ring.Unseen(s.left.cursor) // none, but of garbage
		s.left.close()
	}
	for s.readable() {
		sample, lost, sound := s.ring.Next(&s.cursor, dst)
		if s.lost += lost; sample.Sequence == 0 {
			return sample, sound
		}
		// A retained value becomes the next publisher's first one, with its time.
		if sample.Sequence > 1 || sample.Time != s.lastTime {
			s.lastTime = sample.Time
			return sample, true
		}
	}
	return ring.Sample{}, true
}

// unseen returns how many values can be taken from the files that are mapped.
func (s *Subscriber[T]) unseen() (n uint64) {
	for _, a := range []*attachment{&s.left, &s.attachment} {
		if a.readable() {
			n += min(a.ring.Unseen(a.cursor), uint64(a.view.Depth()))
		}
	}
	return n
}

// Lost returns how many values were overwritten before this subscriber took them. They are counted when the
// next one is taken, or when the subscriber goes on to another publisher.
func (s *Subscriber[T]) Lost() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost
}
