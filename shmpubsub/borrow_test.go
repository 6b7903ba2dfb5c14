package shmpubsub_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
)

// frame is large enough for a chunk, and each of its words is the same number.
type frame [512]uint64

func frameOf(n uint64) *frame {
	f := &frame{}
	for i := range f {
		f[i] = n
	}
	return f
}

// number returns what a whole frame's words are.
func (f *frame) number(t testing.TB) uint64 {
	t.Helper()
	for _, word := range f {
		if word != f[0] {
			t.Fatalf("torn: %v", f)
		}
	}
	return f[0]
}

// requireFrame checks the next read.
func requireFrame(t testing.TB, s *shmpubsub.Subscriber[frame], number uint64) {
	t.Helper()
	var f frame
	require.True(t, s.SubscribeInto(&f))
	require.Equal(t, number, f.number(t))
}

func framePublisher(t testing.TB, topic string, depth int, opts ...shmpubsub.PublisherOption) *shmpubsub.Publisher[frame] {
	t.Helper()
	return made[*shmpubsub.Publisher[frame]](t)(shmpubsub.NewPublisher[frame](topic, depth, opts...))
}

func frameSubscriber(t testing.TB, topic string, opts ...shmpubsub.SubscriberOption) *shmpubsub.Subscriber[frame] {
	t.Helper()
	return made[*shmpubsub.Subscriber[frame]](t)(shmpubsub.NewSubscriber(topic, frame{}, opts...))
}

func TestBorrow_KeepsItsValueWhateverHappens(t *testing.T) {
	for name, happens := range map[string]func(*testing.T, *shmpubsub.Publisher[frame], *shmpubsub.Subscriber[frame]){
		"many values": func(*testing.T, *shmpubsub.Publisher[frame], *shmpubsub.Subscriber[frame]) {},
		"the subscriber is closed": func(t *testing.T, _ *shmpubsub.Publisher[frame], s *shmpubsub.Subscriber[frame]) {
			require.NoError(t, s.Close())
		},
		"the publisher is closed": func(t *testing.T, p *shmpubsub.Publisher[frame], _ *shmpubsub.Subscriber[frame]) {
			require.NoError(t, p.Close())
		},
		"the file is unlinked": func(t *testing.T, _ *shmpubsub.Publisher[frame], s *shmpubsub.Subscriber[frame]) {
			require.NoError(t, os.Remove(fileOf("x")))
			_, ok := s.Newest()
			require.True(t, ok)
		},
		"another publisher follows": func(t *testing.T, p *shmpubsub.Publisher[frame], s *shmpubsub.Subscriber[frame]) {
			require.NoError(t, p.Close())
			next := framePublisher(t, "x", 1)
			for n := range uint64(10) {
				require.NoError(t, next.Publish(*frameOf(100 + n)))
				requireFrame(t, s, 100+n)
			}
			require.NoError(t, s.Close())
		},
	} {
		t.Run(name, func(t *testing.T) {
			domain(t)
			p, s := framePublisher(t, "x", 1), frameSubscriber(t, "x")
			require.NoError(t, p.Publish(*frameOf(1)))
			require.True(t, s.Borrow(func(f *frame) {
				for n := range uint64(10) {
					require.NoError(t, p.Publish(*frameOf(2 + n)))
					require.Equal(t, uint64(1), f.number(t))
				}
				happens(t, p, s)
				_ = p.Publish(*frameOf(50))
				require.Equal(t, uint64(1), f.number(t))
			}))
		})
	}
}

// pins returns how many entries of a topic's table of pins are taken.
func pins(t testing.TB, topic string, entries int) (taken int) {
	t.Helper()
	f, err := os.Open(fileOf(topic))
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	table := make([]byte, 8*entries)
	_, err = f.ReadAt(table, 8)
	require.NoError(t, err)
	for i := range entries {
		if [8]byte(table[8*i:]) != [8]byte{} {
			taken++
		}
	}
	return taken
}

