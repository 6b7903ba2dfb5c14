// Package segment creates, finds, retires and removes the shared-memory files behind topics: one file a topic, one live
// publisher a file.
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
	"shm_pub_sub/shmpubsub/internal/ring"
)

// Spec describes a topic to create.
type Spec struct {
	Dir    string // the domain's directory
	Topic  string
	Type   Type
	Depth  int    // values kept readable
	Mode   uint32 // permission bits of the file, whatever the umask
	Retain bool   // keep the last value readable after the publisher's end
	Trust  Trust  // whose files it takes over with their retained values
}

func (s Spec) validate() (file string, err error) {
	if file, err = FileName(s.Topic); err != nil {
		return "", err
	}
	if s.Depth < 1 || s.Depth > MaxDepth {
		return "", fmt.Errorf("%w: topic %q: found %d; expected 1 to %d", ErrDepth, s.Topic, s.Depth, MaxDepth)
	}
	if s.Mode&0o600 != 0o600 || s.Mode&^0o666 != 0 {
		return "", fmt.Errorf("%w: topic %q: found %#o; expected read and write for the owner (0600) and no bit beyond 0666", ErrMode, s.Topic, s.Mode)
	}
	return filepath.Join(s.Dir, file), nil
}

// Create makes the segment of s and becomes its topic's publisher. It replaces a dead publisher's file; a live one's is
// ErrExists.
//
// The file is complete, and its owner lock held, before it has the topic's name, so nobody ever sees half of one. If
// the file system allows it has no name at all until then, so that a crash leaves nothing.
func Create(s Spec) (*Owned, error) {
	path, err := s.validate()
	if err != nil {
		return nil, err
	}
	// Before reserving space: a live publisher is the error, even without room.
	if err := liveAt(path); err != nil {
		return nil, s.explain(err)
	}
	d, err := newDraft(s)
	if errors.Is(err, unix.ENOSPC) && makeRoom(path, s.Trust) {
		d, err = newDraft(s)
	}
	if err != nil {
		return nil, createError(s, err)
	}
	if err := d.publish(path); err != nil {
		d.discard()
		if errors.Is(err, ErrExists) {
			return nil, err
		}
		return nil, createError(s, err)
	}
	return &Owned{Header: d.header, Replaced: d.replaced, path: path, id: d.id, fd: d.fd, file: d.file, memory: d.memory}, nil
}

// makeRoom removes what would be replaced anyway: the file that a crashed take-over left, and a dead publisher's file,
// unless it has a retained value to carry over. It reports whether there was anything. A file that subscribers still map
// takes space until their next read.
func makeRoom(path string, trust Trust) bool {
	old, err := claim(path, trust)
	if err != nil {
		return false
	}
	defer old.release()
	made := unix.Unlink(successorOf(path)) == nil
	killpoint.Here()
	if old.trusted && old.valid && old.header.Retain || unix.Unlink(path) != nil {
		return made
	}
	killpoint.Here()
	old.retire()
	return true
}

// draft is a segment that does not have its topic's name yet.
type draft struct {
	spec   Spec
	header Header
	id     identity
	fd     int
	file   *forks.File // of fd
	linkAs string      // what to link: a name of its own, or its descriptor's in /proc
	named  bool        // linkAs is a file to remove
	memory memory

	replaced int // the dead publisher whose file was replaced
}

func newDraft(s Spec) (_ *draft, err error) {
	d := &draft{spec: s, header: newHeader(s.Type, s.Depth, s.Retain)}
	if err := d.open(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			d.discard()
		}
	}()
	var st unix.Stat_t
	if err := unix.Fstat(d.fd, &st); err != nil {
		return nil, err
	}
	d.id = identityOf(&st)
	if err := unix.Fchmod(d.fd, s.Mode); err != nil {
		return nil, fmt.Errorf("set mode %#o: %w", s.Mode, err)
	}
	killpoint.Here()
	if err := reserve(d.fd, d.header.FileSize); err != nil {
		return nil, err
	}
	if d.memory, err = mapDontFork(d.fd, d.header.FileSize); err != nil {
		return nil, fmt.Errorf("map %d bytes: %w", d.header.FileSize, err)
	}
	d.header.PID = os.Getpid()
	d.header.Created = time.Now().UnixNano()
	d.header.encode(d.memory)
	ok, err := tryLock(d.fd, ownerByte)
	if err == nil && !ok {
		err = errors.New("somebody else locked the new file")
	}
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	return d, nil
}

