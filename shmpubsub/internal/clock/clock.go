// Package clock reads CLOCK_MONOTONIC as an absolute number, without a system call.
package clock

import (
	"math"
	"time"

	"golang.org/x/sys/unix"
)

// golang.org/x/sys/unix reads clocks by a system call; time.Since reads CLOCK_MONOTONIC through the vDSO, but only
// relative to another reading. base and offset combine the two.
var base, offset = synchronize()

// synchronize reads both clocks together a few times and keeps the closest pair. It reads the absolute clock first, so
// that Now lags by that pair's distance (tens of nanoseconds) and never leads: a publication time must not lie in a
// reader's future.
func synchronize() (time.Time, int64) {
	var best time.Time
	var at int64
	closest := int64(math.MaxInt64)
	for range 8 {
		var before, after unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &before); err != nil {
			panic("clock_gettime(CLOCK_MONOTONIC): " + err.Error()) // cannot fail on Linux
		}
		now := time.Now()
		_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &after)
		if d := after.Nano() - before.Nano(); d < closest {
			closest, best, at = d, now, before.Nano()
		}
	}
	return best, at
}

// Passed reports whether a time is not in the future. If Now lags so far behind that it is in Now's, Passed waits until it is
// not: what happens next has no earlier time.
func Passed(t int64) bool {
	if t <= Now() {
		return true
	}
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil || t > now.Nano() {
		return false
	}
	for Now() < t {
		continue
	}
	return true
}

// Now returns CLOCK_MONOTONIC in nanoseconds.
func Now() int64 { return offset + int64(time.Since(base)) }
