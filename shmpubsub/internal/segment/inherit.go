package segment

import (
	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/killpoint"
	"shm_pub_sub/shmpubsub/internal/ring"
)

// Carried says what became of the retained value of a publisher whose file was taken over.
type Carried int

const (
	NothingToCarry Carried = iota
	CarriedOver
	CarryRefused // it is of another type, or too long
)

// inherit makes a retained value of the same type the first one of the new ring, with its time of publication, so that
// it stays readable until the new publisher publishes, as in MQTT. The header has that time too, by which a subscriber
// that has received the value already recognises it.
func (d *draft) inherit(old *claimed) {
	if !old.trusted || !old.valid || !old.header.Retain {
		return
	}
	newest, sound := peek(old.fd, old.header)
	if !sound || !newest.whole {
		return
	}
	if d.carried = CarryRefused; !d.header.Type.SameButMax(old.header.Type) {
		return
	}
	value := newest.value
	if d.header.Pooled || old.header.Pooled {
		var ok bool
		if value, ok = d.inheritChunk(old, newest); !ok {
			return
		}
	}
	w := ring.NewWriter(d.memory.ring(d.header))
	w.Write(value, newest.Time)
	d.header.CarriedTime = newest.Time
	d.header.encode(d.memory.data)
	d.carried = CarriedOver
}

// inheritChunk copies a pooled value to chunk 0, by pread: a file that is truncated meanwhile raises no SIGBUS. It
// returns the payload of the value's slot.
func (d *draft) inheritChunk(old *claimed, newest peeked) ([]uint64, bool) {
	if !d.header.Pooled || !old.header.Pooled {
		return nil, false // inline in one of them only, which no release of this library does
	}
	chunk, length := uint32(newest.value[0]), newest.value[1]
	if chunk >= old.header.Chunks || length > old.header.ElemSize || !d.header.Type.Fits(length) {
		return nil, false
	}
	to := d.pool[ChunkPayload : ChunkPayload+length]
	for at := old.header.ChunksOffset + uint64(chunk)*old.header.ChunkStride + ChunkPayload; len(to) > 0; {
		var n int
		err := retry(func() (err error) { n, err = unix.Pread(old.fd, to, int64(at)); return err })
		killpoint.Here()
		if err != nil || n == 0 {
			return nil, false
		}
		to, at = to[n:], at+uint64(n)
	}
	return []uint64{0, length}, true
}
