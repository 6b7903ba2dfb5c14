package shmpubsub_test

import (
	"context"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
)

func align(t testing.TB, tolerance time.Duration, subscribers ...shmpubsub.AnySubscriber) *shmpubsub.Alignment {
	t.Helper()
	return made[*shmpubsub.Alignment](t)(shmpubsub.Align(tolerance, subscribers...))
}

// aligning starts a Next.
func aligning(ctx context.Context, a *shmpubsub.Alignment) <-chan error {
	done := make(chan error, 1)
	go func() { done <- a.Next(ctx) }()
	return done
}

// requireSet checks the next set, which must be there already.
func requireSet(t testing.TB, a *shmpubsub.Alignment, times ...int64) {
	t.Helper()
	require.NoError(t, a.Next(ended()))
	require.Equal(t, times, a.Times())
}

func requireNoSet(t testing.TB, a *shmpubsub.Alignment) {
	t.Helper()
	require.Equal(t, context.Canceled, a.Next(ended()))
	require.Nil(t, a.Times())
}

func TestAlign_FindsTheNewestSetAndEachOnce(t *testing.T) {
	domain(t)
	p, q := intPublisher(t, "p"), intPublisher(t, "q")
	s, u := intSubscriber(t, "p"), intSubscriber(t, "q")
	a := align(t, 5, s, u)
	requireNoSet(t, a)
	require.Zero(t, a.Spread())
	require.NoError(t, p.PublishAt(1, 10))
	requireNoSet(t, a)
	require.NoError(t, q.PublishAt(2, 16))
	requireNoSet(t, a) // beyond the tolerance
	require.NoError(t, p.PublishAt(3, 13))
	requireSet(t, a, 13, 16)
	requireNoSet(t, a)
	require.Equal(t, time.Duration(3), a.Spread())
	for i, at := range []int64{20, 21, 29, 50} {
		require.NoError(t, p.PublishAt(int64(4+i), at))
	}
	require.NoError(t, q.PublishAt(8, 22))
	requireSet(t, a, 21, 22)
	require.Equal(t, time.Duration(1), a.Spread())
	require.Equal(t, time.Duration(3), a.WorstSpread())
	require.Equal(t, []uint64{1, 0}, a.Dropped())
	found, ok := s.Aligned(a)
	require.True(t, ok)
	require.Equal(t, int64(5), found.Value)
	require.Equal(t, uint64(4), found.Sequence)
	require.Equal(t, int64(21), found.Time)
	require.Equal(t, []int64{4, 5, 6, 7}[1:], s.Drain(), "nothing was taken")
	require.Equal(t, []int64{2, 8}, u.Drain())
	requireSet(t, align(t, math.MaxInt64, s, u), 21, 22)
}

func TestAlign_OfOneTopicIsItsNewestValue(t *testing.T) {
	domain(t)
	p, s := intPublisher(t, "x"), intSubscriber(t, "x")
	a := align(t, 0, s)
	for at := int64(1); at < 30; at += 3 {
		for i := range int64(3) {
			require.NoError(t, p.PublishAt(at, at+i))
		}
		requireSet(t, a, at+2)
		requireNoSet(t, a)
	}
	require.Equal(t, []uint64{18}, a.Dropped())
}

func TestAlign_HasValuesOfEveryType(t *testing.T) {
	domain(t)
	all := everyType(t)
	var given []shmpubsub.AnySubscriber
	for _, ends := range all {
		given = append(given, ends.sub)
	}
	a := align(t, time.Minute, given...)
	for range 4 {
		requireNoSet(t, a)
		for _, ends := range all {
			require.NoError(t, ends.publish())
		}
		require.NoError(t, a.Next(ended()))
		requireAligned(t, a, all["bool"], true)
		requireAligned(t, a, all["int"], int64(3))
		requireAligned(t, a, all["float32"], float32(3))
		requireAligned(t, a, all["complex"], complex(3, 4))
		requireAligned(t, a, all["inline"], [4]int16{1, 2})
		requireAligned(t, a, all["array"], frame{7})
		requireAligned(t, a, all["record"], stamped{At: 7})
		requireAligned(t, a, all["text"], "three")
		points := all["slice"].sub.(*shmpubsub.SliceSubscriber[[2]float64])
		sample, ok := points.Aligned(a, make([][2]float64, 1))
		require.True(t, ok)
		require.Len(t, sample.Value, 6)
		used := false
		require.True(t, points.BorrowAligned(a, func(v [][2]float64) { used = len(v) == 5 }))
		require.True(t, used)
	}
	require.Equal(t, make([]uint64, len(all)), a.Dropped())
}

