package pool

import (
	"slices"

	"shm_pub_sub/shmpubsub/internal/ring"
)

// Reader reads the values of a pooled ring. Its calls must not overlap.
type Reader struct {
	Geometry
	Ring   ring.Ring
	Memory []byte // the pool's
	Pins   *Pins  // nil: this mapping cannot pin
	// Copy copies from an offset in the file by a system call, not through the mapping: what it reads may be
	// overwritten meanwhile, which would be a data race.
	Copy func(dst []byte, at uint64) error

	scratch []byte
}

// Value is a payload that was read. It is in the pool, pinned, or a copy that the next read may overwrite.
type Value struct {
	ring.Sample
	Bytes []byte
	pins  *Pins // nil: a copy
	entry int
}

// Pinned reports whether the payload stays until Release.
func (v Value) Pinned() bool { return v.pins != nil }

// Release gives the pin back, after the last use of Bytes.
func (v Value) Release() {
	if v.pins != nil {
		v.pins.Clear(v.entry)
	}
}

// Outcome is how a read ended.
type Outcome int

const (
	Read    Outcome = iota // a value, or none yet
	Unsound                // the memory contradicts itself
	Lapped                 // each value was overwritten while it was read
)

// maxTries bounds the values of one call that are overwritten before they are whole. With pins the time in which that
// can happen is some nanoseconds; a copy without takes longer than a publisher's round of a small ring.
const maxTries = 16

// Newest reads the newest value, for a view that stays or a copy of a moment. Sequence 0 says that there is none.
func (r *Reader) Newest(view bool) (Value, Outcome) {
	for range maxTries {
		var w [Words]uint64
		s, sound := r.Ring.Newest(w[:])
		if v, outcome, done := r.load(s, sound, w, view); done {
			return v, outcome
		}
	}
	return Value{}, Lapped
}

// Next reads the value after the position, or the oldest that is still there, and moves the position to it, as
// [ring.Ring.Next] does; lost is the number of values skipped. Set again after a call that was lapped: the newest value
// is the last to be overwritten.
func (r *Reader) Next(p *ring.Position, again, view bool) (v Value, lost uint64, outcome Outcome) {
	further := uint64(0)
	if again {
		further = r.Ring.Slots()
	}
	for range maxTries {
		var w [Words]uint64
		at := *p
		s, lost, sound := r.Ring.NextFrom(&at, further, w[:])
		if v, outcome, done := r.load(s, sound, w, view); done {
			if v.Sequence > 0 {
				*p = at
			} else {
				lost = 0
			}
			return v, lost, outcome
		}
		further++
	}
	return Value{}, 0, Lapped
}

// Find reads the value that q asks for, as [ring.Ring.Find] does. Set again after a call that was lapped.
func (r *Reader) Find(q ring.Query, again, view bool) (v Value, head uint64, outcome Outcome) {
	further := uint64(0)
	if again {
		further = r.Ring.Slots()
	}
	for range maxTries {
		var w [Words]uint64
		s, head, sound := r.Ring.Find(q, further, w[:])
		if v, outcome, done := r.load(s, sound, w, view); done {
			return v, head, outcome
		}
		further++
	}
	return Value{}, 0, Lapped
}

// At reads value k, which was published. It is lapped if that was overwritten.
func (r *Reader) At(k uint64, view bool) (Value, Outcome) {
	var w [Words]uint64
	s, sound := r.Ring.At(k, w[:])
	if v, outcome, done := r.load(s, sound, w, view); done && (v.Sequence > 0 || outcome == Unsound) {
		return v, outcome
	}
	return Value{}, Lapped
}

// load makes the payload that a slot named its caller's, by a pin or a copy. It is not done if the value was overwritten
// meanwhile.
func (r *Reader) load(s ring.Sample, sound bool, w [Words]uint64, view bool) (v Value, outcome Outcome, done bool) {
	if !sound {
		return Value{}, Unsound, true
	}
	if s.Sequence == 0 {
		return Value{}, Read, true
	}
	chunk, length, sound := r.named(w)
	if !sound {
		return Value{}, Unsound, true
	}
	v = Value{Sample: s}
	entry, ok, stays := r.claim(chunk, view)
	if ok && !r.Ring.Keeps(s.Sequence) {
		r.Pins.Clear(entry)
		return Value{}, Read, false
	}
	if stays {
		v.pins, v.entry, v.Bytes = r.Pins, entry, r.payload(r.Memory, chunk, length)
		return v, Read, true
	}
	r.scratch = slices.Grow(r.scratch[:0], int(length))
	v.Bytes = r.scratch[:length]
	if ok {
		copy(v.Bytes, r.payload(r.Memory, chunk, length))
		r.Pins.Clear(entry)
		return v, Read, true
	}
	at := r.Offset + uint64(chunk)*r.Stride + ChunkHeader
	if err := r.Copy(v.Bytes, at); err != nil {
		return Value{}, Unsound, true
	}
	return v, Read, r.Ring.Keeps(s.Sequence)
}

// claim claims a free entry, or what a dead reader had. If no view is free, it claims one for the time of a copy: then the
// pin does not stay.
func (r *Reader) claim(chunk uint32, view bool) (entry int, ok, stays bool) {
	if r.Pins == nil {
		return 0, false, false
	}
	if entry, ok = r.claimFor(chunk, view); !ok && view {
		entry, ok = r.claimFor(chunk, false)
		return entry, ok, false
	}
	return entry, ok, ok
}

func (r *Reader) claimFor(chunk uint32, view bool) (entry int, ok bool) {
	if view && r.Views == 0 {
		return 0, false
	}
	if entry, ok = r.Pins.Claim(chunk, view); !ok && r.Pins.Sweep() {
		entry, ok = r.Pins.Claim(chunk, view)
	}
	return entry, ok
}

// Detach makes the last copy its holder's: the next read does not overwrite it. Attach gives its memory back.
func (r *Reader) Detach()        { r.scratch = nil }
func (r *Reader) Attach(v Value) { r.scratch = v.Bytes }
