package segment

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/forks"
	"shm_pub_sub/shmpubsub/internal/killpoint"
)

// errStuck says that another process holds the take-over lock and does not release it.
var errStuck = errors.New("found another process that has been replacing it for a second; expected it to finish")

// liveError describes the live publisher that holds the topic.
type liveError struct {
	owner  uint32
	header Header
	unread error // why the header could not be read
}

func (e *liveError) Error() string {
	whose, where := "", ""
	if e.owner != uint32(os.Geteuid()) {
		whose = " of " + userText(e.owner)
	}
	var layout *LayoutError
	if errors.As(e.unread, &layout) {
		where = " (it has " + layout.Found + ")"
	}
	if e.unread != nil {
		return "its file" + where + " locked by an unknown process" + whose
	}
	if errors.Is(unix.Kill(e.header.PID, 0), unix.ESRCH) {
		where = ", which is not in this pid namespace" // a container's
	}
	return fmt.Sprintf("process %d%s%s (%s, %d buffers)", e.header.PID, whose, where, e.header.Type, e.header.Depth())
}

// claimed is the file of a dead publisher, which only the claimant may replace or remove until release.
type claimed struct {
	entry
	locked  *forks.File // fd's; nil: it is not open
	trusted bool        // otherwise only its name is replaced or removed: it is not mapped or written, and no value is carried over
	may     int         // how fd is open: O_RDWR or O_RDONLY
	lockDir *forks.File // the directory, locked; nil: not
	header  Header
	valid   bool  // header is a header,
	unread  error // or this is why not
}

// takeoverPatience bounds the wait for another process's take-over, which takes microseconds unless it was stopped.
const takeoverPatience = time.Second

// claim gets the right to replace or remove the file at path: the take-over lock on it, while the owner lock is free and
// the name still points there. It reports a *liveError for a live publisher's file and errGone if the name has moved on.
// Something other than a regular file is claimed if it is not trusted, and refused otherwise: the user's own is there by
// mistake.
func claim(path string, trust Trust) (*claimed, error) {
	c := &claimed{}
	err := c.openFor(path, unix.O_RDWR)
	if errors.Is(err, unix.EACCES) && c.known() && c.isRegular() { // another user's, who may let others read
		err = c.openFor(path, unix.O_RDONLY)
	}
	c.trusted = c.known() && trust.covers(c.entry)
	if err != nil && (c.trusted || !c.known() || c.isRegular()) {
		return nil, c.explain(path, err)
	}
	if err := c.take(path); err != nil {
		c.release()
		var live *liveError
		if errors.Is(err, errGone) || errors.As(err, &live) {
			return nil, err
		}
		return nil, c.explain(path, err)
	}
	return c, nil
}

func (c *claimed) openFor(path string, access int) (err error) {
	c.may = access
	c.locked, err = forks.Open(func() (fd int, err error) {
		c.entry, err = openTopic(path, access)
		return c.fd, err
	})
	return err
}

// explain adds whose file it is to err, of opening or replacing it, if it is another user's.
func (c *claimed) explain(path string, err error) error {
	if c.trusted || !c.known() {
		return err
	}
	return &blockedError{entry: c.entry, path: path, err: err}
}

// liveAt returns a *liveError if path is the file of a live publisher that this process may read.
func liveAt(path string) error {
	e, err := openTopic(path, unix.O_RDONLY)
	if err != nil {
		return nil
	}
	defer e.close()
	if alive, err := held(e.fd, ownerByte); err != nil || !alive {
		return nil
	}
	live := &liveError{owner: e.file.Uid}
	live.header, live.unread = readHeader(e.fd)
	return live
}

func (c *claimed) take(path string) error {
	if c.fd >= 0 {
		c.header, c.unread = readHeader(c.fd)
		c.valid = c.unread == nil
	}
	for deadline := time.Now().Add(takeoverPatience); ; time.Sleep(time.Millisecond) {
		ok, err := c.tryLock(path)
		if err != nil {
			return fmt.Errorf("lock: %w", err)
		}
		if ok {
			break
		}
		if same, err := c.isAt(path); err != nil || !same {
			return errOr(err, errGone)
		}
		if time.Now().After(deadline) {
			return errStuck
		}
	}
	alive := false
	if c.fd >= 0 {
		var err error
		if alive, err = held(c.fd, ownerByte); err != nil {
			return fmt.Errorf("query the lock: %w", err)
		}
	}
	same, err := c.isAt(path)
	if err != nil || !same {
		return errOr(err, errGone)
	}
	if alive {
		return &liveError{owner: c.file.Uid, header: c.header, unread: c.unread}
	}
	return nil
}

// tryLock reports whether it got the take-over lock. Processes that may only read the file cannot exclude each other by
// it, and only a regular file has it: they lock the directory. Their read lock on the byte excludes writers.
func (c *claimed) tryLock(path string) (bool, error) {
	if c.may == unix.O_RDWR && c.fd >= 0 {
		return tryLock(c.fd, takeoverByte)
	}
	if c.lockDir == nil {
		dir, err := openLocked(filepath.Dir(path), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			return false, err
		}
		c.lockDir = dir
	}
	err := retry(func() error { return unix.Flock(c.lockDir.FD(), unix.LOCK_EX|unix.LOCK_NB) })
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		return false, nil
	case err != nil || c.fd < 0:
		return err == nil, err
	}
	return tryReadLock(c.fd, takeoverByte)
}

// retire makes the subscribers of the dead publisher's file look at the name again.
func (c *claimed) retire() {
	if !c.valid || !c.trusted || c.may != unix.O_RDWR {
		return // no topic, so nobody is attached; or not ours to write: they notice by the lock and the name
	}
	m, err := mapDontFork(c.fd, headerSize)
	if err != nil {
		return // they notice by the lock and the name
	}
	m.retire()
	m.unmap()
}

func (c *claimed) release() {
	if c.fd >= 0 {
		unlock(c.fd, takeoverByte)
		c.locked.Close()
	}
	if c.lockDir != nil {
		_ = unix.Flock(c.lockDir.FD(), unix.LOCK_UN)
		c.lockDir.Close()
	}
	killpoint.Here()
}

func errOr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}
