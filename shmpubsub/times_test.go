package shmpubsub_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
)

// publishAt publishes values 1, 2, ... with these times.
func publishAt(t testing.TB, p *shmpubsub.IntPublisher, times ...int64) {
	t.Helper()
	for i, at := range times {
		require.NoError(t, p.PublishAt(int64(i+1), at))
	}
}

// valuesOf returns the values of samples.
func valuesOf[T any](samples []shmpubsub.Sample[T]) []T {
	values := []T{}
	for _, s := range samples {
		values = append(values, s.Value)
	}
	return values
}

func requireAt(t testing.TB, s *shmpubsub.IntSubscriber, time, want int64) {
	t.Helper()
	sample, ok := s.At(time)
	require.True(t, ok, "%v", s.Err())
	require.Equal(t, want, sample.Value, "at %d", time)
}

func requireNothingByTime(t testing.TB, s *shmpubsub.IntSubscriber) {
	t.Helper()
	sample, ok := s.At(0)
	require.False(t, ok)
	require.Equal(t, shmpubsub.Sample[int64]{Value: -1}, sample)
	require.Empty(t, s.Since(0))
	require.NoError(t, s.Err())
	sample, err := s.After(ended(), 0)
	require.Equal(t, context.Canceled, err)
	require.Equal(t, shmpubsub.Sample[int64]{Value: -1}, sample)
}

// ended is a context that has.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func TestAtAfterAndSince_FindValuesByTheirTimes(t *testing.T) {
	domain(t)
	p := made[*shmpubsub.IntPublisher](t)(shmpubsub.NewIntPublisher("x", 5))
	s := intSubscriber(t, "x", shmpubsub.WithHistory(0))
	requireNothingByTime(t, s)
	publishAt(t, p, 5, 10, 20, 20, 30, 30) // 5 is overwritten
	for at, want := range map[int64]int64{
		math.MinInt64: 2, 0: 2, 10: 2, 14: 2, 15: 4, 20: 4, 24: 4, 25: 6, 30: 6, 31: 6, math.MaxInt64: 6,
	} {
		requireAt(t, s, at, want)
	}
	for at, want := range map[int64]int64{math.MinInt64: 2, 0: 2, 10: 2, 11: 3, 20: 3, 21: 5, 30: 5} {
		sample, err := s.After(ended(), at)
		require.NoError(t, err, "a value comes before the end of the context")
		require.Equal(t, want, sample.Value)
	}
	_, err := s.After(ended(), 31)
	require.Equal(t, context.Canceled, err)
	for after, want := range map[int64][]int64{
		math.MinInt64: {2, 3, 4, 5, 6}, 0: {2, 3, 4, 5, 6}, 9: {2, 3, 4, 5, 6}, 10: {3, 4, 5, 6}, 19: {3, 4, 5, 6}, 20: {5, 6}, 29: {5, 6}, 30: {}, math.MaxInt64: {},
	} {
		since := s.Since(after)
		require.Equal(t, want, valuesOf(since), "%d", after)
		for _, sample := range since {
			require.Equal(t, uint64(sample.Value), sample.Sequence)
			require.Greater(t, sample.Age, time.Duration(0))
		}
	}
	require.Equal(t, []int64{2, 3, 4, 5, 6}, s.Drain(), "nothing was taken")
	require.Equal(t, uint64(1), s.Lost())
}

func TestAtAfterAndSince_ReadWhatSubscribeWould(t *testing.T) {
	domain(t)
	s := intSubscriber(t, "x")
	requireNothingByTime(t, s) // no publisher
	p := intPublisher(t, "x")
	requireNothingByTime(t, s) // no value
	publishAt(t, p, 10, 20)
	require.NoError(t, p.Close())
	requireNothingByTime(t, s) // it has ended
	require.Empty(t, s.Drain())

	p = intPublisher(t, "x", shmpubsub.WithRetain())
	publishAt(t, p, 10, 20)
	require.NoError(t, p.Close())
	requireAt(t, s, 0, 1)
	require.Equal(t, []int64{1, 2}, valuesOf(s.Since(0)), "retained values")
	p = intPublisher(t, "x")
	requireAt(t, s, 0, 2)
	require.Equal(t, []int64{2}, valuesOf(s.Since(0)), "the one that was carried over")
	publishAt(t, p, 21, 30)
	require.Equal(t, []int64{2, 1, 2}, valuesOf(s.Since(0)))
	require.NoError(t, p.Close())
	requireNothingByTime(t, s)
	require.NoError(t, s.Close())
	_, ok := s.At(0)
	require.False(t, ok)
	require.ErrorIs(t, s.Err(), shmpubsub.ErrClosed)
	require.Empty(t, s.Since(0))
	_, err := s.After(soon(t), 0)
	require.ErrorIs(t, err, shmpubsub.ErrClosed)
}

