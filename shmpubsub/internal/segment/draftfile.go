package segment

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/forks"
	"shm_pub_sub/shmpubsub/internal/killpoint"
)

// draftPrefix begins the name of a draft on a file system without unnamed files, and no topic's file name.
const draftPrefix = "shm_pub_sub#"

// open makes the draft's file: unnamed if the file system and /proc allow it, so that a crash leaves no trace.
func (d *draft) open() error {
	file, err := openLocked(d.spec.Dir, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	killpoint.Here()
	if err == nil {
		d.file, d.fd = file, file.FD()
		d.linkAs = fmt.Sprintf("/proc/self/fd/%d", d.fd)
		if unix.Access(d.linkAs, unix.F_OK) == nil {
			return nil
		}
		file.Close() // no /proc: link() cannot name it
		killpoint.Here()
	} else if !errors.Is(err, unix.EOPNOTSUPP) && !errors.Is(err, unix.EISDIR) && !errors.Is(err, unix.EINVAL) {
		return fmt.Errorf("make a file in %s: %w", d.spec.Dir, err)
	}
	sweepDrafts(d.spec.Dir)
	// Not crypto/rand, which brings 32 MiB of address space.
	var random [16]byte
	if err := retry(func() error { _, err := unix.Getrandom(random[:], 0); return err }); err != nil {
		return fmt.Errorf("make a file in %s: find a name: %w", d.spec.Dir, err)
	}
	name := filepath.Join(d.spec.Dir, fmt.Sprintf("%s#%x", draftPrefix, random)) // no topic's successor: # is encoded
	file, err = openLocked(name, unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return fmt.Errorf("make a file in %s: %w", d.spec.Dir, err)
	}
	d.file, d.fd, d.linkAs, d.named = file, file.FD(), name, true
	killpoint.Here()
	return nil
}

// nameFor gives an unnamed draft a name that rename(2) can move to path. It depends on the topic alone, and only the
// process that has claimed path uses it: the next take-over removes what a crash leaves there, even if its own draft has
// a name.
func (d *draft) nameFor(path string) error {
	name := successorOf(path)
	if err := unix.Unlink(name); err != nil && !errors.Is(err, unix.ENOENT) {
		there := entry{fd: -1}
		if unix.Lstat(name, &there.file) == nil && int(there.file.Uid) != os.Geteuid() {
			err = &blockedError{entry: there, path: name, err: err}
		}
		return err
	}
	killpoint.Here()
	if d.named {
		return nil
	}
	if err := unix.Linkat(unix.AT_FDCWD, d.linkAs, unix.AT_FDCWD, name, unix.AT_SYMLINK_FOLLOW); err != nil {
		return err
	}
	d.linkAs, d.named = name, true
	killpoint.Here()
	return nil
}

// successorOf returns the name that path's successor has for a moment. It is as long as path's own.
func successorOf(path string) string {
	dir, file := filepath.Split(path)
	return dir + draftPrefix + strings.TrimPrefix(file, Prefix)
}

func (d *draft) removeName() {
	if d.named {
		_ = unix.Unlink(d.linkAs) // if it fails, sweepDrafts removes it later
		killpoint.Here()
		d.named = false
	}
}

// draftAge is the age at which a named draft is debris: creating takes far less.
const draftAge = time.Minute

// sweepDrafts removes the named drafts of crashed creators.
func sweepDrafts(dir string) {
	_ = eachFile(dir, func(e fs.DirEntry) { sweepDraft(dir, e) })
}

func sweepDraft(dir string, e fs.DirEntry) {
	if !strings.HasPrefix(e.Name(), draftPrefix) {
		return
	}
	info, err := e.Info()
	if err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > draftAge {
		_ = os.Remove(filepath.Join(dir, e.Name()))
		killpoint.Here()
	}
}

// openLocked opens a file that will be locked.
func openLocked(path string, flags int, mode uint32) (*forks.File, error) {
	return forks.Open(func() (int, error) { return openRetry(unix.AT_FDCWD, path, flags, mode) })
}

// eachFile calls visit for every entry of dir, with only a few names in memory at a time.
func eachFile(dir string, visit func(fs.DirEntry)) error {
	d, err := os.OpenFile(dir, os.O_RDONLY|unix.O_DIRECTORY, 0) // O_DIRECTORY: do not wait for the other end of a FIFO
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	for {
		entries, err := d.ReadDir(256)
		for _, e := range entries {
			visit(e)
		}
		if len(entries) == 0 || err != nil {
			return nil //nolint:nilerr // io.EOF, or the directory was removed
		}
	}
}
