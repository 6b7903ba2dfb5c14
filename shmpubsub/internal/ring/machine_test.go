package ring_test

import (
	"encoding/binary"
	"maps"
	"slices"
)

// An abstract machine for C11 atomics that can be run exhaustively: the operational view machine of
// Kang, Hur, Lahav, Vafeiadis, Dreyer, "A promising semantics for relaxed-memory concurrency" (POPL
// 2017), without its promises.
//
// A location holds all that was ever stored to it, in modification order. A view says for each location
// which message is the oldest that may still be read there. A load may return any message that its
// thread's view allows, however old; a store may go anywhere after it. A message carries a view, which an
// acquiring reader takes over: that is how a release makes what came before it seen.
//
// A promise lets a thread store before an earlier load of its own has happened; without promises no
// cycle of program order and reads-from arises (load buffering). The programs here have none
// anyway. The ring's reader stores nothing and its writer loads nothing, so every reads-from
// edge leads from the writer to a reader. In the eventcount and in the table of pins the edges go both ways, but each
// is from a releasing store to an acquiring load, so that a cycle would be one of happens-before.
//
// A relaxed store may also be executed before earlier stores of its thread, to other locations and of any order, even
// seq_cst: that is what a promise without a load in between comes to, and needs no certificate, as a store depends
// on no other store. Views alone do not give it: the store after a seq_cst one would be in memory only when that one
// is in S. A fence, a load or a read-modify-write keeps the stores after it behind it.
//
// Where the standards differ the machine is the weaker: a release sequence is the store and the
// read-modify-writes after it (C++20), without later stores of the same thread (C11).
//
// Sequentially consistent accesses are of C++20: S is the order in which the machine makes
// them, and one never reads, or stores before, a message older than one before it in S has read or
// stored. S here extends happens-before, as the standard wanted until C++17; C++20 lets it contradict
// happens-before through mixed accesses to one location. Nothing that is proven here rests on
// that: see docs/models/README.md.

type order int

const (
	relaxed order = iota
	acquire
	release
	acqRel
	seqCst
)

func (o order) acquires() bool { return o == acquire || o == acqRel || o == seqCst }
func (o order) releases() bool { return o == release || o == acqRel || o == seqCst }

const (
	maxLocations = 16
	maxRegisters = 9
	maxAhead     = 6 // how far before its turn a store can be executed: more stores in a row than any program here has
)

// view is, for each location, the place of a message in its modification order.
type view [maxLocations]uint8

func (v *view) join(w view) {
	for i := range v {
		v[i] = max(v[i], w[i])
	}
}

type message struct {
	value uint8
	view  view
	glued bool // a read-modify-write's: nothing may come between it and what it read
}

type registers [maxRegisters]uint8

type thread struct {
	pc  int // len(program): it has ended
	reg registers
	// What it may not read behind; what an acquire fence would add; what a relaxed store hands on,
	// thanks to a release fence.
	current, acquired, released view
	// The stores that were executed before their turn: ahead[i] is that of instruction pc+i.
	ahead [maxAhead]early
}

// early is a store that was executed before its turn; place is 0 if there is none. Its thread's views have it only when
// its turn comes, so that a release store before it does not hand it on.
type early struct{ location, place uint8 }

// step goes on to the next instruction whose store is not in memory yet.
func (t *thread) step() {
	for {
		t.pc++
		copy(t.ahead[:], t.ahead[1:])
		t.ahead[maxAhead-1] = early{}
		e := t.ahead[0]
		if e.place == 0 {
			return
		}
		t.current[e.location] = e.place
		t.acquired[e.location] = max(t.acquired[e.location], e.place)
	}
}

// instruction is one access. Its functions see the thread's registers; then may set pc.
type instruction struct {
	kind  kind
	order order
	at    func(*thread) int
	value func(t *thread, old uint8) (value uint8, stores bool) // old: what a read-modify-write read
	then  func(t *thread, got uint8, stored bool)
	// before, if there is one, sees the machine before a store and may set a register of the thread.
	before func(m *machine, t *thread)
}

type kind int

