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
		"At":            func(s *Subscriber[[100]int]) bool { _, ok := s.At(0); return ok },
		"Since":         func(s *Subscriber[[100]int]) bool { return len(s.Since(0)) > 0 },
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
	for name, call := range map[string]func(context.Context, *Subscriber[[100]int]) error{
		"RecvInto": func(ctx context.Context, s *Subscriber[[100]int]) error { return s.RecvInto(ctx, new([100]int)) },
		"After":    func(ctx context.Context, s *Subscriber[[100]int]) error { _, err := s.After(ctx, 0); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := alwaysLapped(t, name, dir)
			ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
			defer cancel()
			require.ErrorIs(t, call(ctx, s), context.DeadlineExceeded)
			done := make(chan error)
			go func() { done <- call(context.Background(), s) }()
			require.NoError(t, s.Close())
			require.ErrorIs(t, <-done, ErrClosed)
		})
	}
}

// A run of values begins again behind one that was overwritten before it was read, and has no gap.
func TestSince_LeavesNoGapBehindWhatIsOverwritten(t *testing.T) {
	const depth = 8
	dir := InDir(t.TempDir())
	p, err := NewPublisher[[100]int]("x", depth, dir)
	require.NoError(t, err)
	s, err := NewSubscriber("x", [100]int{}, dir)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, errors.Join(s.Close(), p.Close())) })
	published := 0
	publish := func(n int) {
		for range n {
			published++
			require.NoError(t, p.PublishAt([100]int{published}, int64(published)))
		}
	}
	publish(depth)
	chunks, copies := s.present.chunks, 0
	chunks.never = true
	read := chunks.Copy
	chunks.Copy = func(b []byte, at uint64) error {
		if copies++; copies%3 == 0 && published < 100 { // each third copy takes as long as some publishes
			publish(1 + copies/3)
		}
		return read(b, at)
	}
	for published < 100 {
		var values []int
		since := s.Since(0)
		for _, sample := range since {
			values = append(values, sample.Value[0])
			require.EqualValues(t, sample.Sequence, sample.Value[0])
			require.Equal(t, int(since[0].Sequence)+len(values)-1, sample.Value[0], "%v", values)
		}
		require.NotEmpty(t, values)
	}
	require.Len(t, s.Since(0), depth)
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