func TestBorrow_UsesViewsAndThenCopies(t *testing.T) {
	domain(t)
	p, s := framePublisher(t, "x", 1, shmpubsub.WithViews(2)), frameSubscriber(t, "x")
	require.NoError(t, p.Publish(*frameOf(0)))
	var nest func(depth uint64)
	nest = func(depth uint64) {
		require.True(t, s.Borrow(func(f *frame) {
			require.Equal(t, depth, f.number(t))
			require.Equal(t, int(min(depth+1, 2)), pins(t, "x", 3))
			if depth < 5 {
				require.NoError(t, p.Publish(*frameOf(depth + 1)))
				nest(depth + 1)
			}
			requireFrame(t, s, 5) // by the entry that views leave to copies
			require.Equal(t, depth, f.number(t))
		}))
	}
	nest(0)
	require.Zero(t, pins(t, "x", 3))
}

func TestBorrow_WithoutViewsCopies(t *testing.T) {
	domain(t)
	p, s := framePublisher(t, "x", 1, shmpubsub.WithViews(0)), frameSubscriber(t, "x")
	require.NoError(t, p.Publish(*frameOf(1)))
	require.True(t, s.Borrow(func(f *frame) {
		require.Zero(t, pins(t, "x", 1))
		require.NoError(t, p.Publish(*frameOf(2)))
		require.NoError(t, p.Publish(*frameOf(3)))
		require.Equal(t, uint64(1), f.number(t))
	}))
}

func TestBorrow_EndsWithAPanicToo(t *testing.T) {
	domain(t)
	p, s := framePublisher(t, "x", 1), frameSubscriber(t, "x")
	require.NoError(t, p.Publish(*frameOf(1)))
	require.PanicsWithValue(t, "use", func() { s.Borrow(func(*frame) { panic("use") }) })
	require.Zero(t, pins(t, "x", 3))
	requireFrame(t, s, 1)
}

func TestLoan_PublishesWhatItsFunctionFilled(t *testing.T) {
	domain(t)
	p, s := framePublisher(t, "x", 2), frameSubscriber(t, "x")
	for n := range uint64(10) {
		require.NoError(t, p.Loan(func(f *frame) error { *f = *frameOf(n); return nil }))
		requireFrame(t, s, n)
	}
	failed := errors.New("no frame")
	require.ErrorIs(t, p.Loan(func(f *frame) error { f[0] = 99; return failed }), failed)
	require.PanicsWithValue(t, "fill", func() { _ = p.Loan(func(f *frame) error { f[0] = 99; panic("fill") }) })
	requireFrame(t, s, 9)
	require.NoError(t, p.Publish(*frameOf(10)))
	requireFrame(t, s, 10)

	small := made[*shmpubsub.Publisher[[3]int8]](t)(shmpubsub.NewPublisher[[3]int8]("small", 2))
	require.NoError(t, small.Loan(func(v *[3]int8) error { v[1] = 5; return nil }))
	requireReads(t, made[*shmpubsub.Subscriber[[3]int8]](t)(shmpubsub.NewSubscriber("small", [3]int8{})), [3]int8{0, 5, 0}, true)
	text := made[*shmpubsub.TextPublisher](t)(shmpubsub.NewTextPublisher("text", 2))
	require.ErrorIs(t, text.Loan(func(*string) error { return nil }), shmpubsub.ErrValueType)
	points := slicePublisher[float32](t, "points", 2, shmpubsub.WithMaxSize(10))
	require.NoError(t, points.Loan(2, func(v []float32) error { return fillWith(v, 3) }))
	got, _ := sliceSubscriber[float32](t, "points").Subscribe(nil)
	require.Equal(t, []float32{3, 3}, got)
}

func fillWith(v []float32, number float32) error {
	for i := range v {
		v[i] = number
	}
	return nil
}

