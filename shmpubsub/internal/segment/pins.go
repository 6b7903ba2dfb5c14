package segment

import (
	"errors"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/forks"
	"shm_pub_sub/shmpubsub/internal/killpoint"
	"shm_pub_sub/shmpubsub/internal/page"
	"shm_pub_sub/shmpubsub/internal/pool"
)

// Geometry returns where the chunks of a pooled topic are.
func (h Header) Geometry() pool.Geometry {
	return pool.Geometry{
		Offset: h.ChunksOffset, Stride: h.ChunkStride, Chunks: h.Chunks, Views: h.Views, Loans: h.Loans, Max: h.ElemSize,
	}
}

// pins returns the table of pins of a region that is page 0.
func (r region) pins(h Header) []atomic.Uint64 {
	return unsafe.Slice((*atomic.Uint64)(unsafe.Pointer(&r[PinsOffset])), h.Geometry().Entries())
}

// Chunks returns the writer's side of the pool.
func (o *Owned) Chunks() *pool.Chunks {
	return pool.NewChunks(o.Geometry(), o.Ring(), o.memory.page.pins(o.Header), o.pool)
}

// Chunks returns the reader's side of the pool, which cannot pin yet. It is valid until the View is closed.
func (v *View) Chunks() pool.Reader {
	return pool.Reader{Geometry: v.Geometry(), Ring: v.Ring(), Memory: v.Pool(), Copy: v.readAt}
}

// readAt copies from the file by a system call.
func (v *View) readAt(b []byte, at uint64) error {
	if !v.id.isOf(v.fd) { // the program has closed it
		if _, err := v.Alive(); err != nil {
			return err
		}
	}
	if !readAll(v.fd, b, at) {
		return invalid("a file that ends within a value", "a topic written by this library")
	}
	return nil
}

// PinPage is page 0 of a pooled topic, mapped through a descriptor of its own, which has a lock byte: a program that closes
// all descriptors keeps the lock, and a forked child has neither.
type PinPage struct {
	*pool.Pins
	file *forks.File
	page region
}

// OpenPins takes a lock byte. It reports ErrNotPermitted if this process may only read, and another error if the name no
// longer points at the file, or every byte is taken.
func (v *View) OpenPins() (*PinPage, error) {
	p := &PinPage{}
	var e entry
	var err error
	p.file, err = forks.Open(func() (int, error) {
		e, err = openTopic(v.path, unix.O_RDWR)
		return e.fd, err
	})
	if errors.Is(err, unix.EACCES) || errors.Is(err, unix.EROFS) || errors.Is(err, unix.EPERM) {
		return nil, ErrNotPermitted
	}
	if err != nil {
		return nil, err
	}
	if identityOf(&e.file) != v.id { // whose owner was not checked
		p.file.Close()
		return nil, errGone
	}
	forks.Step(func() {
		if p.page, err = mapRegion(p.file.FD(), 0, page.Size(), unix.PROT_READ|unix.PROT_WRITE); err == nil {
			_ = unix.Madvise(p.page, unix.MADV_DONTFORK) // fails only on a wrong address
		}
	})
	if err == nil {
		p.Pins, err = pool.NewPins(p.page.pins(v.Header), p, os.Getpid()*61)
	}
	if err != nil {
		p.page.unmap()
		p.file.Close()
		return nil, err
	}
	p.file.Guard(pool.LockBase + int64(p.Byte()))
	return p, nil
}

// TryLock is for Pins.
func (p *PinPage) TryLock(i int) (bool, error) {
	if !p.file.Holds() {
		return false, unix.EBADF
	}
	return tryLock(p.file.FD(), pool.LockBase+int64(i))
}

// Unlock is for Pins.
func (p *PinPage) Unlock(i int) {
	switch {
	case i == p.Byte():
		p.file.Unlock()
		killpoint.Here()
	case p.file.Holds():
		unlock(p.file.FD(), pool.LockBase+int64(i))
	}
}

// Close gives the lock byte back. No entry is in use any more.
func (p *PinPage) Close() {
	p.Pins.Close()
	p.file.Close()
	p.page.unmap()
}
