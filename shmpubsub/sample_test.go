package shmpubsub_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
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
