package pool

import (
	"errors"
	"sync/atomic"

	"shm_pub_sub/shmpubsub/internal/clock"
	"shm_pub_sub/shmpubsub/internal/killpoint"
)

// An entry of the table is 0, or a pin: lock byte << 32 | chunk + 1. An entry of a chunk or a byte out of range is
// nobody's, and pins nothing.

// LockBytes is how many mappings can pin at once; their bytes begin at LockBase in the topic's file.
const (
	LockBytes = 1024
	LockBase  = 256
)

func pin(holder int, chunk uint32) uint64 { return uint64(holder)<<32 | uint64(chunk) + 1 }

// chunkOf returns an entry's chunk; none if it is free.
func chunkOf(entry uint64) uint32 { return uint32(entry) - 1 }

func holderOf(entry uint64) int { return int(entry >> 32) }

// Locks are the lock bytes of a topic's file, by a descriptor of this mapping's own: the kernel drops those that it holds
// when the process ends, however it ends.
type Locks interface {
	// TryLock reports whether it got byte LockBase + i.
	TryLock(i int) (bool, error)
	Unlock(i int)
}

// Pins are the pins of one mapping. Only their holder clears them, or the next holder of its lock byte after its
// death. Its calls must not overlap.
type Pins struct {
	table   []atomic.Uint64
	locks   Locks
	own     int   // its byte
	held    int   // entries
	sweptAt int64 // CLOCK_MONOTONIC, ns
}

// sweepInterval is the least time between two sweeps of a mapping: each costs system calls.
const sweepInterval = int64(1e9)

// ErrNoByte says that as many mappings as there are lock bytes have one.
var ErrNoByte = errors.New("every lock byte is taken")

// NewPins takes a lock byte, the first free one from start on, for a mapping whose table this is. It reports ErrNoByte,
// and the errors of locks.
func NewPins(table []atomic.Uint64, locks Locks, start int) (*Pins, error) {
	for n := range LockBytes {
		own := (start + n) % LockBytes
		ok, err := locks.TryLock(own)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		p := &Pins{table: table, locks: locks, own: own}
		p.clearAll(own) // of a dead holder: nobody else would find them while this one lives
		return p, nil
	}
	return nil, ErrNoByte
}

// Claim claims an entry for a chunk, and returns its number. Views leave the last entry to copies, which last as long as
// the copying. It reports false if none is free. The caller looks at the sequence again before it relies on the pin.
func (p *Pins) Claim(chunk uint32, view bool) (entry int, ok bool) {
	n, mine := len(p.table), pin(p.own, chunk)
	if view {
		n--
	}
	for i := range n {
		if entry = i; !view {
			entry = n - 1 - i
		}
		if p.table[entry].Load() == 0 && p.table[entry].CompareAndSwap(0, mine) {
			killpoint.Here()
			p.held++
			return entry, true
		}
	}
	return 0, false
}

// Clear gives an entry back, after the last read of what it pinned.
func (p *Pins) Clear(entry int) {
	p.table[entry].Store(0)
	killpoint.Here()
	p.held--
}

// Sweep clears the entries that dead mappings left, at most once a second, and reports whether there were any. It holds
// their byte meanwhile: to only ask for it first could clear the pins of a reader that has just come. Its own byte it would
// always get, and so never tries.
func (p *Pins) Sweep() (any bool) {
	if now := clock.Now(); p.sweptAt != 0 && now-p.sweptAt < sweepInterval {
		return false
	} else {
		p.sweptAt = now
	}
	for i := range p.table {
		e := p.table[i].Load()
		holder := holderOf(e)
		if e == 0 || holder == p.own || holder >= LockBytes {
			continue
		}
		if ok, err := p.locks.TryLock(holder); err != nil || !ok {
			continue // it lives
		}
		p.clearAll(holder)
		p.locks.Unlock(holder)
		any = true
	}
	return any
}

// clearAll clears all entries of a byte that this mapping holds.
func (p *Pins) clearAll(holder int) {
	for i := range p.table {
		if e := p.table[i].Load(); e != 0 && holderOf(e) == holder {
			p.table[i].Store(0)
			killpoint.Here()
		}
	}
}

// Byte returns this mapping's lock byte.
func (p *Pins) Byte() int { return p.own }

// Held returns how many entries this mapping has.
func (p *Pins) Held() int { return p.held }

// Close gives the byte back. No entry is held any more: the next holder would take them for its own.
func (p *Pins) Close() {
	if p.held != 0 {
		panic("pool: pins are held")
	}
	p.locks.Unlock(p.own)
}