func requireAligned[T any](t testing.TB, a *shmpubsub.Alignment, ends topicEnds, want T) {
	t.Helper()
	s := ends.sub.(*shmpubsub.Subscriber[T])
	sample, ok := s.Aligned(a)
	require.True(t, ok, "%v", s.Err())
	require.Equal(t, want, sample.Value)
	var v T
	require.True(t, s.AlignedInto(a, &v))
	require.Equal(t, want, v)
	borrowed := false
	require.True(t, s.BorrowAligned(a, func(v *T) { borrowed = assert.ObjectsAreEqual(want, *v) }))
	require.True(t, borrowed)
}

// A set stays as it is until the next one, whatever is published, closed or taken over.
func TestAlign_KeepsItsSet(t *testing.T) {
	domain(t)
	p := made[*shmpubsub.Publisher[frame]](t)(shmpubsub.NewPublisher[frame]("frames", 1))
	s, err := shmpubsub.NewSubscriber("frames", frame{})
	require.NoError(t, err)
	q, u := intPublisher(t, "x"), intSubscriber(t, "x")
	a := align(t, time.Minute, s, u)
	require.NoError(t, p.Publish(*frameOf(1)))
	publish(t, q, 1)
	require.NoError(t, a.Next(soon(t)))
	for n := range 20 {
		require.NoError(t, p.Publish(*frameOf(uint64(n + 2))))
		publish(t, q, int64(n))
	}
	require.NoError(t, p.Close())
	require.NoError(t, q.Close())
	require.NoError(t, s.Close())
	sample, ok := s.Aligned(a)
	require.True(t, ok)
	require.Equal(t, *frameOf(1), sample.Value)
	require.True(t, s.BorrowAligned(a, func(f *frame) { require.Equal(t, frameOf(1), f) }))
	requireAligned(t, a, topicEnds{sub: u}, int64(1))
	require.ErrorIs(t, a.Next(soon(t)), shmpubsub.ErrClosed)
	_, ok = s.Aligned(a)
	require.False(t, ok, "it has ended")
	require.False(t, s.BorrowAligned(a, func(*frame) { require.Fail(t, "there is none") }))
	var f frame
	require.False(t, s.AlignedInto(a, &f))
	_, mappings := owned(t)
	require.LessOrEqual(t, mappings, 2, "x's, with its wait page")
}

func TestAlign_WaitsForTheTopicsThatAreBehind(t *testing.T) {
	notEmulated(t, "futex_waitv")
	domain(t)
	var ps []*shmpubsub.IntPublisher
	var ss []shmpubsub.AnySubscriber
	for i := range 4 {
		ps = append(ps, intPublisher(t, fmt.Sprint(i)))
		ss = append(ss, intSubscriber(t, fmt.Sprint(i)))
	}
	a := align(t, time.Minute, ss...)
	for n := range int64(20) {
		done := aligning(soon(t), a)
		for i := range ps {
			requireSoon(t, func() bool {
				waits := false
				for j := range ps {
					waits = waits || someoneWaits(t, fmt.Sprint(j))
				}
				return waits
			})
			publish(t, ps[(i+int(n))%len(ps)], n)
		}
		require.NoError(t, <-done)
		for _, s := range ss {
			requireAligned(t, a, topicEnds{sub: s}, n)
		}
	}
	require.Equal(t, make([]uint64, len(ss)), a.Dropped())
}

