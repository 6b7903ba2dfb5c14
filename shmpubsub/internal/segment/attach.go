package segment

import (
	"errors"
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/descriptor"
	"shm_pub_sub/shmpubsub/internal/ring"
)

// View is a topic's segment as a subscriber maps it: read-only.
type View struct {
	Header
	// Dead says that when the file was opened, its publisher had ended and its value was not retained, or the file was
	// retired in place. It stays mapped, so that its successor cannot get its inode number.
	Dead   bool
	path   string
	id     identity
	fd     int
	memory memory

	waitPage   *WaitPage // nil: not mapped
	unwritable bool      // it cannot be
}

// Attach opens topic for reading values of type want. It reports ErrNoPublisher if the name does not exist, and an
// *UntrustedError for a file that is not trusted, of which it reads nothing.
func Attach(dir, topic string, want descriptor.Type, trust Trust) (*View, error) {
	file, err := FileName(topic)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, file)
	for {
		v, err := open(path, trust)
		var untrusted *UntrustedError
		switch {
		case errors.Is(err, errNoDirectory):
			return nil, openError(topic, path, unix.ENOENT) // a mistyped directory is an error
		case errors.Is(err, errGone):
			return nil, fmt.Errorf("open %q: %w", topic, ErrNoPublisher)
		case errors.As(err, &untrusted):
			untrusted.Topic = topic
			return nil, untrusted
		case err != nil:
			return nil, openError(topic, path, err)
		case v.Retired() && !v.Current():
			v.Close() // replaced while it was being opened
			continue
		case !v.Dead && !v.Type.Reads(want):
			defer v.Close()
			return nil, &TypeError{Topic: topic, Found: v.Type, Want: want, PID: v.PID}
		}
		return v, nil
	}
}

// open maps the file at path, of whatever type, if it is trusted.
func open(path string, trust Trust) (*View, error) {
	e, err := openTopic(path, unix.O_RDONLY)
	v := &View{path: path, id: identityOf(&e.file), fd: e.fd}
	if err = trust.check(path, e, err); err == nil {
		v.Header, err = readHeader(e.fd)
	}
	if err == nil {
		v.memory.data, err = mapRegion(e.fd, HeaderOffset, v.FileSize-HeaderOffset, unix.PROT_READ)
	}
	if err != nil {
		e.close()
		return nil, err
	}
	alive, err := v.Alive()
	if err != nil {
		v.Close()
		return nil, err
	}
	// A publisher that lost the permission to unlink its file can only retire it.
	v.Dead = v.Retired() || !alive && !v.Retain
	return v, nil
}

// Ring returns the segment's ring. Writing to it faults.
func (v *View) Ring() ring.Ring { return v.memory.ring(v.Header) }

// Pool returns the chunks, from chunk 0 on; nil without any. Writing to it faults.
func (v *View) Pool() []byte {
	if !v.Pooled {
		return nil
	}
	return v.memory.data[v.ChunksOffset-HeaderOffset:]
}

// Retired reports whether the name points elsewhere now.
func (v *View) Retired() bool { return v.memory.retired().Load() != 0 }

// Alive reports whether the publisher holds its lock: two system calls. If the program has closed the descriptor, Alive
// opens it again by the name: a file that has lost its name has no publisher.
func (v *View) Alive() (bool, error) {
	if !v.id.isOf(v.fd) {
		e, err := openTopic(v.path, unix.O_RDONLY)
		switch {
		case errors.Is(err, errGone), e.known() && identityOf(&e.file) != v.id:
			e.close()
			return false, nil
		case err != nil:
			topic, _ := topicOf(filepath.Base(v.path))
			return false, openError(topic, v.path, err)
		}
		v.fd = e.fd
	}
	return held(v.fd, ownerByte)
}

// Current reports whether the topic's name still points at this file.
func (v *View) Current() bool {
	same, err := v.id.isAt(v.path)
	return err == nil && same
}

// Release hands the descriptor and the mapping, of size bytes from the header on, over to the caller, which must unmap
// and close; v must
// not be used afterwards.
func (v *View) Release() (address uintptr, size uint64, fd int) {
	address, size, fd = v.memory.data.address(), uint64(len(v.memory.data)), v.fd
	v.memory, v.fd = memory{}, -1
	return address, size, fd
}

// Close unmaps the segment. Its wait page stays while it has other users.
func (v *View) Close() {
	if v.waitPage != nil {
		v.waitPage.Release()
		v.waitPage = nil
	}
	v.memory.unmap()
	if v.id.isOf(v.fd) {
		_ = unix.Close(v.fd)
	}
	v.memory, v.fd = memory{}, -1
}
