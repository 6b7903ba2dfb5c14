package ring_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The machine against the classic litmus tests, whose verdicts under C11 are known: it must show every
// weak outcome that is allowed, or it proves nothing, and none that is forbidden.

const (
	x = iota
	y
	z
)

func constant(location int) func(*thread) int { return func(*thread) int { return location } }

func put(location int, value uint8, o order) instruction {
	return instruction{kind: store, order: o, at: constant(location),
		value: func(*thread, uint8) (uint8, bool) { return value, true }}
}

func get(location int, o order, register int) instruction {
	return instruction{kind: load, order: o, at: constant(location),
		then: func(t *thread, got uint8, _ bool) { t.reg[register] = got }}
}

func barrier(o order) instruction { return instruction{kind: fence, order: o} }

// add is a fetch_add.
func add(location int, n uint8, o order, register int) instruction {
	return instruction{kind: update, order: o, at: constant(location),
		value: func(_ *thread, old uint8) (uint8, bool) { return old + n, true },
		then:  func(t *thread, got uint8, _ bool) { t.reg[register] = got }}
}

// end is an outcome: registers a and b of each thread, and the memory.
type end struct {
	reg    [][2]uint8
	memory [3]uint8
}

func isAllowed(outcome func(end) bool, programs ...program) bool {
	for _, found := range outcomes(3, programs...) {
		var e end
		for len(found) > 3 {
			e.reg = append(e.reg, [2]uint8{found[0], found[1]})
			found = found[maxRegisters:]
		}
		copy(e.memory[:], found)
		if outcome(e) {
			return true
		}
	}
	return false
}

