package shmpubsub_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
	"shm_pub_sub/shmpubsub/internal/clock"
)

func TestSamples_TellSequenceTimeAndAge(t *testing.T) {
	domain(t)
	p, s := intPublisher(t, "x"), intSubscriber(t, "x")
	sample, ok := s.Newest()
	require.False(t, ok)
	require.Equal(t, shmpubsub.Sample[int64]{Value: -1}, sample)
	publish(t, p, 5, 6)
	for k := uint64(1); k <= 2; k++ {
		sample, err := s.RecvSample(soon(t))
		require.NoError(t, err)
		require.Equal(t, int64(4+k), sample.Value)
		require.Equal(t, k, sample.Sequence)
		require.Positive(t, sample.Time)
		require.Less(t, sample.Age, time.Minute)
		require.GreaterOrEqual(t, sample.Age, time.Duration(0))
		newest, ok := s.Newest()
		require.True(t, ok)
		require.Equal(t, int64(6), newest.Value)
		require.Equal(t, uint64(2), newest.Sequence)
		require.GreaterOrEqual(t, newest.Time, sample.Time)
	}
	// A long time ago.
	newest, _ := s.Newest()
	overwrite(t, "x", slotOf(2)+stampAt, uint64(newest.Time-int64(time.Hour)))
	newest, _ = s.Newest()
	require.GreaterOrEqual(t, newest.Age, time.Hour)
	require.Less(t, newest.Age, 2*time.Hour)
	_, ok = intSubscriber(t, "x", shmpubsub.WithMaxAge(time.Minute)).Newest()
	require.False(t, ok)
	requireReceives(t, intSubscriber(t, "x", shmpubsub.WithMaxAge(time.Minute)), 6) // which is about the newest only
}

// Its time is another boot's, or another time namespace's.
func TestAge_IsEndlessWhereAValuesClockIsAheadOfOurs(t *testing.T) {
	domain(t)
	p, s := intPublisher(t, "x"), intSubscriber(t, "x")
	publish(t, p, 5)
	sample, _ := s.Newest()
	for _, c := range []struct {
		time        int64
		least, most time.Duration
	}{
		{sample.Time + int64(time.Hour), math.MaxInt64, math.MaxInt64},
		{math.MaxInt64, math.MaxInt64, math.MaxInt64},
		{clock.Now() + int64(900*time.Millisecond), 0, time.Minute},
		{sample.Time, 0, time.Minute},
		{0, time.Duration(sample.Time), time.Duration(sample.Time) + time.Minute},
		{-int64(time.Hour), time.Hour, time.Duration(sample.Time) + time.Hour + time.Minute},
	} {
		overwrite(t, "x", slotOf(1)+stampAt, uint64(c.time))
		sample, ok := s.Newest()
		require.True(t, ok)
		info, err := shmpubsub.Inspect("x")
		require.NoError(t, err)
		for _, age := range []time.Duration{sample.Age, info.Age} {
			require.GreaterOrEqual(t, age, c.least, "%+v", c)
			require.LessOrEqual(t, age, c.most, "%+v", c)
		}
	}
}
