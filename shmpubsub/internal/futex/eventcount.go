// Package futex wakes and waits across processes.
package futex

import (
	"math"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/clock"
	"shm_pub_sub/shmpubsub/internal/killpoint"
)

// The wait word is an eventcount: epoch<<1 | waiting. A waiter reads the epoch, sets the waiting bit by
// compare-and-swap, looks at head again, and only then sleeps on epoch<<1|1. A publisher that finds the bit set moves
// the epoch on, which clears the bit, and wakes everybody. A plain "somebody waits" flag loses wake-ups with two
// waiters.
const waiting = 1

// Operations of futex(2), shared between processes: no FUTEX_PRIVATE_FLAG.
const (
	futexWake       = 1  // FUTEX_WAKE
	futexWaitBitset = 9  // FUTEX_WAIT_BITSET
	futexWakeBitset = 10 // FUTEX_WAKE_BITSET
)

const futexPrivate = 128 // FUTEX_PRIVATE_FLAG, for a Flag

const everybody = 1<<31 - 1

// Notify wakes all waiters on word. Its caller has just made the change by a sequentially consistent store, which pairs
// with the waiter's second look at head: either the waiter sees the change, or Notify sees its bit. If nobody waits
// this is one load.
func Notify(word *atomic.Uint32) {
	for {
		w := word.Load()
		if w&waiting == 0 {
			return
		}
		if word.CompareAndSwap(w, w+1) {
			killpoint.Here()
			_, _, _ = unix.Syscall(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWake, everybody)
			killpoint.Here()
			return
		}
	}
}

// Announce sets the waiting bit and returns the value to sleep on. The caller then looks again for all that it waits
// for, head first, and sleeps only if nothing has changed: see Notify.
func Announce(word *atomic.Uint32) uint32 {
	killpoint.Here()
	announced := word.Or(waiting) | waiting
	killpoint.Here()
	return announced
}

// Wait sleeps until somebody notifies word after it was announced, or interrupts bit, or until d has passed. Wake-ups
// can be spurious. If a publisher is killed between its change and its wake, that costs d. It returns an error if
// waiting is impossible there.
func Wait(word *atomic.Uint32, announced uint32, bit WaiterBit, d time.Duration) error {
	until := deadline(clock.Now(), d)
	killpoint.Here()
	_, _, err := unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWaitBitset,
		uintptr(announced), uintptr(unsafe.Pointer(&until)), 0, uintptr(bit))
	killpoint.Here()
	switch err {
	case 0, unix.EAGAIN, unix.EINTR, unix.ETIMEDOUT:
		return nil // woken; the word has moved on; a signal; the time is up
	}
	return err
}

// deadline returns when d is over, for the kernel: never before the clock's zero, which is recent on a machine that has
// just booted, and never beyond its end.
func deadline(now int64, d time.Duration) unix.Timespec {
	return unix.NsecToTimespec(max(now+min(int64(d), math.MaxInt64-now), 0))
}

// WaiterBit marks one subscriber's waiters, roughly: others that share its bit wake up too.
type WaiterBit uint32

// WaiterBitOf returns the bit of a number.
func WaiterBitOf(n uint32) WaiterBit { return 1 << (n % 32) }

// Interrupt makes the waiters with that bit look again: their context ended, or their subscriber was closed. It moves the
// epoch on, for waiters that are about to sleep, and leaves the waiting bit set. So nobody else's wake-up is lost, even
// if the caller is killed anywhere: the next Notify finds the bit and wakes all sleepers, whatever epoch they fell
// asleep in. It costs that Notify an empty wake.
func Interrupt(word *atomic.Uint32, bit WaiterBit) {
	for w := word.Load(); w&waiting != 0 && !word.CompareAndSwap(w, w+2); w = word.Load() {
		continue
	}
	killpoint.Here()
	_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWakeBitset, everybody, 0, 0, uintptr(bit))
}
