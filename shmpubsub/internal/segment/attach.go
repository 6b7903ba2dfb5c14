package segment

import (
	"errors"
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/ring"
)

// View is a topic's segment as a subscriber has it: mapped read-only.
type View struct {
	Header
	// Dead says that the publisher was gone already when the file was opened and the value is not
	// retained, or that the file was retired in place. The file stays mapped, so that its inode number cannot be given to its successor.
	Dead   bool
	path   string
	id     identity
	fd     int
	memory memory

	waitPage   *WaitPage // nil: not mapped
	unwritable bool      // it cannot be
}

// Attach opens topic for reading values of type want. It reports ErrNoPublisher where the name does
// not exist, and an *UntrustedError where what it names is not trusted, of which nothing is read then.
func Attach(dir, topic string, want Type, trust Trust) (*View, error) {
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
			return nil, openError(topic, path, unix.ENOENT) // a mistyped directory is no quiet topic
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
		case !v.Dead && v.Type != want:
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
		v.memory, err = mapFile(e.fd, v.FileSize, unix.PROT_READ)
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
	// A publisher that may not unlink its file any more can only retire it.
	v.Dead = v.Retired() || !alive && !v.Retain
	return v, nil
}

// Ring returns the segment's ring. Writing to it faults.
func (v *View) Ring() ring.Ring { return v.memory.ring(v.Header) }

// Retired reports whether the name points elsewhere now.
func (v *View) Retired() bool { return v.memory.retired().Load() != 0 }

// Alive reports whether the publisher still holds its lock. It costs two system calls. If the program has closed the
// descriptor it is opened again, by the name: a file that has lost that has no publisher.
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

// Release hands the mapping and the descriptor over to the caller, who must unmap FileSize bytes and
// close; v must not be used afterwards.
func (v *View) Release() (address uintptr, fd int) {
	address, fd = v.memory.address(), v.fd
	v.memory, v.fd = nil, -1
	return address, fd
}

// Close unmaps the segment. Its wait page stays as long as somebody else uses it.
func (v *View) Close() {
	if v.waitPage != nil {
		v.waitPage.Release()
		v.waitPage = nil
	}
	v.memory.unmap()
	if v.id.isOf(v.fd) {
		_ = unix.Close(v.fd)
	}
	v.memory, v.fd = nil, -1
}
