package futex

import (
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/clock"
	"shm_pub_sub/shmpubsub/internal/killpoint"
)

// MaxWords is how many words one thread can sleep on.
const MaxWords = 128 // FUTEX_WAITV_MAX

// Flags of futex_waitv(2).
const (
	futex32        = 2   // FUTEX2_SIZE_U32
	futex32Private = 130 // that, and FUTEX2_PRIVATE
)

// Several are words that a thread sleeps on together, by futex_waitv(2), which Linux has since 5.16. protocol/futexv.h
// is the same in C.
//
// Each word's protocol is that of a waiter by itself: Announce, look again, sleep. futex_waitv has no bits: the kernel
// wakes its waiters whatever bit a waker names. So Notify and every Interrupt of one of the words wakes them: also
// interruptions of other waiters of that word, which is spurious. An interruption loses none of them either: one that comes
// before the sleep has moved the epoch on, which the kernel finds when it compares.
//
// What is to wake this waiter only, and must not touch shared memory, is a [Flag].
type Several struct{ words []waitedFor }

// waitedFor is struct futex_waitv.
type waitedFor struct {
	value   uint64
	address uint64
	flags   uint32
	_       uint32
}

// Reset makes it no words.
func (s *Several) Reset() { s.words = s.words[:0] }

// Full reports whether there can be no more words.
func (s *Several) Full() bool { return len(s.words) == MaxWords }

// Add adds a word that was announced. It must not be on the stack, and must stay mapped until Wait returns.
func (s *Several) Add(word *atomic.Uint32, announced uint32) {
	s.add(word, announced, futex32)
}

// AddFlag adds a flag: if it is up, Wait returns at once.
func (s *Several) AddFlag(f *Flag) { s.add(&f.up, 0, futex32Private) }

func (s *Several) add(word *atomic.Uint32, value uint32, flags uint32) {
	s.words = append(s.words, waitedFor{value: uint64(value), address: uint64(uintptr(unsafe.Pointer(word))), flags: flags})
}

// Wait sleeps until one of the words is woken, or differs, or until d has passed. Wake-ups can be spurious. It returns an
// error if it cannot sleep: ENOSYS on older kernels, and what a sandbox says.
func (s *Several) Wait(d time.Duration) error {
	until := deadline(clock.Now(), d)
	killpoint.Here()
	_, _, err := unix.Syscall6(unix.SYS_FUTEX_WAITV, uintptr(unsafe.Pointer(unsafe.SliceData(s.words))), uintptr(len(s.words)), 0,
		uintptr(unsafe.Pointer(&until)), unix.CLOCK_MONOTONIC, 0)
	switch err {
	case 0, unix.EAGAIN, unix.EINTR, unix.ETIMEDOUT:
		return nil
	}
	return err
}

// Flag is raised once, and wakes the waiters of this process that sleep on it. It must be on the heap.
type Flag struct{ up atomic.Uint32 }

// Raise raises the flag. The kernel compares it with what a waiter expects under the lock that FUTEX_WAKE takes: it finds
// the flag up, or is woken.
func (f *Flag) Raise() {
	f.up.Store(1)
	_, _, _ = unix.Syscall(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&f.up)), futexWake|futexPrivate, everybody)
}
