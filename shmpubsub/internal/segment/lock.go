package segment

import (
	"errors"
	"io"

	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/killpoint"
)

// Two one-byte open-file-description locks guard a segment's file (fcntl(2), F_OFD_SETLK). The
// kernel drops them with the last descriptor of the open file, however its process ends, so a lock
// tells life from death across pid namespaces, zombies and reused pids.
//
// docs/models/ownership.pml is the protocol, checked exhaustively.
const (
	ownerByte    = 0 // the publisher's, from before the name is visible until its end
	takeoverByte = 1 // for a moment, whoever replaces or removes the file of a dead publisher
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

// unlock gives up the lock on one byte of fd. Closing fd is not enough: a child that was forked a
// moment ago, and has not come to closing its copy or to another program yet, shares the lock.
func unlock(fd int, at int64) {
	lk := unix.Flock_t{Type: unix.F_UNLCK, Whence: io.SeekStart, Start: at, Len: 1}
	_ = retry(func() error { return unix.FcntlFlock(uintptr(fd), unix.F_OFD_SETLK, &lk) })
	killpoint.Here()
}

// held reports whether somebody else's open file holds a lock on one byte of fd's file. It asks as a
// reader would: a mere reader's lock, which anybody who may read can have, is no publisher.
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