func TestAtAfterAndSince_EndWithAKilledPublisher(t *testing.T) {
	domain(t)
	child := spawn(t, "publish", "x")
	s := intSubscriber(t, "x")
	requireAt(t, s, 0, 42)
	child.kill()
	requireSoon(t, func() bool { _, ok := s.At(0); return !ok })
	requireNothingByTime(t, s)
	publishAt(t, intPublisher(t, "x"), 10)
	requireAt(t, s, 0, 1)
}

func TestAtAfterAndSince_LeaveOutWhatIsTooOld(t *testing.T) {
	domain(t)
	p := intPublisher(t, "x")
	s := intSubscriber(t, "x", shmpubsub.WithMaxAge(time.Minute))
	now := shmpubsub.Now()
	const hour, second = int64(time.Hour), int64(time.Second)
	requireNothingByTime(t, s)
	publishAt(t, p, max(now-hour, 1))
	requireNothingByTime(t, s)
	publishAt(t, p, now-2*second, now-second)
	requireAt(t, s, 0, 1)
	requireAt(t, s, now-hour, 1)
	requireAt(t, s, now, 2)
	require.Equal(t, []int64{1, 2}, valuesOf(s.Since(0)))
	sample, err := s.After(ended(), 0)
	require.NoError(t, err)
	require.Equal(t, now-2*second, sample.Time)
	// Of an earlier boot.
	overwrite(t, "x", slotOf(3)+stampAt, uint64(now+hour))
	require.Equal(t, []int64{1}, valuesOf(s.Since(0)))
	_, ok := s.At(now + hour)
	require.False(t, ok)
	_, err = s.After(ended(), now)
	require.Equal(t, context.Canceled, err)
}

func TestAtAfterAndSince_SayWhatIsDamaged(t *testing.T) {
	domain(t)
	p, s := intPublisher(t, "x"), intSubscriber(t, "x")
	publishAt(t, p, 10, 20)
	requireAt(t, s, 0, 1)
	overwrite(t, "x", slotOf(2), 0)
	for name, read := range map[string]func() bool{
		"At": func() bool { _, ok := s.At(20); return ok },
		"After": func() bool {
			_, err := s.After(soon(t), 20)
			require.ErrorIs(t, err, shmpubsub.ErrLayout)
			return false
		},
		"Since": func() bool { return len(s.Since(15)) > 0 },
	} {
		require.False(t, read(), name)
		require.ErrorIs(t, s.Err(), shmpubsub.ErrLayout, name)
	}
	overwrite(t, "x", slotOf(2), 4)
	requireAt(t, s, 20, 2)
}

func TestAtAfterAndSince_SayThatTheTypeChanged(t *testing.T) {
	domain(t)
	p, s := intPublisher(t, "x"), intSubscriber(t, "x")
	publishAt(t, p, 10)
	requireAt(t, s, 10, 1)
	require.NoError(t, p.Close())
	made[*shmpubsub.FloatPublisher](t)(shmpubsub.NewFloatPublisher("x", 1))
	_, ok := s.At(10)
	require.False(t, ok)
	require.ErrorIs(t, s.Err(), shmpubsub.ErrType)
	require.Empty(t, s.Since(0))
	_, err := s.After(soon(t), 0)
	require.ErrorIs(t, err, shmpubsub.ErrType)
}

// finding starts an After.
func finding(ctx context.Context, s *shmpubsub.IntSubscriber, at int64) <-chan received {
	done := make(chan received, 1)
	go func() {
		sample, err := s.After(ctx, at)
		done <- received{sample.Value, err}
	}()
	return done
}

func TestAfter_WaitsForAValueOfThatTime(t *testing.T) {
	domain(t)
	s := intSubscriber(t, "x")
	for round := range int64(5) {
		done := finding(soon(t), s, 30) // no publisher, later one that has ended
		p, err := shmpubsub.NewIntPublisher("x", 5)
		require.NoError(t, err)
		publishAt(t, p, 10)
		requireSoon(t, func() bool { return someoneWaits(t, "x") })
		before := wordOf(t, "x")
		require.NoError(t, p.PublishAt(7, 29)) // too early: it goes on to wait
		requireSoon(t, func() bool { return wordOf(t, "x") == before+2 })
		if round%2 == 0 {
			require.NoError(t, p.Close())
			p, err = shmpubsub.NewIntPublisher("x", 5)
			require.NoError(t, err)
		}
		require.NoError(t, p.PublishAt(8+round, 30))
		require.NoError(t, p.PublishAt(99, 30))
		(<-done).require(t, 8+round)
		(<-finding(soon(t), s, 1)).require(t, map[bool]int64{true: 8 + round, false: 1}[round%2 == 0])
		require.NoError(t, p.Close())
	}
}

