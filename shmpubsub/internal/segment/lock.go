package segment

import (
	"errors"
	"io"

	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/killpoint"
)

// Two one-byte open-file-description locks guard a segment's file (fcntl(2), F_OFD_SETLK). The kernel drops them with
// the last descriptor of the open file, however its process ends, so liveness is right across pid namespaces, zombies
// and reused pids.
//
// docs/models/ownership.pml models the protocol.
const (
	ownerByte    = 0 // the owner lock: the publisher's, from before the file has a name until its end
	takeoverByte = 1 // the take-over lock: held for a moment, to replace or remove a dead publisher's file
)

// tryLock reports whether it got an exclusive lock on one byte of fd, which must be open for writing.
func tryLock(fd int, at int64) (bool, error) { return setLock(fd, at, unix.F_WRLCK) }

// tryReadLock reports whether it got a lock on one byte of fd that keeps exclusive ones away.
func tryReadLock(fd int, at int64) (bool, error) { return setLock(fd, at, unix.F_RDLCK) }

func setLock(fd int, at int64, kind int16) (bool, error) {
	lk := unix.Flock_t{Type: kind, Whence: io.SeekStart, Start: at, Len: 1}
	err := retry(func() error { return unix.FcntlFlock(uintptr(fd), unix.F_OFD_SETLK, &lk) })
	killpoint.Here()
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
		return false, nil
	}
	return err == nil, err
}

// unlock releases the lock on one byte of fd. Closing fd is not enough: a child that was just forked, and has not yet
// closed its copy or executed another program, shares the lock.
func unlock(fd int, at int64) {
	lk := unix.Flock_t{Type: unix.F_UNLCK, Whence: io.SeekStart, Start: at, Len: 1}
	_ = retry(func() error { return unix.FcntlFlock(uintptr(fd), unix.F_OFD_SETLK, &lk) })
	killpoint.Here()
}

// held reports whether another open file holds a write lock on one byte of fd's file. Another reader's lock, which
// anyone with read permission can hold, is no publisher.
func held(fd int, at int64) (bool, error) {
	lk := unix.Flock_t{Type: unix.F_RDLCK, Whence: io.SeekStart, Start: at, Len: 1}
	err := retry(func() error { return unix.FcntlFlock(uintptr(fd), unix.F_OFD_GETLK, &lk) })
	return lk.Type != unix.F_UNLCK, err
}

// retry repeats a system call that a signal interrupted.
func retry(call func() error) error {
	for {
		if err := call(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