func TestLoan_IsLimitedByTheNumberOfLoans(t *testing.T) {
	domain(t)
	p, s := framePublisher(t, "x", 1), frameSubscriber(t, "x")
	wide := framePublisher(t, "wide", 1, shmpubsub.WithLoans(2))
	wides := frameSubscriber(t, "wide")
	require.NoError(t, p.Loan(func(f *frame) error {
		*f = *frameOf(1)
		for _, err := range []error{p.Publish(*frameOf(2)), p.PublishMany(make([]frame, 2)), p.Loan(func(*frame) error { return nil })} {
			require.ErrorIs(t, err, shmpubsub.ErrLoan)
			require.ErrorContains(t, err, `"x": found 1 open; expected fewer, as the publisher was made WithLoans(1); end one first, or allow more`)
		}
		return nil
	}))
	requireFrame(t, s, 1)
	require.NoError(t, wide.Loan(func(f *frame) error {
		*f = *frameOf(7)
		for n := range uint64(5) { // the older loan is published after these
			require.NoError(t, wide.Publish(*frameOf(n)))
			requireFrame(t, wides, n)
		}
		return nil
	}))
	requireFrame(t, wides, 7)
	sample, _ := wides.Newest()
	require.Equal(t, uint64(6), sample.Sequence)
}

func TestLoan_OutlivesClose(t *testing.T) {
	domain(t)
	p := framePublisher(t, "x", 1, shmpubsub.WithLoans(2))
	err := p.Loan(func(f *frame) error {
		*f = *frameOf(1)
		return p.Loan(func(g *frame) error {
			require.NoError(t, p.Close())
			*f, *g = *frameOf(2), *frameOf(3)
			return nil
		})
	})
	require.ErrorIs(t, err, shmpubsub.ErrClosed)
	require.ErrorIs(t, p.Loan(func(*frame) error { return nil }), shmpubsub.ErrClosed)
}

func TestRetained_ArraysAreCarriedOver(t *testing.T) {
	domain(t)
	p, s := framePublisher(t, "x", 2, shmpubsub.WithRetain()), frameSubscriber(t, "x")
	require.NoError(t, p.Publish(*frameOf(1)))
	v, err := s.Recv(context.Background())
	require.NoError(t, err)
	require.Equal(t, uint64(1), v.number(t))
	require.NoError(t, p.Publish(*frameOf(2)))
	require.NoError(t, p.Close())
	next := framePublisher(t, "x", 1, shmpubsub.WithRetain(), shmpubsub.WithViews(0))
	requireFrame(t, s, 2)
	fresh := frameSubscriber(t, "x")
	require.True(t, fresh.Borrow(func(f *frame) {
		require.NoError(t, next.Publish(*frameOf(3))) // the carried-over value's chunk is not the one it takes
		require.NoError(t, next.Publish(*frameOf(4)))
		require.Equal(t, uint64(2), f.number(t))
	}))
	requireFrame(t, fresh, 4)
	var received []uint64
	for _, f := range s.Drain() {
		received = append(received, f.number(t))
	}
	require.Equal(t, []uint64{2, 4}, received, "2 comes once")
	require.Equal(t, uint64(1), s.Lost())
	require.NoError(t, next.Close())
	require.NoError(t, shmpubsub.Remove("x"))
}

// A publisher at full speed and readers of every way never see a torn value, and leave no pin.
func TestBorrow_IsWholeInAStorm(t *testing.T) {
	domain(t)
	p := framePublisher(t, "x", 2)
	require.NoError(t, p.Publish(*frameOf(0)))
	var stop atomic.Bool
	var readers sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	for range 4 {
		s := frameSubscriber(t, "x")
		readers.Add(3)
		go func() {
			defer readers.Done()
			for last := uint64(0); !stop.Load(); {
				require.True(t, s.Borrow(func(f *frame) {
					n := f.number(t)
					require.GreaterOrEqual(t, n, last)
					last = n
				}))
			}
		}()
		go func() {
			defer readers.Done()
			for f := new(frame); !stop.Load(); {
				require.True(t, s.SubscribeInto(f))
				f.number(t)
			}
		}()
		go func() {
			defer readers.Done()
			for f := new(frame); s.RecvInto(ctx, f) == nil; {
				f.number(t)
			}
		}()
	}
	for n := uint64(1); n < 20_000; n++ {
		require.NoError(t, p.Publish(*frameOf(n)))
	}
	stop.Store(true)
	cancel()
	readers.Wait()
	require.Zero(t, pins(t, "x", 3))
}