const (
	load kind = iota
	store
	update // read-modify-write; if value reports false, a load
	fence
)

type program []instruction

// machine is one state. Memory is shared between states and never changed in place.
type machine struct {
	memory  [][]message
	threads []thread
	s       view // what the sequentially consistent accesses so far have read or stored
}

func newMachine(locations, threads int) machine {
	m := machine{memory: make([][]message, locations), threads: make([]thread, threads)}
	for i := range m.memory {
		m.memory[i] = []message{{}}
	}
	return m
}

func (m machine) clone() machine {
	m.memory, m.threads = slices.Clone(m.memory), slices.Clone(m.threads)
	return m
}

// final returns what a location holds in the end.
func (m machine) final(location int) uint8 {
	all := m.memory[location]
	return all[len(all)-1].value
}

// successors calls visit with every state that thread i's next instruction can lead to.
func (m machine) successors(i int, in instruction, visit func(machine)) {
	if in.kind == fence {
		next := m.clone()
		next.fence(&next.threads[i], in.order)
		visit(next)
		return
	}
	t := m.threads[i]
	x := in.at(&t)
	least := t.current[x]
	if in.order == seqCst {
		least = max(least, m.s[x])
	}
	if in.kind == store {
		value, _ := in.value(&t, 0)
		for place := int(least) + 1; place <= len(m.memory[x]); place++ {
			if place == len(m.memory[x]) || !m.memory[x][place].glued {
				next := m.clone()
				if in.before != nil {
					in.before(&next, &next.threads[i])
				}
				next.makeRoom(x, place)
				next.store(i, x, place, value, in.order, nil)
				next.threads[i].step()
				visit(next)
			}
		}
		return
	}
	for place := int(least); place < len(m.memory[x]); place++ {
		next := m.clone()
		nt := &next.threads[i]
		read := m.memory[x][place]
		next.read(nt, x, place, in.order)
		stored := false
		if in.kind == update {
			var value uint8
			if value, stored = in.value(nt, read.value); stored {
				if place+1 < len(m.memory[x]) && m.memory[x][place+1].glued {
					continue // somebody else's update follows what was read
				}
				next.makeRoom(x, place+1)
				next.store(i, x, place+1, value, in.order, &read)
			}
		}
		nt.step()
		if in.then != nil {
			in.then(nt, read.value, stored)
		}
		visit(next)
	}
}

func (m *machine) read(t *thread, x, place int, o order) {
	if o == seqCst {
		m.s[x] = max(m.s[x], uint8(place))
	}
	t.current[x] = max(t.current[x], uint8(place))
	t.acquired.join(m.memory[x][place].view)
	if o.acquires() {
		t.current.join(m.memory[x][place].view)
	}
	t.acquired.join(t.current)
}

// store puts a message of thread i at a free place in x's modification order. read is what a
// read-modify-write read.
func (m *machine) store(i, x, place int, value uint8, o order, read *message) {
	t := &m.threads[i]
	t.current[x] = uint8(place)
	t.acquired[x] = max(t.acquired[x], uint8(place))
	made := message{value: value, view: t.released, glued: read != nil}
	if o.releases() {
		made.view = t.current
	}
	if read != nil {
		made.view.join(read.view)
	}
	made.view[x] = uint8(place)
	m.memory[x][place] = made
	if o == seqCst {
		m.s[x] = max(m.s[x], uint8(place))
	}
}

// makeRoom moves what is at place or after it in x's modification order one further.
func (m *machine) makeRoom(x, place int) {
	shift := func(v *view) {
		if int(v[x]) >= place {
			v[x]++
		}
	}
	if place < len(m.memory[x]) {
		for i := range m.threads {
			t := &m.threads[i]
			shift(&t.current)
			shift(&t.acquired)
			shift(&t.released)
			for j, e := range t.ahead {
				if int(e.location) == x && int(e.place) >= place {
					t.ahead[j].place++
				}
			}
		}
		shift(&m.s)
		for y := range m.memory {
			m.memory[y] = slices.Clone(m.memory[y])
			for j := range m.memory[y] {
				shift(&m.memory[y][j].view)
			}
		}
	}
	m.memory[x] = slices.Insert(slices.Clone(m.memory[x]), place, message{})
}