func TestMachine_GivesTheKnownVerdictsOnLitmusTests(t *testing.T) {
	const a, b = 0, 1
	mp := func(e end) bool { return e.reg[1] == [2]uint8{1, 0} }
	sb := func(e end) bool { return e.reg[0][a] == 0 && e.reg[1][a] == 0 }
	iriw := func(e end) bool { return e.reg[2] == [2]uint8{1, 0} && e.reg[3] == [2]uint8{1, 0} }
	wrc := func(e end) bool { return e.reg[1][a] == 1 && e.reg[2] == [2]uint8{1, 0} }
	two := func(e end) bool { return e.memory[x] == 1 && e.memory[y] == 1 }
	s := func(e end) bool { return e.reg[1][a] == 1 && e.memory[x] == 2 }
	r := func(e end) bool { return e.memory[y] == 2 && e.reg[1][a] == 0 }
	for _, c := range []struct {
		name     string
		allowed  bool
		outcome  func(end) bool
		programs []program
	}{
		{"MP release acquire", false, mp, []program{
			{put(x, 1, relaxed), put(y, 1, release)}, {get(y, acquire, a), get(x, relaxed, b)}}},
		{"MP relaxed", true, mp, []program{
			{put(x, 1, relaxed), put(y, 1, relaxed)}, {get(y, relaxed, a), get(x, relaxed, b)}}},
		{"MP release relaxed", true, mp, []program{
			{put(x, 1, relaxed), put(y, 1, release)}, {get(y, relaxed, a), get(x, relaxed, b)}}},
		{"MP relaxed acquire", true, mp, []program{
			{put(x, 1, relaxed), put(y, 1, relaxed)}, {get(y, acquire, a), get(x, relaxed, b)}}},
		{"MP fences", false, mp, []program{
			{put(x, 1, relaxed), barrier(release), put(y, 1, relaxed)},
			{get(y, relaxed, a), barrier(acquire), get(x, relaxed, b)}}},
		{"MP release fence alone", true, mp, []program{
			{put(x, 1, relaxed), barrier(release), put(y, 1, relaxed)},
			{get(y, relaxed, a), get(x, relaxed, b)}}},
		{"MP acquire fence alone", true, mp, []program{
			{put(x, 1, relaxed), put(y, 1, relaxed)},
			{get(y, relaxed, a), barrier(acquire), get(x, relaxed, b)}}},
		{"MP release fence after the data's successor", true, mp, []program{
			{put(x, 1, relaxed), put(y, 1, relaxed), barrier(release)},
			{get(y, relaxed, a), barrier(acquire), get(x, relaxed, b)}}},
		{"MP acquire fence after both loads", true, mp, []program{
			{put(x, 1, relaxed), put(y, 1, release)},
			{get(y, relaxed, a), get(x, relaxed, b), barrier(acquire)}}},
		{"MP release store, acquire fence", false, mp, []program{
			{put(x, 1, relaxed), put(y, 1, release)},
			{get(y, relaxed, a), barrier(acquire), get(x, relaxed, b)}}},
		{"MP release fence, acquire load", false, mp, []program{
			{put(x, 1, relaxed), barrier(release), put(y, 1, relaxed)},
			{get(y, acquire, a), get(x, relaxed, b)}}},
		// A store behind a seq_cst one, which keeps nothing after it behind it.
		{"MP seq_cst, then relaxed", true, mp, []program{
			{put(x, 1, seqCst), put(y, 1, relaxed)}, {get(y, seqCst, a), get(x, seqCst, b)}}},
		{"MP seq_cst, then release", false, mp, []program{
			{put(x, 1, seqCst), put(y, 1, release)}, {get(y, acquire, a), get(x, seqCst, b)}}},
		{"MP seq_cst, release fence, relaxed", false, mp, []program{
			{put(x, 1, seqCst), barrier(release), put(y, 1, relaxed)},
			{get(y, acquire, a), get(x, seqCst, b)}}},
		{"MP release fence before the seq_cst store", true, mp, []program{
			{barrier(release), put(x, 1, seqCst), put(y, 1, relaxed)},
			{get(y, seqCst, a), get(x, seqCst, b)}}},
		{"MP seq_cst update, then relaxed: not without promises", false, mp, []program{
			{add(x, 1, seqCst, a), put(y, 1, relaxed)}, {get(y, seqCst, a), get(x, seqCst, b)}}},
		{"MP a relaxed store passes two", true, mp, []program{
			{put(x, 1, seqCst), put(z, 1, release), put(y, 1, relaxed)},
			{get(y, seqCst, a), get(x, seqCst, b)}}},
		{"MP a seq_cst store passes none", false, mp, []program{
			{put(x, 1, seqCst), put(z, 1, relaxed), put(y, 1, seqCst)},
			{get(y, seqCst, a), get(x, seqCst, b)}}},
		{"MP a store of the same word is not passed", false, func(e end) bool { return e.reg[1] == [2]uint8{2, 1} }, []program{
			{put(x, 1, relaxed), put(x, 2, relaxed)}, {get(x, relaxed, a), get(x, relaxed, b)}}},
		{"what passed a release store is not handed on by it", true, mp, []program{
			{put(y, 1, release), put(x, 1, relaxed)}, {get(y, acquire, a), get(x, relaxed, b)}}},
		{"S relaxed", true, s, []program{
			{put(x, 2, relaxed), put(y, 1, relaxed)}, {get(y, acquire, a), put(x, 1, relaxed)}}},
		{"S release acquire", false, s, []program{
			{put(x, 2, relaxed), put(y, 1, release)}, {get(y, acquire, a), put(x, 1, relaxed)}}},
		{"S release fence", false, s, []program{
			{put(x, 2, relaxed), barrier(release), put(y, 1, relaxed)},
			{get(y, acquire, a), put(x, 1, relaxed)}}},
		{"S seq_cst, then relaxed", true, s, []program{
			{put(x, 2, seqCst), put(y, 1, relaxed)}, {get(y, seqCst, a), put(x, 1, seqCst)}}},
		{"R release", true, r, []program{
			{put(x, 1, release), put(y, 1, release)}, {put(y, 2, release), get(x, acquire, a)}}},
		{"R seq_cst", false, r, []program{
			{put(x, 1, seqCst), put(y, 1, seqCst)}, {put(y, 2, seqCst), get(x, seqCst, a)}}},
		{"R seq_cst, then relaxed", true, r, []program{
			{put(x, 1, seqCst), put(y, 1, relaxed)}, {put(y, 2, seqCst), get(x, seqCst, a)}}},
		{"SB release acquire", true, sb, []program{
			{put(x, 1, release), get(y, acquire, a)}, {put(y, 1, release), get(x, acquire, a)}}},
		{"SB seq_cst", false, sb, []program{
			{put(x, 1, seqCst), get(y, seqCst, a)}, {put(y, 1, seqCst), get(x, seqCst, a)}}},
		{"SB seq_cst fences", false, sb, []program{
			{put(x, 1, relaxed), barrier(seqCst), get(y, relaxed, a)},
			{put(y, 1, relaxed), barrier(seqCst), get(x, relaxed, a)}}},
		{"SB acq_rel fences", true, sb, []program{
			{put(x, 1, relaxed), barrier(acqRel), get(y, relaxed, a)},
			{put(y, 1, relaxed), barrier(acqRel), get(x, relaxed, a)}}},
		{"SB one store only release", true, sb, []program{
			{put(x, 1, release), get(y, seqCst, a)}, {put(y, 1, seqCst), get(x, seqCst, a)}}},
		{"SB one load only acquire", true, sb, []program{
			{put(x, 1, seqCst), get(y, acquire, a)}, {put(y, 1, seqCst), get(x, seqCst, a)}}},
		{"SB through an update", false, sb, []program{
			{put(x, 1, seqCst), get(y, seqCst, a)}, {add(y, 1, seqCst, b), get(x, seqCst, a)}}},
		{"SB through an acq_rel update", true, sb, []program{
			{put(x, 1, seqCst), get(y, seqCst, a)}, {add(y, 1, acqRel, b), get(x, seqCst, a)}}},
		{"CoRR", false, func(e end) bool { return e.reg[1] == [2]uint8{1, 0} }, []program{
			{put(x, 1, relaxed)}, {get(x, relaxed, a), get(x, relaxed, b)}}},
		{"CoRR two writers, two readers", false,
			func(e end) bool { return e.reg[2] == [2]uint8{1, 2} && e.reg[3] == [2]uint8{2, 1} }, []program{
				{put(x, 1, relaxed)}, {put(x, 2, relaxed)},
				{get(x, relaxed, a), get(x, relaxed, b)}, {get(x, relaxed, a), get(x, relaxed, b)}}},
		{"CoWW", false, func(e end) bool { return e.memory[x] == 1 }, []program{
			{put(x, 1, relaxed), put(x, 2, relaxed)}}},
		{"CoWR", false, func(e end) bool { return e.reg[0][a] == 2 && e.memory[x] == 1 }, []program{
			{put(x, 1, relaxed), get(x, relaxed, a)}, {put(x, 2, relaxed)}}},
		{"CoRW", false, func(e end) bool { return e.reg[0][a] == 1 && e.memory[x] == 1 }, []program{
			{get(x, relaxed, a), put(x, 2, relaxed)}, {put(x, 1, relaxed)}}},
		{"2+2W relaxed", true, two, []program{
			{put(x, 1, relaxed), put(y, 2, relaxed)}, {put(y, 1, relaxed), put(x, 2, relaxed)}}},
		{"2+2W release", true, two, []program{
			{put(x, 1, release), put(y, 2, release)}, {put(y, 1, release), put(x, 2, release)}}},
		{"2+2W seq_cst", false, two, []program{
			{put(x, 1, seqCst), put(y, 2, seqCst)}, {put(y, 1, seqCst), put(x, 2, seqCst)}}},
		{"2+2W seq_cst, then relaxed", true, two, []program{
			{put(x, 1, seqCst), put(y, 2, relaxed)}, {put(y, 1, seqCst), put(x, 2, relaxed)}}},
		{"2+2W release fences", true, two, []program{
			{put(x, 1, relaxed), barrier(release), put(y, 2, relaxed)},
			{put(y, 1, relaxed), barrier(release), put(x, 2, relaxed)}}},
		{"2+2W seq_cst fences", false, two, []program{
			{put(x, 1, relaxed), barrier(seqCst), put(y, 2, relaxed)},
			{put(y, 1, relaxed), barrier(seqCst), put(x, 2, relaxed)}}},
		{"WRC release acquire", false, wrc, []program{
			{put(x, 1, relaxed)}, {get(x, acquire, a), put(y, 1, release)},
			{get(y, acquire, a), get(x, relaxed, b)}}},
		{"WRC relaxed", true, wrc, []program{
			{put(x, 1, relaxed)}, {get(x, relaxed, a), put(y, 1, relaxed)},
			{get(y, relaxed, a), get(x, relaxed, b)}}},
		{"ISA2", false, func(e end) bool { return e.reg[1][a] == 1 && e.reg[2] == [2]uint8{1, 0} }, []program{
			{put(x, 1, relaxed), put(y, 1, release)}, {get(y, acquire, a), put(z, 1, release)},
			{get(z, acquire, a), get(x, relaxed, b)}}},
		{"ISA2 with a relaxed link", true, func(e end) bool { return e.reg[1][a] == 1 && e.reg[2] == [2]uint8{1, 0} }, []program{
			{put(x, 1, relaxed), put(y, 1, release)}, {get(y, relaxed, a), put(z, 1, release)},
			{get(z, acquire, a), get(x, relaxed, b)}}},
		{"IRIW release acquire", true, iriw, []program{
			{put(x, 1, release)}, {put(y, 1, release)},
			{get(x, acquire, a), get(y, acquire, b)}, {get(y, acquire, a), get(x, acquire, b)}}},
		{"IRIW seq_cst", false, iriw, []program{
			{put(x, 1, seqCst)}, {put(y, 1, seqCst)},
			{get(x, seqCst, a), get(y, seqCst, b)}, {get(y, seqCst, a), get(x, seqCst, b)}}},
		{"IRIW seq_cst fences", false, iriw, []program{
			{put(x, 1, relaxed)}, {put(y, 1, relaxed)},
			{get(x, relaxed, a), barrier(seqCst), get(y, relaxed, b)},
			{get(y, relaxed, a), barrier(seqCst), get(x, relaxed, b)}}},
		{"LB: not without promises, see machine_test.go", false,
			func(e end) bool { return e.reg[0][a] == 1 && e.reg[1][a] == 1 }, []program{
				{get(x, relaxed, a), put(y, 1, relaxed)}, {get(y, relaxed, a), put(x, 1, relaxed)}}},
		{"two updates", false, func(e end) bool { return e.memory[x] != 2 }, []program{
			{add(x, 1, relaxed, a)}, {add(x, 1, relaxed, a)}}},
		{"a store between an update and what it read", false,
			func(e end) bool { return e.reg[0][a] == 0 && e.reg[2] == [2]uint8{5, 1} }, []program{
				{add(x, 1, relaxed, a)}, {put(x, 5, relaxed)}, {get(x, relaxed, a), get(x, relaxed, b)}}},
		{"a release sequence goes on through an update", false,
			func(e end) bool { return e.reg[2] == [2]uint8{2, 0} }, []program{
				{put(x, 1, relaxed), put(y, 1, release)}, {add(y, 1, relaxed, a)},
				{get(y, acquire, a), get(x, relaxed, b)}}},
		{"a release sequence ends with a plain store (C++20)", true,
			func(e end) bool { return e.reg[1] == [2]uint8{2, 0} }, []program{
				{put(x, 1, relaxed), put(y, 1, release), put(y, 2, relaxed)},
				{get(y, acquire, a), get(x, relaxed, b)}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.allowed, isAllowed(c.outcome, c.programs...))
		})
	}
}
