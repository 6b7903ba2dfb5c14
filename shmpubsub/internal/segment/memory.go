package segment

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/forks"
	"shm_pub_sub/shmpubsub/internal/futex"
	"shm_pub_sub/shmpubsub/internal/killpoint"
	"shm_pub_sub/shmpubsub/internal/page"
	"shm_pub_sub/shmpubsub/internal/ring"
)

// region is a mapped part of a file. It is mapped by address: unix.Mmap keeps a list of its mappings, in which those
// that the C side unmaps would stay.
type region []byte

func mapRegion(fd int, offset, size uint64, prot int) (region, error) {
	var at unsafe.Pointer
	err := retry(func() (err error) {
		at, err = unix.MmapPtr(fd, int64(offset), nil, uintptr(size), prot, unix.MAP_SHARED)
		return err
	})
	killpoint.Here()
	if err != nil {
		return nil, err
	}
	return unsafe.Slice((*byte)(at), size), nil
}

func (r region) unmap() {
	if r == nil {
		return
	}
	_ = unix.MunmapPtr(unsafe.Pointer(unsafe.SliceData(r)), uintptr(len(r))) // fails only on a wrong address
	killpoint.Here()
}

// address returns where the region is mapped; 0: nowhere.
func (r region) address() uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(r))) }

// wait returns the eventcount of a region that is page 0.
func (r region) wait() *atomic.Uint32 { return (*atomic.Uint32)(unsafe.Pointer(&r[WaitOffset])) }

// memory is a topic's file as it is mapped, without the hole.
type memory struct {
	page region // page 0, writable; nil: not mapped
	data region // from the header on
}

// mapDontFork maps page 0 and size bytes from the header of a file that is locked, or will be, so that a forked child
// does not inherit the mappings. A mapping holds its open file, and with it the lock, as a descriptor does: a child must
// have neither, whenever it is forked.
func mapDontFork(fd int, size uint64) (m memory, err error) {
	const readWrite = unix.PROT_READ | unix.PROT_WRITE
	forks.Step(func() {
		if m.page, err = mapRegion(fd, 0, page.Size(), readWrite); err != nil {
			return
		}
		_ = unix.Madvise(m.page, unix.MADV_DONTFORK) // fails only on a wrong address
		if m.data, err = mapRegion(fd, HeaderOffset, size, readWrite); err == nil {
			_ = unix.Madvise(m.data, unix.MADV_DONTFORK)
		}
	})
	if err != nil {
		m.unmap()
		return memory{}, err
	}
	return m, nil
}

func (m memory) unmap() {
	m.data.unmap()
	m.page.unmap()
}

func (m memory) head() *atomic.Uint64 { return (*atomic.Uint64)(unsafe.Pointer(&m.data[HeadOffset])) }
func (m memory) retired() *atomic.Uint32 {
	return (*atomic.Uint32)(unsafe.Pointer(&m.data[RetiredOffset]))
}

// retire notifies subscribers that the name no longer points here. The store is sequentially consistent, for Notify.
func (m memory) retire() {
	m.retired().Store(1)
	killpoint.Here()
	futex.Notify(m.page.wait())
}

// ring returns the ring that the validated header h describes.
func (m memory) ring(h Header) ring.Ring {
	stride := h.Stride / 8
	words := unsafe.Slice((*atomic.Uint64)(unsafe.Pointer(&m.data[h.First-HeaderOffset])), stride*h.Slots)
	return ring.New(m.head(), words, int(stride), int(h.slotWords()))
}
