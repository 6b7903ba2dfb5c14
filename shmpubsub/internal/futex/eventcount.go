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

// The wait word is an eventcount: epoch<<1 | waiting. A waiter reads the epoch, sets the waiting
// bit by compare-and-swap, looks at head again, and only then sleeps on epoch<<1|1. A publisher
// that finds the bit set moves the epoch on, which clears the bit, and wakes everybody. A plain
// "somebody waits" flag in the futex word loses wake-ups with two waiters.
const waiting = 1

// Operations of futex(2), shared between processes: no FUTEX_PRIVATE_FLAG.
const (
	futexWake       = 1  // FUTEX_WAKE
	futexWaitBitset = 9  // FUTEX_WAIT_BITSET
	futexWakeBitset = 10 // FUTEX_WAKE_BITSET
)

const everybody = 1<<31 - 1

// Notify wakes all who wait on word. Its caller has just made the change they wait for by a
// sequentially consistent store, which pairs with the waiter's second look at head: either the
// waiter sees the change, or Notify sees its bit. With nobody waiting it is one load.
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

// Announce says in word that somebody waits, and returns what to sleep on. The caller then looks again at
// all that it waits for, head first of all, and only sleeps where nothing has changed: see Notify.
func Announce(word *atomic.Uint32) uint32 {
	killpoint.Here()
	announced := word.Or(waiting) | waiting
	killpoint.Here()
	return announced
}

// Wait sleeps until somebody notifies word after it was announced, or interrupts whose, or until d has
// passed. It may return for nothing. d is what a publisher's death costs that was killed between
// its change and its wake. An error says that no waiting is possible there.
func Wait(word *atomic.Uint32, announced uint32, whose WaiterBit, d time.Duration) error {
	until := deadline(clock.Now(), d)
	killpoint.Here()
	_, _, err := unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWaitBitset,
		uintptr(announced), uintptr(unsafe.Pointer(&until)), 0, uintptr(whose))
	killpoint.Here()
	switch err {
	case 0, unix.EAGAIN, unix.EINTR, unix.ETIMEDOUT:
		return nil // woken; the word has moved on; a signal; the time is up
	}
	return err
}

// deadline returns when d is over, as the kernel takes it: never before the clock's zero, which on a machine that
// was just booted is not long ago, and never beyond its end.
func deadline(now int64, d time.Duration) unix.Timespec {
	return unix.NsecToTimespec(max(now+min(int64(d), math.MaxInt64-now), 0))
}

// Owner tells one subscriber's waiters from others', roughly: who shares its bit wakes for nothing.
type WaiterBit uint32

// WaiterBitOf returns the owner of a number.
func WaiterBitOf(n uint32) WaiterBit { return 1 << (n % 32) }

// Interrupt has the waiters of one owner look again: their context ended, or their subscriber was closed. It
// moves the epoch on, for those who are about to sleep, and leaves the bit set. So nobody else's
// wake-up is touched, wherever the caller is killed: the next Notify still finds the bit, and wakes
// all who sleep in whatever epoch they fell asleep. It costs that one an empty wake.
func Interrupt(word *atomic.Uint32, whose WaiterBit) {
	for w := word.Load(); w&waiting != 0 && !word.CompareAndSwap(w, w+2); w = word.Load() {
		continue
	}
	killpoint.Here()
	_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWakeBitset, everybody, 0, 0, uintptr(whose))
}
