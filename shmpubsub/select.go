package shmpubsub

import (
	"context"
	"fmt"

	"shm_pub_sub/shmpubsub/internal/clock"
)

// AnySubscriber is a [Subscriber] or a [SliceSubscriber] of any type.
type AnySubscriber interface {
	Topic() string
	Err() error
	Lost() uint64
	Close() error

	of() *reader
}

func (s *reader) of() *reader { return s }

// Select waits until subscribers have values to receive, and returns those subscribers, in the order given. It takes no
// value: call TryRecv or Drain on each. A subscriber whose topic has become unreadable is returned too: its TryRecv
// reports false, and its Err says why.
//
// If there are values it returns even if ctx has ended. Otherwise it returns ctx's error once ctx ends. It returns ErrClosed
// if one of the subscribers is closed, or is closed meanwhile, and ErrValue without any subscribers.
//
// Waiting occupies a thread, and costs no processor time for 127 topics, 128 if ctx cannot end; on an older kernel than
// Linux 5.16 for one. Further topics are polled every millisecond.
func Select(ctx context.Context, subscribers ...AnySubscriber) ([]AnySubscriber, error) {
	if unsupported != nil {
		return nil, unsupported
	}
	if len(subscribers) == 0 {
		return nil, fmt.Errorf("%w: select: found no subscribers; expected one or more, otherwise it would wait forever", ErrValue)
	}
	ready, err := selectReady(nil, subscribers)
	if err != nil || len(ready) > 0 {
		return ready, err
	}
	w := newAnyWait(ctx)
	defer w.end()
	return w.selectAny(subscribers)
}

// selectAny waits for values to receive.
func (w *anyWait) selectAny(subscribers []AnySubscriber) ([]AnySubscriber, error) {
	for {
		ready, err := selectReady(w, subscribers)
		if err != nil || len(ready) > 0 {
			return ready, err
		}
		if err := w.ctx.Err(); err != nil {
			return nil, err
		}
		w.begin()
		news := false
		for _, s := range subscribers {
			if news = !s.of().announceUnread(w); news {
				break
			}
		}
		if news {
			w.release()
			continue
		}
		w.sleep()
	}
}

// selectReady returns the subscribers with something to receive. w may be nil.
func selectReady(w *anyWait, subscribers []AnySubscriber) (ready []AnySubscriber, err error) {
	for _, s := range subscribers {
		there, err := s.of().hasUnread(w)
		if err != nil {
			return nil, err
		}
		if there {
			ready = append(ready, s)
		}
	}
	return ready, nil
}

// hasUnread reports whether the next tryTake returns something: a value, or a topic's error.
func (s *reader) hasUnread(w *anyWait) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false, s.closedError("select")
	}
	if w != nil {
		w.hasten(s)
	}
	return s.pending(), nil
}

// pending reports whether take would return a value or an error now. A head that is garbage counts: take reports it.
func (s *reader) pending() bool {
	s.receiving = true
	for {
		s.dropEmptyPrevious()
		if s.previous.view != nil || s.present.readable() && s.present.ring.Published() != s.present.position.After {
			return true
		}
		view := s.present.view
		ready := s.ready(clock.Now())
		if s.present.view != view {
			continue
		}
		if ready {
			s.err = nil
		}
		return s.trouble() != nil
	}
}

// announceUnread adds s to what w sleeps on, and reports whether there is still nothing to receive.
func (s *reader) announceUnread(w *anyWait) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.closed && s.previous.view == nil && w.announce(s, s.present.position.After)
}