func TestAlign_GoesOnWithTheNextPublisher(t *testing.T) {
	domain(t)
	q, u, s := intPublisher(t, "other"), intSubscriber(t, "other"), intSubscriber(t, "x")
	a := align(t, time.Minute, s, u)
	for v := range int64(5) {
		done := aligning(soon(t), a)
		p, err := shmpubsub.NewIntPublisher("x", 3)
		require.NoError(t, err)
		publish(t, q, v)
		publish(t, p, v, v, v)
		require.NoError(t, <-done)
		requireNoSet(t, a)
		publish(t, q, v)
		publish(t, p, v)
		require.NoError(t, a.Next(soon(t)))
		require.NoError(t, p.Close())
		publish(t, q, v)
		requireNoSet(t, a) // its values are not kept
	}
	child := spawn(t, "publish", "x")
	require.NoError(t, a.Next(soon(t)))
	requireAligned(t, a, topicEnds{sub: s}, int64(42))
	done := aligning(soon(t), a)
	publish(t, q, 1)
	child.kill() // which wakes nobody
	p, err := shmpubsub.NewIntPublisher("x", 3)
	require.NoError(t, err)
	publish(t, p, 7)
	require.NoError(t, <-done)
	requireAligned(t, a, topicEnds{sub: s}, int64(7))
	require.NoError(t, p.Close())
}

func TestAlign_LeavesOutWhatIsTooOld(t *testing.T) {
	domain(t)
	p, q := intPublisher(t, "p"), intPublisher(t, "q")
	a := align(t, time.Hour, intSubscriber(t, "p", shmpubsub.WithMaxAge(time.Minute)), intSubscriber(t, "q"))
	now := shmpubsub.Now()
	require.NoError(t, p.PublishAt(1, max(now-int64(time.Hour), 1)))
	require.NoError(t, q.PublishAt(1, now-1))
	requireNoSet(t, a)
	require.NoError(t, p.PublishAt(1, now-int64(time.Second)))
	requireSet(t, a, now-int64(time.Second), now-1)
}

func TestAlign_ReportsATopicsError(t *testing.T) {
	domain(t)
	s, u := intSubscriber(t, "x"), intSubscriber(t, "other")
	intPublisher(t, "other")
	p, err := shmpubsub.NewIntPublisher("x", 3)
	require.NoError(t, err)
	a := align(t, time.Minute, u, s)
	publish(t, p, 1)
	done := aligning(soon(t), a)
	require.NoError(t, p.Close())
	other := made[*shmpubsub.FloatPublisher](t)(shmpubsub.NewFloatPublisher("x", 3))
	require.ErrorIs(t, <-done, shmpubsub.ErrType)
	require.ErrorIs(t, s.Err(), shmpubsub.ErrType)
	require.NoError(t, other.Close())
	requireNoSet(t, a)
	p = intPublisher(t, "x")
	publish(t, p, 1, 2, 3)
	overwrite(t, "x", slotOf(3), 0)
	requireNoSet(t, a) // as for one that is being overwritten
	overwrite(t, "x", headAt, 1<<62)
	require.ErrorIs(t, a.Next(soon(t)), shmpubsub.ErrLayout)
	overwrite(t, "x", headAt, 3)
}

func TestAlign_RefusesWhatItCannotAlign(t *testing.T) {
	domain(t)
	s, other := intSubscriber(t, "x"), intSubscriber(t, "x")
	for want, make := range map[string]func() (*shmpubsub.Alignment, error){
		"invalid value: align: found no subscribers; expected one or more": func() (*shmpubsub.Alignment, error) {
			return shmpubsub.Align(0)
		},
		"invalid value: align: found a tolerance of -1ns; expected 0 or more": func() (*shmpubsub.Alignment, error) {
			return shmpubsub.Align(-1, s)
		},
		`invalid value: align: found the subscriber of "x" at positions 0 and 2; expected each one once; make a second one to have it twice`: func() (*shmpubsub.Alignment, error) {
			return shmpubsub.Align(0, s, other, s)
		},
	} {
		_, err := make()
		require.ErrorIs(t, err, shmpubsub.ErrValue)
		require.EqualError(t, err, want)
	}
	a := align(t, 0, s)
	_, ok := other.Aligned(a)
	require.False(t, ok)
	require.ErrorIs(t, other.Err(), shmpubsub.ErrValue)
	require.NoError(t, s.Close())
	_, err := shmpubsub.Align(0, other, s)
	require.ErrorIs(t, err, shmpubsub.ErrClosed)
	require.ErrorIs(t, a.Next(soon(t)), shmpubsub.ErrClosed)
	a = align(t, 0, other)
	require.NoError(t, a.Close())
	require.ErrorIs(t, a.Next(soon(t)), shmpubsub.ErrClosed)
}

