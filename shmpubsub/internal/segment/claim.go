package segment

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/killpoint"
)

// errGone says that the name no longer points at the file that was looked at: look again.
var errGone = errors.New("the file went away")

// errStuck says that somebody holds the taker lock and does not let go of it.
var errStuck = errors.New("found another process that has been replacing it for a second; expected it to go on")

// regularFile is what a topic's name must be, if it exists.
const regularFile = "a regular file"

// liveError says who holds the topic.
type liveError struct {
	header Header
	known  bool // the header could be read
}

func (e *liveError) Error() string {
	if !e.known {
		return "its file locked by an unknown process"
	}
	where := ""
	if errors.Is(unix.Kill(e.header.PID, 0), unix.ESRCH) {
		where = ", which is not in this pid namespace" // a container's
	}
	return fmt.Sprintf("process %d%s (%s, %d buffers)", e.header.PID, where, e.header.Type, e.header.Depth())
}

// claimed is the file of a dead publisher, which nobody but the claimant may replace or remove until
// release.
type claimed struct {
	fd     int
	header Header
	valid  bool // header is a header
}

// takerPatience bounds the wait for another taker, who needs microseconds unless it was stopped.
const takerPatience = time.Second

// claim gets the right to replace or remove path: the taker lock on its file, with the owner lock free and the
// name still pointing there. It reports a *liveError for a live publisher's file and errGone where
// the name has moved on.
func claim(path string) (*claimed, error) {
	fd, err := openTopic(path, unix.O_RDWR)
	if errors.Is(err, unix.EACCES) {
		err = errOr(liveAt(path), err) // another user's, who may let others read
	}
	if err != nil {
		return nil, err
	}
	c := &claimed{fd: fd}
	if err := c.take(path); err != nil {
		c.release()
		return nil, err
	}
	return c, nil
}

// liveAt returns a *liveError where path is the file of a live publisher that this process may read.
func liveAt(path string) error {
	fd, err := openTopic(path, unix.O_RDONLY)
	if err != nil {
		return nil
	}
	defer func() { _ = unix.Close(fd) }()
	if alive, err := held(fd, ownerByte); err != nil || !alive {
		return nil
	}
	header, err := readHeader(fd)
	return &liveError{header: header, known: err == nil}
}

func (c *claimed) take(path string) error {
	header, err := readHeader(c.fd)
	c.header, c.valid = header, err == nil
	for deadline := time.Now().Add(takerPatience); ; time.Sleep(time.Millisecond) {
		ok, err := tryLock(c.fd, takerByte)
		if err != nil {
			return fmt.Errorf("lock: %w", err)
		}
		if ok {
			break
		}
		if same, err := pointsAt(path, c.fd); err != nil || !same {
			return errOr(err, errGone)
		}
		if time.Now().After(deadline) {
			return errStuck
		}
	}
	alive, err := held(c.fd, ownerByte)
	if err != nil {
		return fmt.Errorf("query the lock: %w", err)
	}
	same, err := pointsAt(path, c.fd)
	if err != nil || !same {
		return errOr(err, errGone)
	}
	if alive {
		return &liveError{header: c.header, known: c.valid}
	}
	return nil
}

// retire tells the subscribers of the dead publisher's file to look at the name again.
func (c *claimed) retire() {
	if !c.valid {
		return // not a topic: nobody is attached
	}
	m, err := mapFile(c.fd, HeaderOffset+headerSize, unix.PROT_READ|unix.PROT_WRITE)
	if err != nil {
		return // they find out by asking after the lock and the name
	}
	m.retire()
	m.unmap()
}

func (c *claimed) release() {
	unlock(c.fd, takerByte)
	_ = unix.Close(c.fd)
	killpoint.Here()
}

// openTopic opens what a topic's name points at, and refuses everything but a regular file. It
// neither follows a symbolic link nor waits on a FIFO.
func openTopic(path string, access int) (int, error) {
	fd, err := openRetry(path, access|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	var st unix.Stat_t
	switch {
	case errors.Is(err, unix.ENOENT):
		return -1, errGone
	case err != nil && (unix.Lstat(path, &st) != nil || isRegular(st)):
		return -1, fmt.Errorf("open the existing file: %w", err)
	case err != nil: // what is no file fails in many ways, a device on a nodev mount by EACCES
		return -1, invalid(fileKind(st), regularFile)
	}
	if err := unix.Fstat(fd, &st); err == nil && isRegular(st) {
		return fd, nil
	}
	_ = unix.Close(fd)
	return -1, invalid(fileKind(st), regularFile)
}

func isRegular(st unix.Stat_t) bool { return st.Mode&unix.S_IFMT == unix.S_IFREG }

func fileKind(st unix.Stat_t) string {
	switch st.Mode & unix.S_IFMT {
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

// pointsAt reports whether path names the file that fd has open.
func pointsAt(path string, fd int) (bool, error) {
	var name, file unix.Stat_t
	if err := unix.Fstat(fd, &file); err != nil {
		return false, err
	}
	if err := unix.Lstat(path, &name); errors.Is(err, unix.ENOENT) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	return name.Dev == file.Dev && name.Ino == file.Ino, nil
}

// readHeader validates the header of an open file without mapping it, so that a truncated file is
// an error and never a SIGBUS.
func readHeader(fd int) (Header, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return Header{}, err
	}
	b := make([]byte, minSize)
	var n int
	err := retry(func() (err error) { n, err = unix.Pread(fd, b, 0); return err })
	if err != nil {
		return Header{}, err
	}
	return decodeHeader(b[:n], st.Size)
}

func errOr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}
