package shmpubsub

import (
	"errors"
	"fmt"
	"time"

	"shm_pub_sub/shmpubsub/internal/descriptor"
	"shm_pub_sub/shmpubsub/internal/segment"
)

// wakeMargin is the part of segment.DetectionTime for waking up and checking.
const wakeMargin = 10 * time.Millisecond

// checkInterval is the time between two checks that the publisher lives, and the longest slice of a wait. Only a
// test changes it.
var checkInterval = int64(segment.DetectionTime - wakeMargin)

// ready reports whether there is a file to read, after looking for another one if the name may have moved on.
func (s *reader) ready(now int64) bool {
	for {
		if !s.present.readable() {
			if s.present.view != nil && s.present.view.Current() {
				return false // the same dead file
			}
			s.attach(now)
			if !s.present.readable() {
				return false
			}
		}
		if !s.present.view.Retired() {
			if now < s.checkAt {
				return true
			}
			readable, err := s.check(now)
			if readable {
				return true
			}
			if err != nil { // the lock cannot be queried just now: the file and the position stay
				s.err = err
				return false
			}
		}
		s.leave()
	}
}

// check asks the kernel whether the file may still be read. A retained file may be read without its publisher, as
// long as the name points at it.
func (s *reader) check(now int64) (bool, error) {
	view := s.present.view
	alive, err := view.Alive()
	readable := err == nil && alive || view.Retain && view.Current()
	if readable || err == nil {
		s.checkAt = now + checkInterval
	}
	return readable, err
}

// attach opens what the name points at. It checks the publisher some time after now, and the next check counts
// from now: a process that loses its processor in between must not take a dead publisher for alive for longer.
func (s *reader) attach(now int64) {
	s.leave()
	v, err := s.open()
	if errors.Is(err, ErrNoPublisher) {
		err = nil
	}
	s.enter(v)
	if s.err = err; s.present.readable() {
		s.checkAt = now + checkInterval
	}
}

// open maps what the name points at, if it is a topic of a type that s reads.
func (s *reader) open() (*segment.View, error) {
	want := s.typ
	if s.list.Kind != descriptor.KindAny {
		want = descriptor.Any
	}
	v, err := segment.Attach(s.opts.dir, s.topic, want, s.opts.trust)
	if err != nil || v.Dead {
		return v, err
	}
	if !v.Type.Reads(s.typ) && (s.list.Kind == descriptor.KindAny || !v.Type.Reads(s.list)) {
		defer v.Close()
		return nil, &segment.TypeError{Topic: s.topic, Found: v.Type, Want: s.typ, PID: v.PID}
	}
	if s.word && v.Pooled {
		defer v.Close()
		return nil, fmt.Errorf("%w: open %q: %w: found chunks for values of type %s; expected none", ErrOpen, s.topic, ErrLayout, v.Type)
	}
	return v, nil
}
