// Package forks keeps forked children clear of what holds a lock: the open files of topics, by descriptor
// or mapping. A child that had one would make a dead publisher look alive.
//
// A Go program does not fork without executing another program, which closes descriptors and mappings. The
// Python extension's process may: its fork handlers (protocol/fork.c) and this package share a few words.
// Nothing is locked while a process forks, as whoever forks may go on to wait for a lock whose holder is
// inside a call here. Each side looks whether the other is at work, and waits for it, but not for long:
//
//	Step                                 fork's handlers
//	S1  steps++                          F1  forking++
//	S2  forking > 0: steps--, wait,      F2  steps > 0: wait
//	      and again                      F3  the fork; the child closes what is in the table
//	S3  open and enter into the table,   F4  forking--; in the child both are 0
//	      map, or close and strike out
//	S4  steps--
//
// Sequentially consistent, so that of S1, S2 and F1, F2 at least one side sees the other. Whoever has waited
// for maxWait goes on: a step that long is stuck in the kernel; a fork is a large process's, or stuck as
// above, and then it goes on after this call. What may come of it is a child that keeps a lock.
package forks

import (
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const maxWait = time.Second

// pause is how long to wait until the next look at whether a fork is over: most take a millisecond.
const pause = 50 * time.Microsecond

// Shared is what the fork handlers and this package share: struct fork_shared in protocol/fork.h.
type Shared struct {
	forking atomic.Int32
	steps   atomic.Int32
	first   atomic.Pointer[page]
}

// shared is nil in a process without fork handlers.
var shared atomic.Pointer[Shared]

// Join shares the words at address, in memory that is not Go's, with the process's fork handlers.
func Join(address uintptr) {
	shared.Store(*(**Shared)(unsafe.Pointer(&address)))
}

// Step runs f, which must not be long nor call Step: a child that is forked meanwhile is born before or after it.
func Step(f func()) {
	s := shared.Load()
	if s == nil {
		f()
		return
	}
	s.begin()
	defer s.steps.Add(-1)
	f()
}

func (s *Shared) begin() {
	for deadline := time.Now().Add(maxWait); ; time.Sleep(pause) {
		s.steps.Add(1)
		if s.forking.Load() <= 0 || time.Now().After(deadline) {
			return
		}
		s.steps.Add(-1)
	}
}

// File is an open file whose locks no child inherits.
type File struct {
	fd     int
	access int32 // how it was opened: O_RDWR and the like
	dev    uint64
	ino    uint64
	slot   *slot // nil: there is no table
}

// Open opens a file, by a function that returns a descriptor.
func Open(open func() (int, error)) (f *File, err error) {
	Step(func() {
		var fd int
		if fd, err = open(); err != nil {
			return
		}
		var st unix.Stat_t
		_ = unix.Fstat(fd, &st) // an open descriptor's cannot fail
		f = &File{fd: fd, access: accessOf(fd), dev: uint64(st.Dev), ino: st.Ino}
		if s := shared.Load(); s != nil {
			f.slot = s.enter(f)
		}
	})
	return f, err
}

// FD returns the descriptor.
func (f *File) FD() int { return f.fd }

// Holds reports whether the descriptor still is this file's: the program may have closed it, and opened another under
// its number, a reader's of the same file perhaps. Whoever uses the number later than right away looks here first.
func (f *File) Holds() bool {
	var st unix.Stat_t
	return unix.Fstat(f.fd, &st) == nil && uint64(st.Dev) == f.dev && st.Ino == f.ino && accessOf(f.fd) == f.access
}

func accessOf(fd int) int32 {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil {
		return -1
	}
	return int32(flags & unix.O_ACCMODE)
}

// Close closes the descriptor if it still is this file's. It does not give up a lock that a child shares which vfork
// made a moment ago.
func (f *File) Close() {
	Step(func() {
		if f.Holds() {
			_ = unix.Close(f.fd)
		}
		if f.slot != nil {
			f.slot.fd.Store(0)
		}
		f.slot = nil
	})
}
