package segment

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/forks"
	"shm_pub_sub/shmpubsub/internal/futex"
	"shm_pub_sub/shmpubsub/internal/killpoint"
	"shm_pub_sub/shmpubsub/internal/ring"
)

// memory is a mapped segment. It is mapped by address: unix.Mmap keeps a list of its mappings, in which those that the
// C side unmaps would stay.
type memory []byte

func mapFile(fd int, size uint64, prot int) (memory, error) {
	var at unsafe.Pointer
	err := retry(func() (err error) {
		at, err = unix.MmapPtr(fd, 0, nil, uintptr(size), prot, unix.MAP_SHARED)
		return err
	})
	killpoint.Here()
	if err != nil {
		return nil, err
	}
	return unsafe.Slice((*byte)(at), size), nil
}

// mapDontFork maps a file that is locked, or will be, so that a forked child does not inherit the mapping. A mapping
// holds its open file, and with it the lock, as a descriptor does: a child must have neither, whenever it is forked.
func mapDontFork(fd int, size uint64) (m memory, err error) {
	forks.Step(func() {
		if m, err = mapFile(fd, size, unix.PROT_READ|unix.PROT_WRITE); err == nil {
			_ = unix.Madvise(m, unix.MADV_DONTFORK) // fails only on a wrong address
		}
	})
	return m, err
}

func (m memory) unmap() {
	if m == nil {
		return
	}
	_ = unix.MunmapPtr(unsafe.Pointer(unsafe.SliceData(m)), uintptr(len(m))) // fails only on a wrong address
	killpoint.Here()
}

// address returns where the file is mapped.
func (m memory) address() uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(m))) }

func (m memory) head() *atomic.Uint64    { return (*atomic.Uint64)(unsafe.Pointer(&m[HeadOffset])) }
func (m memory) retired() *atomic.Uint32 { return (*atomic.Uint32)(unsafe.Pointer(&m[RetiredOffset])) }
func (m memory) wait() *atomic.Uint32    { return (*atomic.Uint32)(unsafe.Pointer(&m[WaitOffset])) }

// retire notifies subscribers that the name no longer points here. The store is sequentially consistent, for Notify.
func (m memory) retire() {
	m.retired().Store(1)
	killpoint.Here()
	futex.Notify(m.wait())
}

// ring returns the ring that the validated header h describes.
func (m memory) ring(h Header) ring.Ring {
	stride := h.Stride / 8
	words := unsafe.Slice((*atomic.Uint64)(unsafe.Pointer(&m[h.First])), stride*h.Slots)
	return ring.New(m.head(), words, int(stride), int(words64(h.ElemSize)))
}
