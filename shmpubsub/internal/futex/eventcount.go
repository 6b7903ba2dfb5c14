// Package futex wakes and waits across processes.
package futex

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/killpoint"
)

// The wait word is an eventcount: epoch<<1 | waiting. A waiter reads the epoch, sets the waiting
// bit by compare-and-swap, looks at head again, and only then sleeps on epoch<<1|1. A publisher
// that finds the bit set moves the epoch on, which clears the bit, and wakes everybody. A plain
// "somebody waits" flag in the futex word loses wake-ups with two waiters.
const waiting = 1

const futexWake = 1 // FUTEX_WAKE, shared between processes: no FUTEX_PRIVATE_FLAG

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
			_, _, _ = unix.Syscall(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWake, 1<<31-1)
			killpoint.Here()
			return
		}
	}
}