func TestAlign_EndsWithItsContextAndWithItsSubscribers(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, s *shmpubsub.IntSubscriber) {
		intPublisher(t, "other")
		u := intSubscriber(t, "other")
		var all []*shmpubsub.Alignment
		for i := range 4 {
			given := []shmpubsub.AnySubscriber{s, u}
			all = append(all, align(t, time.Minute, given[i%2], given[1-i%2]))
		}
		for range 5 {
			for _, a := range all {
				ctx, cancel := context.WithCancel(context.Background())
				done := aligning(ctx, a)
				time.Sleep(time.Millisecond) // most likely it waits by now
				cancel()
				require.Equal(t, context.Canceled, <-done)
			}
		}
		var waiting []<-chan error
		for _, a := range all {
			waiting = append(waiting, aligning(context.Background(), a))
		}
		time.Sleep(3 * time.Millisecond)
		start := time.Now()
		require.NoError(t, s.Close())
		for _, done := range waiting {
			err := <-done
			require.ErrorIs(t, err, shmpubsub.ErrClosed)
			require.EqualError(t, err, `align "x": already closed`)
		}
		require.Less(t, time.Since(start), 5*time.Second)
	})
}

// Publishers at full speed, of rings that are lapped all the time, and others that receive from the same subscribers: each set
// is whole and later than the one before it, and no two alignments block each other.
func TestAlign_IsWholeUnderFastPublishers(t *testing.T) {
	domain(t)
	frames := made[*shmpubsub.Publisher[frame]](t)(shmpubsub.NewPublisher[frame]("frames", 2))
	ints := intPublisher(t, "ints")
	s := made[*shmpubsub.Subscriber[frame]](t)(shmpubsub.NewSubscriber("frames", frame{}))
	u := intSubscriber(t, "ints")
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() {
		for n := uint64(1); ctx.Err() == nil; n++ {
			assert.NoError(t, frames.Publish(*frameOf(n)))
		}
	})
	all.Go(func() {
		for n := int64(1); ctx.Err() == nil; n++ {
			assert.NoError(t, ints.Publish(n))
			if n%16 == 0 {
				time.Sleep(time.Microsecond)
			}
		}
	})
	all.Go(func() {
		for ctx.Err() == nil {
			_, _ = u.Recv(ctx)
			_, _ = s.TryRecv()
		}
	})
	var takers sync.WaitGroup
	for i := range 2 {
		given := []shmpubsub.AnySubscriber{s, u}
		a := align(t, time.Second, given[i], given[1-i])
		takers.Go(func() {
			last := [2]int64{}
			for range 200 {
				if !assert.NoError(t, a.Next(ctx)) {
					return
				}
				f, ok := s.Aligned(a)
				assert.True(t, ok)
				assert.True(t, f.Value == *frameOf(f.Value[0]) && f.Value[0] == f.Sequence)
				n, ok := u.Aligned(a)
				assert.True(t, ok)
				assert.Equal(t, uint64(n.Value), n.Sequence)
				assert.Greater(t, f.Time, last[0])
				assert.Greater(t, n.Time, last[1])
				last = [2]int64{f.Time, n.Time}
				assert.LessOrEqual(t, max(f.Time-n.Time, n.Time-f.Time), int64(time.Second))
			}
		})
	}
	takers.Wait()
	cancel()
	all.Wait()
}
