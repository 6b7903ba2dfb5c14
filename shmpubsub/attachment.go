package shmpubsub

import (
	"errors"
	"time"

	"shm_pub_sub/shmpubsub/internal/ring"
	"shm_pub_sub/shmpubsub/internal/segment"
)

// awake is what is left of the promise for waking up and asking.
const awake = 10 * time.Millisecond

// checkEvery is how long after the last question the publisher is asked after again, and how long a slice of a wait
// lasts. Only a test changes it.
var checkEvery = int64(segment.DeathShows - awake)

// attachment is a publisher's file, and how far the subscriber has received what is in it.
type attachment struct {
	view   *segment.View // nil: no file, or none that can be read
	ring   ring.Ring     // of view, where that is not dead
	cursor ring.Cursor
}

// readable reports whether there are values. What a publisher left that was dead before the subscriber
// came is none of its values.
func (a *attachment) readable() bool { return a.view != nil && !a.view.Dead }

func (a *attachment) close() {
	if a.view != nil {
		a.view.Close()
	}
	*a = attachment{}
}

// ready reports whether there is a ring to read, and looks for a new one where the name may have moved on.
func (s *Subscriber[T]) ready(now int64) bool {
	for {
		if !s.readable() {
			if s.view != nil && s.view.Current() {
				return false // the same dead file
			}
			s.attach(now)
			if !s.readable() {
				return false
			}
		}
		if !s.view.Retired() {
			if now < s.checkAt {
				return true
			}
			readable, err := s.check(now)
			if readable {
				return true
			}
			if err != nil { // nobody can be asked just now: the file, and the place in it, stay
				s.err = err
				return false
			}
		}
		s.detach()
	}
}

// check asks the kernel after the publisher. It reports false where the name must be looked at again.
func (s *Subscriber[T]) check(now int64) (bool, error) {
	alive, err := s.view.Alive()
	readable := err == nil && alive || s.view.Retain && s.view.Current()
	if readable || err == nil {
		s.checkAt = now + checkEvery
	}
	return readable, err
}

// attach opens what the name points at. It asks whether the publisher lives some time after now: counted
// from then, a process that loses its processor in between would take a dead one for alive for longer.
func (s *Subscriber[T]) attach(now int64) {
	s.detach()
	v, err := segment.Attach(s.opts.dir, s.topic, s.codec.tag, s.opts.trust)
	if errors.Is(err, ErrNoPublisher) {
		err = nil
	}
	if s.view, s.err = v, err; !s.readable() {
		return
	}
	s.ring, s.checkAt = v.Ring(), now+checkEvery
	s.enter()
}

// detach lets the present file go. Nothing is published there any more, so that a subscriber that receives can
// still have what it has not yet: the file is kept for that, one at a time. (One that only ever asks for the
// newest value keeps none: it would hold on to the memory for good.)
func (s *Subscriber[T]) detach() {
	if s.left.view != nil && s.left.ring.Unseen(s.left.cursor) == 0 {
		s.left.close()
	}
	if s.readable() {
		unseen := s.ring.Unseen(s.cursor)
		if unseen > 0 && s.receiving && s.left.view == nil {
			s.left, s.attachment = s.attachment, attachment{}
			return
		}
		s.lose(unseen)
	}
	s.attachment.close()
}