func TestAfter_EndsWithItsContext(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, s *shmpubsub.IntSubscriber) {
		for range 5 {
			ctx, cancel := context.WithCancel(context.Background())
			done := finding(ctx, s, 1)
			time.Sleep(3 * time.Millisecond) // most likely it waits by now
			cancel()
			require.Equal(t, received{-1, context.Canceled}, <-done)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
		defer cancel()
		require.Equal(t, received{-1, context.DeadlineExceeded}, <-finding(ctx, s, 1))
		require.NoError(t, s.Err())
	})
}

func TestClose_EndsAfterInOtherGoroutines(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, s *shmpubsub.IntSubscriber) {
		var waiting []<-chan received
		for range 4 {
			waiting = append(waiting, finding(context.Background(), s, 1))
		}
		time.Sleep(3 * time.Millisecond)
		require.NoError(t, s.Close())
		for _, done := range waiting {
			r := <-done
			require.EqualError(t, r.err, `receive "x": already closed`)
			require.Equal(t, int64(-1), r.value)
		}
	})
}

func TestSliceSubscriber_AppendsWhatItFindsByTime(t *testing.T) {
	domain(t)
	p := slicePublisher[float64](t, "x", 3, shmpubsub.WithMaxSize(2))
	s := sliceSubscriber[float64](t, "x")
	before := []float64{7}
	none, ok := s.At(0, before)
	require.False(t, ok)
	require.Equal(t, shmpubsub.Sample[[]float64]{Value: before}, none)
	none, err := s.After(ended(), 0, before)
	require.Equal(t, context.Canceled, err)
	require.Equal(t, shmpubsub.Sample[[]float64]{Value: before}, none)
	require.Empty(t, s.Since(0))
	for i, v := range [][]float64{{1, 2}, {}, {3}} {
		require.NoError(t, p.PublishAt(v, int64(10*(i+1))))
	}
	got, ok := s.At(11, before)
	require.True(t, ok)
	require.Equal(t, []float64{7, 1, 2}, got.Value)
	require.EqualValues(t, 10, got.Time)
	got, err = s.After(soon(t), 21, before)
	require.NoError(t, err)
	require.Equal(t, []float64{7, 3}, got.Value)
	require.EqualValues(t, 3, got.Sequence)
	since := s.Since(0)
	require.Len(t, since, 3)
	require.Equal(t, []float64{1, 2}, since[0].Value)
	require.Empty(t, since[1].Value)
	require.Equal(t, []float64{3}, since[2].Value)
	require.EqualValues(t, 30, since[2].Time)
}

// Several goroutines read what another publishes at full speed: samples are whole, and runs have no gaps.
func TestAtAfterAndSince_AreRightInAStorm(t *testing.T) {
	const values, readers = 20_000, 2
	for _, depth := range []int{1, 3, 200} {
		t.Run(fmt.Sprintf("depth=%d", depth), func(t *testing.T) {
			domain(t)
			p := framePublisher(t, "x", depth)
			faults := make(chan error, readers)
			for range readers {
				s := frameSubscriber(t, "x")
				go func() { faults <- storm(soon(t), s, values) }()
			}
			for n := range uint64(values) {
				require.NoError(t, p.PublishAt(*frameOf(n + 1), int64(n+1)))
			}
			for range readers {
				require.NoError(t, <-faults)
			}
		})
	}
}

func storm(ctx context.Context, s *shmpubsub.Subscriber[frame], last int64) error {
	for seen := int64(0); seen < last; {
		after, err := s.After(ctx, seen+1)
		if err != nil {
			return err
		}
		at, ok := s.At(after.Time)
		since := s.Since(seen)
		if !ok || len(since) == 0 || after.Time <= seen || since[0].Time <= seen {
			return fmt.Errorf("after %d: %d, at %v, since %d: %v", seen, after.Time, ok, len(since), s.Err())
		}
		for i, sample := range append(since, at, after) {
			if sample.Time != int64(sample.Sequence) || sample.Value != *frameOf(sample.Sequence) {
				return fmt.Errorf("value %d of time %d is %v", sample.Sequence, sample.Time, sample.Value)
			}
			if i > 0 && i < len(since) && sample.Sequence != since[i-1].Sequence+1 {
				return fmt.Errorf("value %d after %d", sample.Sequence, since[i-1].Sequence)
			}
			seen = max(seen, sample.Time)
		}
	}
	return nil
}
