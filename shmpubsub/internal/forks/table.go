package forks

import (
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// slot is a file in the table: struct fork_held in protocol/fork.h. A child closes the descriptor if it still is that
// file's: the program may have closed it and opened something else under its number.
type slot struct {
	fd     atomic.Int32 // the descriptor + 1; 0: the slot is free
	access int32
	dev    uint64
	ino    uint64
}

const (
	pageSize     = 4096 // of the table's parts; where the kernel's pages are larger, their rest is unused
	slotsPerPage = (pageSize - 8) / int(unsafe.Sizeof(slot{}))
)

// page is a part of the table, outside of Go's heap: struct fork_held_page in protocol/fork.h.
type page struct {
	next  atomic.Pointer[page]
	slots [slotsPerPage]slot
}

// taking serialises the taking of slots.
var taking sync.Mutex

// enter adds f to the table, within a Step. It returns nil if the table cannot grow: then a child may keep f's locks.
func (s *Shared) enter(f *File) *slot {
	taking.Lock()
	defer taking.Unlock()
	link := &s.first
	for p := link.Load(); p != nil; p = link.Load() {
		for i := range p.slots {
			if p.slots[i].fd.Load() == 0 {
				return p.slots[i].take(f)
			}
		}
		link = &p.next
	}
	m, err := unix.Mmap(-1, 0, pageSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil
	}
	p := (*page)(unsafe.Pointer(unsafe.SliceData(m)))
	link.Store(p)
	return p.slots[0].take(f)
}

func (e *slot) take(f *File) *slot {
	e.access, e.dev, e.ino = f.access, f.dev, f.ino
	e.fd.Store(int32(f.fd) + 1)
	return e
}
