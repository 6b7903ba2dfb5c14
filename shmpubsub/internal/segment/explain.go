package segment

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// spaceError is a file system that cannot hold a segment.
type spaceError struct {
	need uint64
	err  error
}

func (e *spaceError) Error() string { return fmt.Sprintf("reserve %d bytes: %v", e.need, e.err) }
func (e *spaceError) Unwrap() error { return e.err }

// createError words a failure to create as: operation; found; expected; remedy.
func createError(s Spec, err error) error {
	return fmt.Errorf("%w: create %q: %w; %s", ErrCreate, s.Topic, err, remedy(s.Dir, s.Topic, newHeader(s).need(), err))
}

func openError(topic, path string, err error) error {
	return fmt.Errorf("%w: open %q: %w; %s", ErrOpen, topic, err, remedy(filepath.Dir(path), topic, "", err))
}

// notThere returns the error for a topic that does not exist, for reason.
func notThere(operation, dir, topic string, reason error) error {
	found := "no topic of this name in " + dir
	if errors.Is(reason, errNoDirectory) {
		found = "no directory " + dir
	}
	return fmt.Errorf("%s %q: %w: found %s; expected a topic that a publisher has made; compare name and directory with the publisher's",
		operation, topic, ErrNoPublisher, found)
}

// need returns the memory that the file takes, as in an error's text.
func (h Header) need() string {
	if !h.Pooled {
		return fmt.Sprintf("%d bytes", h.Bytes())
	}
	return fmt.Sprintf("%d bytes, (buffer_num %d + views %d + 1 + loans %d) x %d and %d besides",
		h.Bytes(), h.Depth(), h.Views, h.Loans, h.ChunkStride, h.Bytes()-uint64(h.Chunks)*h.ChunkStride)
}

// remedy returns what the user can do about err.
func remedy(dir, topic string, need string, err error) string {
	var layout *LayoutError
	var blocked *blockedError
	var memory *memoryError
	space := &spaceError{}
	switch {
	case errors.As(err, &blocked):
		return blocked.remedy()
	case errors.As(err, &memory):
		return memory.remedy(need)
	case errors.As(err, &layout) && layout.Expected == regularFile: // publishers do not replace it
		return "remove " + pathIn(dir, topic)
	case errors.As(err, &layout):
		return fmt.Sprintf("remove %s or let a new publisher replace it", pathIn(dir, topic))
	case errors.Is(err, errStuck):
		return "resume or end that process"
	case errors.Is(err, unix.ENOSPC) && noInode(dir):
		return fmt.Sprintf("found no inode free in %s; remove what is stale, or enlarge it (a tmpfs by its mount option nr_inodes)", dir)
	case errors.Is(err, unix.EDQUOT):
		return fmt.Sprintf("expected %s within the disk quota of user %d in %s; use fewer buffers, or remove what is stale", need, os.Geteuid(), dir)
	case errors.Is(err, unix.EFBIG):
		errors.As(err, &space)
		return fmt.Sprintf("expected %d bytes to be allowed for a file, by this process's limit (ulimit -f) and by the file system of %s; "+
			"use fewer buffers, or raise the limit", space.need, dir)
	case errors.Is(err, unix.ENOSPC):
		return fmt.Sprintf("found %s free in %s; expected %s; use fewer buffers, remove what is stale, "+
			"or enlarge it (Docker gives 64 MB without --shm-size=1g)", free(dir), dir, need)
	case errors.Is(err, unix.ENOENT):
		return fmt.Sprintf("expected the directory %s; create it, or name an existing one by SHM_PUB_SUB_DIR or directory=", dir)
	case errors.Is(err, unix.ENOTDIR):
		return fmt.Sprintf("expected %s to be a directory; name one, by SHM_PUB_SUB_DIR or directory=", dir)
	case errors.Is(err, unix.ENAMETOOLONG):
		return fmt.Sprintf("expected a directory whose path, with a topic's file, is shorter than %d bytes, and each part of it than 256", unix.PathMax)
	case errors.Is(err, unix.EROFS):
		return fmt.Sprintf("expected a writable file system at %s; name a directory on one, by SHM_PUB_SUB_DIR or directory=", dir)
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return fmt.Sprintf("this process is user %d; %s is %s; run as the user who owns it, "+
			"give the publisher a wider mode, or name a directory of your own, by SHM_PUB_SUB_DIR or directory=", os.Geteuid(), whose(dir, topic), ownership(dir, topic))
	case errors.Is(err, unix.EMFILE), errors.Is(err, unix.ENFILE):
		return "expected a free file descriptor; a topic takes one, and a second one while it is opened: close some, or raise the limit (ulimit -n)"
	case errors.Is(err, unix.ENOMEM):
		return "expected free memory, address space within the limit (ulimit -v) and fewer than /proc/sys/vm/max_map_count mappings; close some topics"
	}
	return "expected a local file system such as /dev/shm at " + dir
}

func free(dir string) string {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return "an unknown number of bytes"
	}
	return fmt.Sprintf("%d bytes", st.Bavail*uint64(st.Bsize))
}

// noInode reports whether dir's file system has no room for another file, however small.
func noInode(dir string) bool {
	var st unix.Statfs_t
	return unix.Statfs(dir, &st) == nil && st.Files > 0 && st.Ffree == 0
}

// pathIn returns the path of topic's file, whose name is known to be valid.
func pathIn(dir, topic string) string {
	file, _ := FileName(topic)
	return filepath.Join(dir, file)
}

// whose returns what a permission error is about: the topic's file if it exists, otherwise dir.
func whose(dir, topic string) string {
	if path := pathIn(dir, topic); unix.Access(path, unix.F_OK) == nil {
		return path
	}
	return dir
}

func ownership(dir, topic string) string {
	var st unix.Stat_t
	if err := unix.Lstat(whose(dir, topic), &st); err != nil {
		return err.Error()
	}
	return fmt.Sprintf("user %d's and group %d's with mode %#o", st.Uid, st.Gid, st.Mode&0o7777)
}
