package ring_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The reader of the newest value under C11's memory model, exhaustively: the exact steps of protocol/ring.h on the machine of
// machine_test.go, with a writer that goes round the ring twice and more and a reader that reads
// twice. Then the same with each step weakened, left out or moved, to see what holds the protocol up.

// size is one run: how many slots, how many values, how many words of payload beside the time.
type size struct{ slots, values, payload int }

var sizes = []size{{slots: 2, values: 4, payload: 2}, {slots: 2, values: 5, payload: 1}, {slots: 3, values: 6, payload: 1}}

// Where things lie: head, and then slot by slot the sequence, the time and the payload.
func (s size) locations() int          { return 1 + s.slots*(2+s.payload) }
func (s size) slot(k uint8, w int) int { return 1 + int(k)%s.slots*(2+s.payload) + w }

// words returns which words of a slot an access is about: the payload's one in C stands for all.
func (s size) words(what string) []int {
	switch what {
	case "sequence":
		return []int{0}
	case "time":
		return []int{1}
	}
	all := make([]int, s.payload)
	for i := range all {
		all[i] = 2 + i
	}
	return all
}

// writer makes ring_write's steps for values 1 to s.values. It has no choice but where stores go.
func (s size) writer(steps []access) program { return s.batch(steps, steps) }

// batch is a writer that makes other steps for all values but the last.
func (s size) batch(early, last []access) program {
	var p program
	for k := uint8(1); k <= uint8(s.values); k++ {
		steps := early
		if int(k) == s.values {
			steps = last
		}
		for _, a := range steps {
			value := k
			switch a.value {
			case "2 * k - 1":
				value = 2*k - 1
			case "2 * k":
				value = 2 * k
			}
			switch a.what {
			case "":
				p = append(p, barrier(a.order))
			case "head":
				p = append(p, put(0, value, a.order))
			default:
				for _, w := range s.words(a.what) {
					p = append(p, put(s.slot(k, w), value, a.order))
				}
			}
		}
	}
	return p
}

// The reader's registers.
const (
	valueK   = iota // the value that it is after
	lastK           // what it returned last
	reads           // how many reads it has still to do
	torn            // it returned a value with a word of another
	backward        // it returned a value older than the one before
	foreign         // a word that it has copied in this read is another value's
)

// reader makes ring_newest's steps, as often as its register says.
func (s size) reader(steps []access) program {
	var p program
	again := func(t *thread) {
		t.pc = 0
		t.reg[valueK] = 0
		t.reg[foreign] = 0
	}
	finish := func(t *thread) {
		k := t.reg[valueK]
		t.reg[torn] |= t.reg[foreign]
		if k < t.reg[lastK] {
			t.reg[backward] = 1
		}
		again(t)
		t.reg[lastK] = k
		if t.reg[reads]--; t.reg[reads] == 0 {
			t.pc = len(p)
		}
	}
	for _, a := range steps {
		switch a.what {
		case "":
			p = append(p, barrier(a.order))
		case "head":
			p = append(p, instruction{kind: load, order: a.order, at: constant(0),
				then: func(t *thread, got uint8, _ bool) {
					if t.reg[valueK] = got; got == 0 {
						finish(t)
					}
				}})
		case "sequence":
			p = append(p, instruction{kind: load, order: a.order,
				at: func(t *thread) int { return s.slot(t.reg[valueK], 0) },
				then: func(t *thread, got uint8, _ bool) {
					if got != 2*t.reg[valueK] {
						again(t)
					}
				}})
		default:
			for _, w := range s.words(a.what) {
				p = append(p, instruction{kind: load, order: a.order,
					at: func(t *thread) int { return s.slot(t.reg[valueK], w) },
					then: func(t *thread, got uint8, _ bool) {
						if got != t.reg[valueK] {
							t.reg[foreign] = 1
						}
					}})
			}
		}
	}
	p = endingWith(p, finish)
	return p
}