func (m *machine) fence(t *thread, o order) {
	if o.acquires() {
		t.current.join(t.acquired)
	}
	if o == seqCst {
		t.current.join(m.s)
		m.s.join(t.current)
		t.acquired.join(t.current)
	}
	if o.releases() {
		t.released = t.current
	}
	t.step()
}

// earlyStores calls visit with every state that a store of thread i before its turn can lead to.
func (m machine) earlyStores(i int, p program, visit func(machine)) {
	t := m.threads[i]
	var passed [maxLocations]bool // by stores that are in front of it
	for d := 0; d < maxAhead && t.pc+d < len(p) && p[t.pc+d].kind == store; d++ {
		in := p[t.pc+d]
		x := in.at(&t)
		if d > 0 && in.order == relaxed && !passed[x] && t.ahead[d].place == 0 {
			value, _ := in.value(&t, 0)
			for place := int(t.current[x]) + 1; place <= len(m.memory[x]); place++ {
				if place < len(m.memory[x]) && m.memory[x][place].glued {
					continue
				}
				next := m.clone()
				nt := &next.threads[i]
				if in.before != nil {
					in.before(&next, nt)
				}
				next.makeRoom(x, place)
				current, acquired := nt.current, nt.acquired
				next.store(i, x, place, value, relaxed, nil)
				nt.current, nt.acquired = current, acquired
				nt.ahead[d] = early{uint8(x), uint8(place)}
				visit(next)
			}
		}
		passed[x] = true
	}
}

// explorer runs programs from a state in every possible way.
type explorer struct {
	programs []program
	states   map[string]bool
	memories map[string]uint32 // numbers them: most states share theirs with many
}

// explore calls end with every state in which all threads have ended, and returns how many states there are.
func explore(start machine, programs []program, end func(machine)) int {
	e := explorer{programs: programs, states: map[string]bool{}, memories: map[string]uint32{}}
	todo := []machine{start}
	e.isNew(start)
	for len(todo) > 0 {
		m := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		ended := true
		for i, t := range m.threads {
			if t.pc >= len(programs[i]) {
				continue
			}
			ended = false
			visit := func(next machine) {
				if e.isNew(next) {
					todo = append(todo, next)
				}
			}
			m.successors(i, programs[i][t.pc], visit)
			m.earlyStores(i, programs[i], visit)
		}
		if ended {
			end(m)
		}
	}
	return len(e.states)
}

func (e *explorer) isNew(m machine) bool {
	var b []byte
	for _, all := range m.memory {
		b = append(b, uint8(len(all)))
		for _, w := range all {
			b = append(b, w.value)
			b = append(b, w.view[:]...)
			if w.glued {
				b[len(b)-1] |= 0x80 // no place is so large
			}
		}
	}
	n, known := e.memories[string(b)]
	if !known {
		n = uint32(len(e.memories))
		e.memories[string(b)] = n
	}
	b = binary.LittleEndian.AppendUint32(b[:0], n)
	b = append(b, m.s[:]...)
	for _, t := range m.threads {
		b = append(b, uint8(t.pc))
		for _, part := range [][]uint8{t.reg[:], t.current[:], t.acquired[:], t.released[:]} {
			b = append(b, part...)
		}
		for _, a := range t.ahead {
			b = append(b, a.location, a.place)
		}
	}
	if e.states[string(b)] {
		return false
	}
	e.states[string(b)] = true
	return true
}

// outcomes returns what the threads' registers and the memory can be in the end.
func outcomes(locations int, programs ...program) []string {
	found := map[string]bool{}
	explore(newMachine(locations, len(programs)), programs, func(m machine) {
		var all []byte
		for _, t := range m.threads {
			all = append(all, t.reg[:]...)
		}
		for x := range m.memory {
			all = append(all, m.final(x))
		}
		found[string(all)] = true
	})
	return slices.Sorted(maps.Keys(found))
}
