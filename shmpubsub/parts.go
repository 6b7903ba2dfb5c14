package shmpubsub

import (
	"encoding/binary"
	"slices"
	"unicode/utf8"

	"shm_pub_sub/shmpubsub/internal/descriptor"
)

// layout is what is to be done with a struct besides copying it.
type layout struct {
	gaps  []part // padding, which is published as zeros: it may hold anything of the program's memory
	bools []part // all bytes but 0 are true: Go has no others than 0 and 1, and other processes may publish any
	rooms []part // lengths that must not be more than n
}

// part is bytes of a value: n steps, one after the other, which are all to be dealt with or, with inner, parts of each.
type part struct {
	at, n, step int
	varies      bool // n is the most; the length is in the 64 bits before
	inner       []part
	field       string // of rooms
	text        bool
}

// in returns parts as they are in n steps from at on.
func in(parts []part, at, n, step int, varies bool) []part {
	switch {
	case len(parts) == 0:
		return nil
	case n == 1 && !varies:
		shifted := slices.Clone(parts)
		for i := range shifted {
			shifted[i].at += at
		}
		return shifted
	case len(parts) == 1 && parts[0].inner == nil && parts[0].at == 0 && parts[0].n*parts[0].step == step && parts[0].field == "":
		return []part{{at: at, n: n, step: step, varies: varies}}
	}
	return []part{{at: at, n: n, step: step, varies: varies, inner: parts}}
}

// add adds what l has to be done in n steps from at on.
func (l *layout) add(of layout, at, n, step int, varies bool) {
	l.gaps = append(l.gaps, in(of.gaps, at, n, step, varies)...)
	l.bools = append(l.bools, in(of.bools, at, n, step, varies)...)
	l.rooms = append(l.rooms, in(of.rooms, at, n, step, varies)...)
}

// task is what walk does with each part.
type task int

const (
	clearBytes  task = iota
	makeBools        // of any bytes
	findStrange      // a bool that Go does not have
	clearLengths
	findTooLong // a length
	findUnfit   // a length that is too long, or text that is not UTF-8
)

// walk does a task with the parts of b: with all steps, or those that are in use. It returns the first part that it finds,
// if the task is to find one, and the length there. A function in the task's place would make b escape.
func walk(parts []part, b []byte, all bool, what task) (found *part, length uint64) {
	for i := range parts {
		p := &parts[i]
		n := p.n
		if p.varies && !all {
			n = int(min(uint64(n), binary.LittleEndian.Uint64(b[p.at-descriptor.LengthBytes:])))
		}
		if p.inner != nil {
			for step := range n {
				if found, length = walk(p.inner, b[p.at+step*p.step:], all, what); found != nil {
					return found, length
				}
			}
			continue
		}
		switch at := b[p.at:]; what {
		case clearBytes:
			clear(at[:n*p.step])
		case makeBools:
			for i, v := range at[:n*p.step] {
				if v > 1 {
					at[i] = 1
				}
			}
		case findStrange:
			for _, v := range at[:n*p.step] {
				if v > 1 {
					return p, 0
				}
			}
		case clearLengths:
			clear(at[:descriptor.LengthBytes])
		case findTooLong, findUnfit:
			length = binary.LittleEndian.Uint64(at)
			if length > uint64(n) || what == findUnfit && p.text && !utf8.Valid(at[descriptor.LengthBytes:][:length]) {
				return p, length
			}
		}
	}
	return nil, 0
}

// each is walk for each of the values, or elements, of f in b.
func (f *form) each(parts []part, b []byte, all bool, what task) (found *part, length uint64) {
	if len(parts) == 0 {
		return nil, 0
	}
	for ; len(b) >= f.size && found == nil; b = b[f.size:] {
		found, length = walk(parts, b, all, what)
	}
	return found, length
}

// clearGaps makes the padding of a value zeros.
func (f *form) clearGaps(b []byte) { f.each(f.gaps, b, false, clearBytes) }

// fixBools makes the bools of a value, also those that are not in use, Go's: 0 or 1.
func (f *form) fixBools(b []byte) { f.each(f.bools, b, true, makeBools) }

// tooLong returns the field of a value whose length is more than there is room for, and that length; nil: there is none.
func (f *form) tooLong(b []byte) (field *part, length uint64) {
	return f.each(f.rooms, b, false, findTooLong)
}

// isGo reports whether a value in shared memory is one as Go has them.
func (f *form) isGo(b []byte) bool {
	strange, _ := f.each(f.bools, b, true, findStrange)
	long, _ := f.tooLong(b)
	return strange == nil && long == nil
}

// prepare makes what an earlier value left in b, where other processes may have written, one of Go's: lengths become 0.
func (f *form) prepare(b []byte) {
	if f.boolean {
		clear(b)
	}
	f.fixBools(b)
	f.each(f.rooms, b, true, clearLengths)
}

// sparse is the room from which on copies leave out what is not in use.
const sparse = 4096

// copyUsed copies a value, but for what is not in use in large rooms.
func (f *form) copyUsed(dst, src []byte) {
	done := 0
	for i := range f.rooms {
		p := &f.rooms[i]
		if p.inner != nil || p.n*p.step < sparse || len(src) != f.size {
			continue
		}
		used := min(binary.LittleEndian.Uint64(src[p.at:]), uint64(p.n))
		end := p.at + descriptor.LengthBytes + int(used)*p.step
		copy(dst[done:end], src[done:end])
		done = p.at + descriptor.LengthBytes + p.n*p.step
	}
	copy(dst[done:], src[done:])
}
