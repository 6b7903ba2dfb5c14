package clock

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func kernel(t *testing.T) int64 {
	t.Helper()
	var now unix.Timespec
	require.NoError(t, unix.ClockGettime(unix.CLOCK_MONOTONIC, &now))
	return now.Nano()
}

func TestNow_IsTheKernelsClockAndNeverAheadOfIt(t *testing.T) {
	// How far Now lags is how close the two clocks could be read together, once.
	const lag = int64(10 * time.Millisecond)
	for range 10_000 {
		before := kernel(t)
		now := Now()
		after := kernel(t)
		require.LessOrEqual(t, now, after)
		require.GreaterOrEqual(t, now, before-lag)
	}
}

func TestSynchronize_PairsTheClocksTheSameWayEachTime(t *testing.T) {
	for range 100 {
		base, offset := synchronize()
		now := offset + int64(time.Since(base))
		require.LessOrEqual(t, now, kernel(t))
	}
}

func TestNow_NeverGoesBackwards(t *testing.T) {
	last := Now()
	for range 100_000 {
		now := Now()
		require.False(t, now < last, "%d after %d", now, last)
		last = now
	}
}

func TestNow_AllocatesNothing(t *testing.T) {
	require.Zero(t, testing.AllocsPerRun(1000, func() { _ = Now() }))
}
