// Package segment creates, finds, retires and removes the shared-memory files behind topics: one file a topic, one live
// publisher a file.
package segment

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/descriptor"
	"shm_pub_sub/shmpubsub/internal/forks"
	"shm_pub_sub/shmpubsub/internal/killpoint"
)

// Spec describes a topic to create.
type Spec struct {
	Dir    string // the domain's directory
	Topic  string
	Type   descriptor.Type
	Depth  int    // values kept readable
	Views  int    // values that readers hold at once; only values in chunks have these two
	Loans  int    // values that the publisher fills at once
	Mode   uint32 // permission bits of the file, whatever the umask
	Retain bool   // keep the last value readable after the publisher's end
	Trust  Trust  // whose files it takes over with their retained values
	// Bridged marks a topic that bridges to other machines do not send.
	Bridged bool
	// Metadata is a JSON object, or empty.
	Metadata string
}

func (s Spec) validate() (file string, err error) {
	if file, err = FileName(s.Topic); err != nil {
		return "", err
	}
	most := min(MaxDepth, math.MaxInt) // so that it compiles where int has 32 bits
	if s.Type.Pooled() {
		most = MaxPooledDepth
		if s.Views < 0 || s.Views > MaxViews {
			return "", fmt.Errorf("%w: topic %q: found %d; expected 0 to %d", ErrViews, s.Topic, s.Views, MaxViews)
		}
		if s.Loans < 1 || s.Loans > MaxLoans {
			return "", fmt.Errorf("%w: topic %q: found %d; expected 1 to %d", ErrLoans, s.Topic, s.Loans, MaxLoans)
		}
	}
	if s.Depth < 1 || s.Depth > most {
		return "", fmt.Errorf("%w: topic %q: found %d; expected 1 to %d", ErrDepth, s.Topic, s.Depth, most)
	}
	if s.Mode&0o600 != 0o600 || s.Mode&^0o666 != 0 {
		return "", fmt.Errorf("%w: topic %q: found %#o; expected read and write for the owner (0600) and no bit beyond 0666", ErrMode, s.Topic, s.Mode)
	}
	if n := len(s.Metadata); n > MaxMetadata {
		return "", fmt.Errorf("%w: topic %q: found %d bytes of JSON; expected %d at most; keep large things in a file, and its name here", ErrMetadata, s.Topic, n, MaxMetadata)
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
	return &Owned{
		Header: d.header, Replaced: d.replaced, Carried: d.carried, path: path, id: d.id, fd: d.fd, file: d.file, memory: d.memory, pool: d.pool,
	}, nil
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
	pool   region // nil: there are no chunks

	replaced int // the dead publisher whose file was replaced
	carried  Carried
}

func newDraft(s Spec) (_ *draft, err error) {
	d := &draft{spec: s, header: newHeader(s)}
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
	if err := reserve(d.fd, d.header); err != nil {
		return nil, err
	}
	if d.memory, err = mapDontFork(d.fd, d.header.ringBytes()); err != nil {
		return nil, fmt.Errorf("map %d bytes: %w", d.header.ringBytes(), err)
	}
	if err := d.mapPool(); err != nil {
		return nil, err
	}
	d.header.PID = os.Getpid()
	d.header.Created = time.Now().UnixNano()
	d.header.encode(d.memory.data)
	d.header.encodeType(d.memory.data, s.Metadata)
	ok, err := tryLock(d.fd, ownerByte)
	if err == nil && !ok {
		err = errors.New("somebody else locked the new file")
	}
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	d.file.Guard(ownerByte)
	return d, nil
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

func (s Spec) explain(err error) error {
	var live *liveError
	if errors.As(err, &live) {
		return fmt.Errorf("%w: create %q: found a live publisher, %s; expected none; close that one or use another name", ErrExists, s.Topic, live)
	}
	return err
}

func (d *draft) discard() {
	d.removeName()
	d.pool.unmap()
	d.memory.unmap()
	d.file.Close()
	killpoint.Here()
}
