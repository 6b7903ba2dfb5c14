package segment

import (
	"errors"
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// errGone says that the name no longer points at that file: look again.
var errGone = errors.New("the file went away")

// errNoDirectory says that the domain's directory does not exist.
var errNoDirectory = fmt.Errorf("%w, with its directory", errGone)

// regularFile is what a topic's name must point at, if it exists.
const regularFile = "a regular file"

// entry is what a topic's name points at.
type entry struct {
	fd        int // -1: it is not open
	file, dir unix.Stat_t
}

// openTopic opens what a topic's name points at, and refuses everything but a regular file. It neither follows a
// symbolic link nor waits on a FIFO. With an error the entry describes the file, if that is known.
//
// The directory is opened first, so that replacing it meanwhile cannot make its files seem to belong to somebody else.
func openTopic(path string, access int) (entry, error) {
	e := entry{fd: -1}
	dir, err := openRetry(unix.AT_FDCWD, filepath.Dir(path), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) {
		return e, errNoDirectory
	}
	if err == nil {
		defer func() { _ = unix.Close(dir) }()
		err = unix.Fstat(dir, &e.dir)
	}
	if err != nil {
		return e, fmt.Errorf("open its directory: %w", err)
	}
	if err := e.open(dir, filepath.Base(path), access); err != nil {
		return e, err
	}
	if !e.isRegular() {
		e.close()
		return e, invalid(e.kind(), regularFile)
	}
	return e, nil
}

// open opens name in dir. Even if it cannot, e describes the file.
func (e *entry) open(dir int, name string, access int) (err error) {
	for {
		e.fd, err = openRetry(dir, name, access|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
		if err == nil {
			return unix.Fstat(e.fd, &e.file) // cannot fail: it is open
		}
		there := unix.ENOENT
		if !errors.Is(err, unix.ENOENT) {
			there, _ = unix.Fstatat(dir, name, &e.file, unix.AT_SYMLINK_NOFOLLOW).(unix.Errno)
		}
		switch {
		case there == unix.ENOENT:
			e.file = unix.Stat_t{}
			return errGone
		case there != 0:
			e.file = unix.Stat_t{}
		case !e.isRegular(): // opening those fails in many ways, a device on a nodev mount by EACCES
			return nil
		case errors.Is(err, unix.ELOOP), errors.Is(err, unix.EISDIR), errors.Is(err, unix.ENXIO):
			continue // replaced by a regular file meanwhile
		}
		return fmt.Errorf("open the existing file: %w", err)
	}
}

func (e *entry) close() {
	if e.fd >= 0 {
		_ = unix.Close(e.fd)
	}
	e.fd = -1
}

// known reports whether something exists under the name, and stat(2) worked.
func (e entry) known() bool { return e.file.Mode != 0 }

func (e entry) isRegular() bool { return e.file.Mode&unix.S_IFMT == unix.S_IFREG }

func (e entry) kind() string {
	switch e.file.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return "a file"
	case unix.S_IFDIR:
		return "a directory"
	case unix.S_IFIFO:
		return "a FIFO"
	case unix.S_IFLNK:
		return "a symbolic link"
	case unix.S_IFSOCK:
		return "a socket"
	}
	return "a device"
}

// isAt reports whether path names what e is.
func (e entry) isAt(path string) (bool, error) { return identityOf(&e.file).isAt(path) }

func openRetry(dir int, path string, flags int, mode uint32) (fd int, err error) {
	err = retry(func() error {
		fd, err = unix.Openat(dir, path, flags, mode)
		return err
	})
	return fd, err
}
