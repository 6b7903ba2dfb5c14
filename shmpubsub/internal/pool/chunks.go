package pool

import (
	"sync/atomic"

	"shm_pub_sub/shmpubsub/internal/killpoint"
	"shm_pub_sub/shmpubsub/internal/ring"
)

// none is no chunk.
const none = ^uint32(0)

// Chunks is the writer's side of a pool. What it knows of the chunks is in its own memory: nobody repairs anything. Its
// calls must not overlap, and it is the ring's only writer.
type Chunks struct {
	Geometry
	ring   ring.Writer
	table  []atomic.Uint64
	memory []byte

	k        uint64   // values published
	prepared uint64   // the value whose slot is odd since the last take or publish
	ofSlot   []uint32 // the chunk that each slot names; none
	idle     []uint32 // a stack of the others, but those that are taken: the last one used is still in the cache
	pinned   []uint64 // the pass that last saw each chunk pinned
	pass     uint64
	taken    uint32
}

// NewChunks continues after the values in r. memory is the pool's.
func NewChunks(g Geometry, r ring.Ring, table []atomic.Uint64, memory []byte) *Chunks {
	c := &Chunks{
		Geometry: g, ring: ring.NewWriter(r), table: table[:g.Entries()], memory: memory, k: r.Published(),
		ofSlot: make([]uint32, r.Slots()), idle: make([]uint32, 0, g.Chunks), pinned: make([]uint64, g.Chunks),
	}
	for i := range c.ofSlot {
		c.ofSlot[i] = none
	}
	used := make([]bool, g.Chunks)
	for k, last := kept(&r); k <= last; k++ { // a carried-over value
		var w [Words]uint64
		if r.Read(k, w[:]); w[0] < uint64(g.Chunks) {
			c.ofSlot[r.Index(k)], used[w[0]] = uint32(w[0]), true
		}
	}
	for chunk := g.Chunks; chunk > 0; chunk-- {
		if !used[chunk-1] {
			c.idle = append(c.idle, chunk-1)
		}
	}
	return c
}

// Take opens a loan: it returns a chunk that nobody reads and nobody will. It reports false if as many loans are open as
// there may be.
//
// The pass over the table is one, and comes after the slot is odd: looking at the table once for each chunk, pins of a
// moment could make every one look taken. Of the chunks that neither a kept value nor a loan names, at most one an entry
// is seen pinned, so one is left. The pass's loads also keep the chunk's bytes behind the odd number, which a store alone
// does not: the table has at least one entry.
func (c *Chunks) Take() (chunk uint32, ok bool) {
	if c.taken == c.Loans {
		return 0, false
	}
	c.prepare()
	c.lookAtPins()
	for top := len(c.idle) - 1; top >= 0; top-- {
		if chunk = c.idle[top]; c.pinned[chunk] != c.pass {
			c.idle = append(c.idle[:top], c.idle[top+1:]...)
			c.taken++
			return chunk, true
		}
	}
	panic("pool: every chunk is taken, which the number of chunks rules out")
}

// prepare makes the next value's slot odd, and frees the chunk that it named: W1.
func (c *Chunks) prepare() {
	k := c.k + 1
	if c.prepared == k {
		return
	}
	c.ring.Begin()
	c.prepared = k
	if i := c.ring.Index(k); c.ofSlot[i] != none {
		c.idle = append(c.idle, c.ofSlot[i])
		c.ofSlot[i] = none
	}
}

// lookAtPins is W2.
func (c *Chunks) lookAtPins() {
	c.pass++
	for i := range c.table {
		if chunk := chunkOf(c.table[i].Load()); chunk < c.Chunks {
			c.pinned[chunk] = c.pass
		}
	}
}

// Payload returns the first n bytes of a chunk, to be filled by the loan's holder.
func (c *Chunks) Payload(chunk uint32, n uint64) []byte { return c.payload(c.memory, chunk, n) }

// Publish makes the first length bytes of a chunk that was taken the newest value, and ends the loan. Other values may
// have been published since it was taken; then the slot that it uses now is not odd yet.
func (c *Chunks) Publish(chunk uint32, length uint64, now int64) {
	killpoint.Here() // after W3
	c.prepare()
	w := [Words]uint64{uint64(chunk), length}
	c.ring.Finish(w[:], now)
	c.k++
	c.ofSlot[c.ring.Index(c.k)] = chunk
	c.taken--
}

// Drop ends a loan without publishing. The slot stays odd, which harms nobody: its old value was the next to go.
func (c *Chunks) Drop(chunk uint32) {
	c.idle = append(c.idle, chunk)
	c.taken--
}

// Last returns which value was published last; sequence 0: none.
func (c *Chunks) Last() ring.Sample { return c.ring.Last() }

// Taken returns how many loans are open.
func (c *Chunks) Taken() int { return int(c.taken) }
