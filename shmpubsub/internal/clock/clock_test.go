package clock

import (
	"math"
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

// Now may lag more where the machine is busy when the program starts.
func TestPassed_WaitsUntilNowHasReachedATimeThatIsPast(t *testing.T) {
	for _, lag := range []time.Duration{0, time.Microsecond, 3 * time.Millisecond} {
		before := offset
		offset -= int64(lag)
		for range 100 {
			at := kernel(t)
			require.True(t, Passed(at))
			require.LessOrEqual(t, at, Now())
			require.True(t, Passed(at-int64(time.Hour)))
			require.False(t, Passed(kernel(t)+int64(time.Hour)))
		}
		offset = before
	}
	for _, at := range []int64{0, -1, math.MinInt64} {
		require.True(t, Passed(at))
	}
	require.False(t, Passed(math.MaxInt64))
}

func TestNow_AllocatesNothing(t *testing.T) {
	require.Zero(t, testing.AllocsPerRun(1000, func() { _ = Now() }))
}