// reserve allocates all of the file's space now, so that a full file system is an error here and never a SIGBUS
// later.
func reserve(fd int, size uint64) error {
	// Beyond this limit the kernel also sends SIGXFSZ, which ends a Go program.
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &limit); err == nil && size > limit.Cur {
		return &spaceError{need: size, err: unix.EFBIG}
	}
	if err := checkMemory(fd, size); err != nil {
		return &spaceError{need: size, err: err}
	}
	err := retry(func() error { return unix.Fallocate(fd, 0, 0, int64(size)) })
	killpoint.Here()
	if errors.Is(err, unix.EOPNOTSUPP) {
		err = fill(fd, size)
	}
	if err != nil {
		return &spaceError{need: size, err: err}
	}
	return nil
}

// fill reserves space by writing zeros, if the file system cannot. The last write may be partial; the error comes with
// the next one.
func fill(fd int, size uint64) error {
	zeros := make([]byte, 1<<16)
	for at := uint64(0); at < size; {
		var n int
		err := retry(func() (err error) {
			n, err = unix.Pwrite(fd, zeros[:min(uint64(len(zeros)), size-at)], int64(at))
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

// publish gives the draft the topic's name: by link(2), which never replaces another contender's file, or by rename(2)
// over a dead publisher's file that this process has claimed.
func (d *draft) publish(path string) error {
	for {
		err := unix.Linkat(unix.AT_FDCWD, d.linkAs, unix.AT_FDCWD, path, unix.AT_SYMLINK_FOLLOW)
		killpoint.Here()
		if err == nil {
			d.removeName()
			return nil
		}
		if !errors.Is(err, unix.EEXIST) {
			return fmt.Errorf("link: %w", err)
		}
		old, err := claim(path, d.spec.Trust)
		if errors.Is(err, errGone) {
			continue
		}
		if err != nil {
			return d.spec.explain(err)
		}
		defer old.release()
		return d.replace(path, old)
	}
}

// replace renames the draft over a dead publisher's file. The name always exists: subscribers of a retained value read
// on without a gap, in the old file until it is retired and then in the new one.
func (d *draft) replace(path string, old *claimed) error {
	d.inherit(old)
	if err := d.nameFor(path); err != nil {
		return fmt.Errorf("link: %w", err)
	}
	if err := unix.Rename(d.linkAs, path); err != nil {
		d.removeName() // before old is released: then the name is another process's
		return old.explain(path, fmt.Errorf("replace the dead publisher's file: %w", err))
	}
	d.named = false
	killpoint.Here()
	// Only now: subscribers leave the old file and look at the name next.
	old.retire()
	d.replaced = old.header.PID
	return nil
}

// inherit makes a retained value of the same type the first one of the new ring, with its time of publication, so that
// it stays readable until the new publisher publishes, as in MQTT. The header has that time too, by which a subscriber
// that has received the value already recognises it.
func (d *draft) inherit(old *claimed) {
	if !old.trusted || !old.valid || !old.header.Retain || old.header.Type != d.header.Type {
		return
	}
	if newest, sound := peek(old.fd, old.header); sound && newest.whole {
		w := ring.NewWriter(d.memory.ring(d.header))
		w.Write(newest.value, newest.Time)
		d.header.CarriedTime = newest.Time
		d.header.encode(d.memory)
	}
}

func (s Spec) explain(err error) error {
	var live *liveError
	if errors.As(err, &live) {
		return fmt.Errorf("%w: create %q: found a live publisher, %s; expected none; close that one or use another name", ErrExists, s.Topic, live)
	}
	return err
}

func (d *draft) discard() {
	d.removeName()
	if d.memory != nil {
		d.memory.unmap()
	}
	d.file.Close()
	killpoint.Here()
}
