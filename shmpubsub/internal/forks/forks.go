// Package forks keeps the open files of topics out of forked children, as descriptors and as mappings. A child
// that had one would hold its lock and make a dead publisher look alive.
//
// A Go program only forks to execute another program, which closes descriptors and mappings. The Python
// extension's process may fork without: its fork handlers (protocol/fork.c) and this package share a few words.
// No lock is held while a process forks: the forking thread may go on to wait for a lock whose holder is inside a
// call here. Each side checks whether the other is at work, and waits for it, but not for long:
//
//	Step                                 fork's handlers
//	S1  steps++                          F1  forking++
//	S2  forking > 0: steps--, wait,      F2  steps > 0: wait
//	      and again                      F3  the fork; the child closes the files in the table
//	S3  open and add to the table,       F4  forking--; in the child both are 0
//	      map, or close and remove
//	S4  steps--
//
// The accesses are sequentially consistent, so that of S1, S2 and F1, F2 at least one side sees the other. After
// maxWait either side goes on: such a step is stuck in the kernel; such a fork is a large process's, or waits for a
// lock as above and finishes after this call. The worst that can happen is a child that keeps a lock.
package forks

import (
	"io"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const maxWait = time.Second

// pause is the time between two checks whether a fork is over: most take a millisecond.
const pause = 50 * time.Microsecond

// Shared is what the fork handlers and this package share: struct fork_shared in protocol/fork.h.
type Shared struct {
	forking atomic.Int32
	steps   atomic.Int32
	first   atomic.Pointer[page]
}

// shared is nil in a process without fork handlers.
var shared atomic.Pointer[Shared]

// Join shares the words at address, outside of Go's memory, with the process's fork handlers.
func Join(address uintptr) {
	shared.Store(*(**Shared)(unsafe.Pointer(&address)))
}

// Step runs f between forks. f must be short and not call Step.
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
	guard  int64 // a byte on which it has a lock; -1: none
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
		_ = unix.Fstat(fd, &st) // cannot fail: it is open
		f = &File{fd: fd, access: accessOf(fd), dev: uint64(st.Dev), ino: st.Ino, guard: -1}
		if s := shared.Load(); s != nil {
			f.slot = s.enter(f)
		}
	})
	return f, err
}

// FD returns the descriptor.
func (f *File) FD() int { return f.fd }

// Guard says that the file has an exclusive lock (F_OFD_SETLK) on the byte at `at`, as long as it is mapped or open.
func (f *File) Guard(at int64) { f.guard = at }

// Unlock releases that lock.
func (f *File) Unlock() {
	if !f.Holds() {
		f.fd = -1 // without the lock nothing distinguishes it from others of the same file
		return
	}
	lock := f.lock(unix.F_UNLCK)
	_ = unix.FcntlFlock(uintptr(f.fd), unix.F_OFD_SETLK, &lock)
	f.guard = -1
}

func (f *File) lock(kind int16) unix.Flock_t {
	return unix.Flock_t{Type: kind, Whence: io.SeekStart, Start: f.guard, Len: 1}
}

// Holds reports whether the descriptor still is this file's: the program may have closed it and opened something else
// under its number, even the same file. Check it before any late use of the number.
func (f *File) Holds() bool {
	var st unix.Stat_t
	if unix.Fstat(f.fd, &st) != nil || uint64(st.Dev) != f.dev || st.Ino != f.ino || accessOf(f.fd) != f.access {
		return false
	}
	if f.guard < 0 {
		return true
	}
	lock := f.lock(unix.F_WRLCK) // its holder is not shown the lock; anybody else is
	return unix.FcntlFlock(uintptr(f.fd), unix.F_OFD_GETLK, &lock) == nil && lock.Type == unix.F_UNLCK
}

func accessOf(fd int) int32 {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil {
		return -1
	}
	return int32(flags & unix.O_ACCMODE)
}

// Close closes the descriptor if it still is this file's. It does not release a lock that a child of vfork still
// shares.
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
