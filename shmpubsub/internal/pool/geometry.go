// Package pool keeps payloads that are larger than a ring's slots: a ring of descriptors, a pool of chunks, and a table of
// pins by which readers keep a chunk. It knows nothing of files: memory, locks and the copy of last resort are its
// caller's.
//
// Value k's slot names a chunk and a length. A reader that has pinned that chunk, and then still finds the slot's sequence
// 2k, may use the payload until it clears the pin; a writer that stores 2k-1 before it looks for pins either sees this one
// or is seen. (Dekker's: all four accesses are sequentially consistent.) A publisher never waits and never fails because of
// readers: there are as many chunks as kept values, open loans and pins, and one more.
//
// docs/memory-layout.md has the table of steps, docs/models/pins.pml the proof; protocol/chunks.c, pins.c and payload.c are
// the same, function by function.
package pool

import "shm_pub_sub/shmpubsub/internal/ring"

// ChunkHeader is where a chunk's payload begins: the layout's ChunkPayload, which says why.
const ChunkHeader = 128

// Words is how many words of a slot's payload a pooled ring uses: the chunk, and the length in bytes.
const Words = 2

// Geometry is what a topic's header says of its pool. The caller has validated it.
type Geometry struct {
	Offset uint64 // of the pool in the file
	Stride uint64 // bytes from one chunk to the next
	Chunks uint32
	Views  uint32 // pins of the table that may be held for long; there is one more, for copies
	Loans  uint32 // chunks that may be filled at once
	Max    uint64 // bytes of the longest value
}

// Entries is the length of the table of pins.
func (g Geometry) Entries() int { return int(g.Views) + 1 }

// payload returns the first n bytes of a chunk's payload in the pool's memory.
func (g Geometry) payload(memory []byte, chunk uint32, n uint64) []byte {
	at := uint64(chunk)*g.Stride + ChunkHeader
	return memory[at : at+n : at+g.Max]
}

// named decodes a slot's payload: the first word's other half is not used. It reports false if no writer writes that.
func (g Geometry) named(w [Words]uint64) (chunk uint32, length uint64, sound bool) {
	chunk, length = uint32(w[0]), w[1]
	return chunk, length, chunk < g.Chunks && length <= g.Max
}

// kept returns the first and the last value that the ring keeps, as its writer sees it; first > last: none.
func kept(r *ring.Ring) (first, last uint64) {
	last = r.Published()
	if depth := r.Slots() - 1; last > depth {
		return last - depth + 1, last
	}
	return 1, last
}
