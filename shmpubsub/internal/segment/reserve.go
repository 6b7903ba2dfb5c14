package segment

import (
	"errors"

	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/killpoint"
	"shm_pub_sub/shmpubsub/internal/page"
)

// reserve allocates all of the file's space now, so that a full file system is an error here and never a SIGBUS later.
// The hole stays one.
func reserve(fd int, h Header) error {
	need := h.Bytes()
	tooBig := &spaceError{need: h.FileSize, err: unix.EFBIG} // with the hole
	// Beyond this limit the kernel also sends SIGXFSZ, which ends a Go program.
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &limit); err == nil && h.FileSize > limit.Cur {
		return tooBig
	}
	if err := checkMemory(fd, need); err != nil {
		return &spaceError{need: need, err: err}
	}
	for _, r := range [2]struct{ at, size uint64 }{{0, page.Size()}, {HeaderOffset, h.FileSize - HeaderOffset}} {
		err := reserveRange(fd, r.at, r.size)
		if errors.Is(err, unix.EFBIG) {
			return tooBig
		}
		if err != nil {
			return &spaceError{need: need, err: err}
		}
	}
	return nil
}

func reserveRange(fd int, at, size uint64) error {
	err := retry(func() error { return unix.Fallocate(fd, 0, int64(at), int64(size)) })
	killpoint.Here()
	if errors.Is(err, unix.EOPNOTSUPP) {
		err = fill(fd, at, size)
	}
	return err
}

// fill reserves space by writing zeros, if the file system cannot. The last write may be partial; the error comes with
// the next one.
func fill(fd int, at, size uint64) error {
	zeros := make([]byte, 1<<16)
	for end := at + size; at < end; {
		var n int
		err := retry(func() (err error) {
			n, err = unix.Pwrite(fd, zeros[:min(uint64(len(zeros)), end-at)], int64(at))
			return err
		})
		if err != nil {
			return err
		}
		at += uint64(n)
		killpoint.Here()
	}
	return nil
}