// endingWith calls finish after the last step of p, where that one does not start over.
func endingWith(p program, finish func(*thread)) program {
	end := len(p)
	if then := p[end-1].then; then != nil {
		p[end-1].then = func(t *thread, got uint8, stored bool) {
			if then(t, got, stored); t.pc == end {
				finish(t)
			}
		}
		return p
	}
	// It ends with a fence; a load that changes nothing gives it its end.
	return append(p, instruction{kind: load, at: constant(0),
		then: func(t *thread, _ uint8, _ bool) { finish(t) }})
}

// after returns a machine whose writer has made n steps.
func (s size) after(n int, writer program) machine {
	m := newMachine(s.locations(), 2)
	m.threads[1].reg[reads] = 2
	for _, in := range writer[:n] {
		m.successors(0, in, func(next machine) { m = next })
	}
	return m
}

// faults runs a writer and a reader and says what can go wrong. A reader that meets a writer at work may
// find a value "torn" or go "backwards". One that starts with some of the writer's stores behind it
// (it has learnt of them, by whatever way) may find a value that is "stale". One that starts
// long after the writer was killed may get "stuck": not find the last value that was published.
//
// The writer goes first, as far as it will go. That loses nothing: it loads nothing and is alone, so the
// reader changes nothing for it; and its stores only add to what a reader may read, which may always
// be as old as its view allows.
func (s size) faults(writerSteps, readerSteps []access) (faults []string, states int) {
	return s.faultsOf(s.writer(writerSteps), s.reader(readerSteps))
}

func (s size) faultsOf(writer, reader program) (faults []string, states int) {
	found := map[string]bool{}
	run := func(m machine, behind view, howOften uint8, check func(thread)) {
		m.threads = []thread{{current: behind, acquired: behind}}
		m.threads[0].reg[reads] = howOften
		states += explore(m, []program{reader}, func(m machine) {
			r := m.threads[0]
			found["torn"] = found["torn"] || r.reg[torn] != 0
			found["backwards"] = found["backwards"] || r.reg[backward] != 0
			check(r)
		})
	}
	all := s.after(len(writer), writer)
	run(all, view{}, 2, func(thread) {})
	for n := range len(writer) + 1 {
		killed := s.after(n, writer)
		behind, published, ends := killed.threads[0].current, killed.final(0), 0
		run(killed, behind, 1, func(r thread) {
			ends++
			found["stuck"] = found["stuck"] || r.reg[lastK] != published
		})
		found["stuck"] = found["stuck"] || ends != 1
		run(all, behind, 1, func(r thread) { found["stale"] = found["stale"] || r.reg[lastK] < published })
	}
	return inOrder(found), states
}

func inOrder(found map[string]bool) (faults []string) {
	for _, fault := range []string{"torn", "backwards", "false alarm", "stale", "stuck"} {
		if found[fault] {
			faults = append(faults, fault)
		}
	}
	return faults
}

func TestRing_IsWholeFreshAndNeverGoesBackwardsUnderTheC11MemoryModel(t *testing.T) {
	for _, s := range sizes {
		faults, states := s.faults(writerSteps, readerSteps)
		require.Empty(t, faults, "%+v", s)
		t.Logf("%+v: %d states", s, states)
		faults, states = s.faultsOf(s.batch(earlySteps, writerSteps), s.reader(readerSteps))
		require.Empty(t, faults, "%+v, a batch", s)
		t.Logf("%+v, a batch: %d states", s, states)
	}
}

// What a reader can come to is the same where the writer's and the reader's steps alternate freely.
func TestRing_ShowsAReaderNothingElseWhereTheWriterGoesFirst(t *testing.T) {
	s := size{slots: 2, values: 3, payload: 1}
	for name, steps := range map[string][2][]access{
		"as it is": {writerSteps, readerSteps},
		"broken":   {without(writerSteps, 1), without(readerSteps, 4)},
	} {
		t.Run(name, func(t *testing.T) {
			writer, reader := s.writer(steps[0]), s.reader(steps[1])
			ends := func(start machine, writer program) map[thread]bool {
				found := map[thread]bool{}
				states := explore(start, []program{writer, reader}, func(m machine) { found[m.threads[1]] = true })
				t.Logf("%d states, %d ends", states, len(found))
				return found
			}
			require.Equal(t, ends(s.after(0, writer), writer), ends(s.after(len(writer), writer), nil))
		})
	}
}
