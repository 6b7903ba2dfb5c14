package segment

import (
	"errors"
	"fmt"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/forks"
	"shm_pub_sub/shmpubsub/internal/killpoint"
	"shm_pub_sub/shmpubsub/internal/ring"
)

// Owned is the segment of a topic that this process publishes to. Its caller serialises Close against every use of the
// other methods' results.
type Owned struct {
	Header
	// Replaced is the process whose file was taken over; 0: there was none, or it was unreadable.
	Replaced int
	// Carried says what became of that publisher's retained value.
	Carried Carried

	path   string
	id     identity
	fd     int
	file   *forks.File // of fd
	memory memory
	pool   region // nil: there are no chunks, or they were handed over
}

// Ring returns the segment's ring.
func (o *Owned) Ring() ring.Ring { return o.memory.ring(o.Header) }

// WaitWord returns the segment's eventcount.
func (o *Owned) WaitWord() *atomic.Uint32 { return o.memory.page.wait() }

// Pool returns the chunks, nil without any. They are mapped until Close, or until whom they were handed over to unmaps
// them. A forked child inherits the mapping: it does not hold the owner lock.
func (o *Owned) Pool() []byte { return o.pool }

// ReleasePool leaves the chunks' mapping to the caller, which must unmap it; Close no longer does.
func (o *Owned) ReleasePool() { o.pool = nil }

// Close ends the publisher. It notifies subscribers first: a kill before the name is gone leaves a retired file under
// it, which everybody sees as a dead topic. A retained topic keeps its name and values. The owner lock is held to the
// end, as until then nobody else may touch the name. The mapping holds it too, even if the program has closed the
// descriptor.
func (o *Owned) Close() error {
	var err error
	if !o.Retain {
		o.memory.retire()
		err = o.unlink()
	}
	o.file.Unlock() // while the mapping has the lock, which distinguishes the descriptor from others
	killpoint.Here()
	o.pool.unmap()
	o.memory.unmap()
	o.file.Close()
	killpoint.Here()
	o.memory, o.pool, o.fd = memory{}, nil, -1
	return err
}

// unlink removes the name if it is still ours: the file may have been removed by hand, and another publisher may have
// taken the name.
func (o *Owned) unlink() error {
	same, err := o.id.isAt(o.path)
	if err == nil && same {
		err = unix.Unlink(o.path)
		killpoint.Here()
	}
	if err != nil && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("remove %s: %w", o.path, err)
	}
	return nil
}
