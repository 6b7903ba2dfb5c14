package shmpubsub

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A subscriber that may not write page 0 cannot pin. If the publisher is faster than its copies, its calls still end,
// with an error that tells why.
func TestSubscriber_EndsItsCallsThoughEachCopyIsOverwritten(t *testing.T) {
	dir := InDir(t.TempDir())
	for name, call := range map[string]func(*Subscriber[[100]int]) bool{
		"SubscribeInto": func(s *Subscriber[[100]int]) bool { return s.SubscribeInto(new([100]int)) },
		"TryRecv":       func(s *Subscriber[[100]int]) bool { _, ok := s.TryRecv(); return ok },
		"Drain":         func(s *Subscriber[[100]int]) bool { return len(s.Drain()) > 0 },
		"Borrow":        func(s *Subscriber[[100]int]) bool { return s.Borrow(func(*[100]int) {}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := alwaysLapped(t, name, dir)
			require.False(t, call(s))
			require.ErrorIs(t, s.Err(), ErrOpen)
			require.ErrorContains(t, s.Err(), "found the value overwritten while it was read")
			require.ErrorContains(t, s.Err(), "use a larger depth, or give this process write permission for the topic's file")
		})
	}
	t.Run("RecvInto", func(t *testing.T) {
		t.Parallel()
		s := alwaysLapped(t, "RecvInto", dir)
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, s.RecvInto(ctx, new([100]int)), context.DeadlineExceeded)
		done := make(chan error)
		go func() { done <- s.RecvInto(context.Background(), new([100]int)) }()
		require.NoError(t, s.Close())
		require.ErrorIs(t, <-done, ErrClosed)
	})
}

// Without a view that is free, Borrow pins the value while it copies it.
func TestBorrow_CopiesWhatItPinsIfAllViewsAreTaken(t *testing.T) {
	dir := InDir(t.TempDir())
	for views := range 2 {
		s := alwaysLapped(t, fmt.Sprint(views), dir, WithViews(views))
		s.present.chunks.never = false
		borrow := func() bool { return s.Borrow(func(*[100]int) {}) }
		if views == 1 {
			inner := borrow
			borrow = func() (ok bool) { return s.Borrow(func(*[100]int) { ok = inner() }) && ok }
		}
		require.True(t, borrow(), "%v", s.Err())
	}
}

// alwaysLapped returns a subscriber that cannot pin, and whose copies all take as long as two publishes.
func alwaysLapped(t *testing.T, topic string, dir Option, opts ...PublisherOption) *Subscriber[[100]int] {
	t.Helper()
	p, err := NewPublisher[[100]int](topic, 1, append(opts, dir)...)
	require.NoError(t, err)
	require.NoError(t, p.Publish([100]int{}))
	s, err := NewSubscriber(topic, [100]int{}, dir)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, errors.Join(s.Close(), p.Close())) })
	chunks := s.present.chunks
	chunks.never = true
	read := chunks.Copy
	chunks.Copy = func(b []byte, at uint64) error {
		for range 2 {
			require.NoError(t, p.Publish([100]int{}))
		}
		return read(b, at)
	}
	return s
}
