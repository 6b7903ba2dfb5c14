package shmpubsub

import (
	"errors"

	"shm_pub_sub/shmpubsub/internal/clock"
	"shm_pub_sub/shmpubsub/internal/descriptor"
	"shm_pub_sub/shmpubsub/internal/pool"
	"shm_pub_sub/shmpubsub/internal/ring"
	"shm_pub_sub/shmpubsub/internal/segment"
)

// pooled is a publisher's file whose values are in chunks. It stays mapped until the last value that was read from it is
// released, whatever becomes of the subscriber.
type pooled struct {
	pool.Reader
	row   uint64 // bytes of a step of the first axis
	view  *segment.View
	page  *segment.PinPage // nil: it cannot pin,
	never bool             // and never will,
	tried int64            // or tries again a second after this; CLOCK_MONOTONIC, ns
	users int              // values, and the cursor
}

// pinRetry is the time between two attempts to get a lock byte.
const pinRetry = int64(1e9)

func newPooled(view *segment.View) *pooled {
	return &pooled{Reader: view.Chunks(), row: view.Type.Row(), view: view, users: 1}
}

// preparePins gets a lock byte, before the first pin.
func (c *pooled) preparePins() {
	if c.page != nil || c.never {
		return
	}
	now := clock.Now()
	if c.tried != 0 && now-c.tried < pinRetry {
		return
	}
	c.tried = now
	page, err := c.view.OpenPins()
	if c.never = errors.Is(err, segment.ErrNotPermitted); err == nil {
		c.page, c.Pins = page, page.Pins
	}
}

func (c *pooled) newest(h *held) (ring.Sample, bool) {
	c.preparePins()
	v, outcome := c.Newest(h.view)
	return c.hold(h, v, outcome)
}

func (c *pooled) next(p *ring.Position, h *held) (s ring.Sample, lost uint64, sound bool) {
	c.preparePins()
	v, lost, outcome := c.Next(p, h.again, h.view)
	s, sound = c.hold(h, v, outcome)
	return s, lost, sound
}

func (c *pooled) find(q ring.Query, h *held) (s ring.Sample, head uint64, sound bool) {
	c.preparePins()
	v, head, outcome := c.Find(q, h.again, h.view)
	s, sound = c.hold(h, v, outcome)
	return s, head, sound
}

func (c *pooled) at(k uint64, h *held) (ring.Sample, bool) {
	c.preparePins()
	v, outcome := c.At(k, h.view)
	return c.hold(h, v, outcome)
}

// hold makes h the holder of a value that was read.
func (c *pooled) hold(h *held, v pool.Value, outcome pool.Outcome) (ring.Sample, bool) {
	if outcome == pool.Lapped {
		h.lapped, h.again = true, true
		return ring.Sample{}, true
	}
	if v.Sequence == 0 {
		return ring.Sample{}, outcome == pool.Read
	}
	if n := uint64(len(v.Bytes)); n%c.row != 0 || !c.view.Type.Variable && n != c.row {
		v.Release()
		return ring.Sample{}, false
	}
	if !v.Pinned() {
		c.Detach() // its copy is h's now
	}
	c.users++
	h.chunks, h.value = c, v
	return v.Sample, true
}

func (c *pooled) release(v pool.Value) {
	if v.Pinned() {
		v.Release()
	} else {
		c.Attach(v)
	}
	c.drop()
}

// drop ends one use.
func (c *pooled) drop() {
	if c.users--; c.users > 0 {
		return
	}
	if c.page != nil {
		c.page.Close()
	}
	c.view.Close()
}

// held is a value that was read. Until its release it does not change, even if it is in shared memory, whatever is
// published, closed or taken over.
type held struct {
	view   bool // it is to be used in place, for a time: it takes one of the topic's views, if there is one
	lapped bool // there was none because each was overwritten while it was read,
	again  bool // for the second time or more

	chunks *pooled // nil: the value is in words, or in more
	value  pool.Value
	size   uint64 // bytes
	asked  asked
	words  [descriptor.InlineMax / 8]uint64
	more   []uint64 // of a publisher with another limit
}

// bytes returns the value, until its release.
func (h *held) bytes() []byte {
	switch {
	case h.chunks != nil:
		return h.value.Bytes
	case h.more != nil:
		return bytesOf(&h.more[0], len(h.more))[:h.size]
	}
	return bytesOf(&h.words[0], len(h.words))[:h.size]
}

// wasLapped reports whether the last read found values, none of which was whole.
func (h *held) wasLapped() bool { return h != nil && h.lapped }

// wordsFor returns the memory for a value of size bytes from a slot.
func (h *held) wordsFor(size uint64) []uint64 {
	h.size = size
	n := int(size+7) / 8
	if n > len(h.words) {
		h.more = make([]uint64, n)
		return h.more
	}
	return h.words[:n]
}

// inPlace returns the value in shared memory; nil: it is a copy.
func (h *held) inPlace() []byte {
	if h.chunks == nil || !h.value.Pinned() {
		return nil
	}
	return h.value.Bytes
}
