package ring_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The reader of every value under C11's memory model: ring_next's steps, against ring_write's and those of a
// batch. It takes what it can until it finds nothing more, and then looks once more.

// More registers of that reader. lastK is its cursor.
const (
	further = 6 + iota // how often in a row it was overtaken
	lost               // what it has passed over
	alarm              // it has seen head behind its cursor, which it takes for garbage
)

// next makes ring_next's steps, until it has found nothing as often as its register says.
func (s size) next(steps []access) program {
	kept := uint8(s.slots - 1)
	var p program
	again := func(t *thread) {
		t.pc = 0
		t.reg[valueK] = 0
		t.reg[foreign] = 0
	}
	fail := func(t *thread) {
		again(t)
		t.reg[further] = min(t.reg[further]+1, kept) // more makes no difference
	}
	finish := func(t *thread) {
		k := t.reg[valueK]
		t.reg[torn] |= t.reg[foreign]
		t.reg[lost] += k - t.reg[lastK] - 1
		again(t)
		t.reg[lastK] = k
		t.reg[further] = 0
	}
	for _, a := range steps {
		switch a.what {
		case "":
			p = append(p, barrier(a.order))
		case "head":
			p = append(p, instruction{kind: load, order: a.order, at: constant(0),
				then: func(t *thread, head uint8, _ bool) {
					switch last := t.reg[lastK]; {
					case head < last:
						t.reg[alarm] = 1
						t.pc = len(p)
					case head == last:
						again(t)
						t.reg[further] = 0
						if t.reg[reads]--; t.reg[reads] == 0 {
							t.pc = len(p)
						}
					default:
						oldest := last + 1
						if head-last > kept {
							oldest = head - kept + 1
						}
						t.reg[valueK] = min(oldest+t.reg[further], head)
					}
				}})
		case "sequence":
			p = append(p, instruction{kind: load, order: a.order,
				at: func(t *thread) int { return s.slot(t.reg[valueK], 0) },
				then: func(t *thread, got uint8, _ bool) {
					if got != 2*t.reg[valueK] {
						fail(t)
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

// nextFaults is faults for the reader of every value. It may find a value "torn", or take a head that it
// should not have seen for garbage: a "false alarm". One that starts with some of the writer's stores behind it
// may find nothing, or pass over what is still kept: "stale". One that starts long after the writer was
// killed may get "stuck", or not find just what is kept.
func (s size) nextFaults(writer, reader program) (faults []string, states int) {
	kept := uint8(s.slots - 1)
	found := map[string]bool{}
	run := func(m machine, behind view, check func(thread)) {
		m.threads = []thread{{current: behind, acquired: behind}}
		m.threads[0].reg[reads] = 2
		states += explore(m, []program{reader}, func(m machine) {
			r := m.threads[0]
			found["torn"] = found["torn"] || r.reg[torn] != 0
			found["false alarm"] = found["false alarm"] || r.reg[alarm] != 0
			found["backwards"] = found["backwards"] || r.reg[lost] > r.reg[lastK]
			check(r)
		})
	}
	all := s.after(len(writer), writer)
	run(all, view{}, func(thread) {})
	for n := range len(writer) + 1 {
		killed := s.after(n, writer)
		behind, published, ends := killed.threads[0].current, killed.final(0), 0
		overwritten := published - min(published, kept)
		run(killed, behind, func(r thread) {
			ends++
			found["stuck"] = found["stuck"] || r.reg[lastK] != published || r.reg[lost] != overwritten
		})
		found["stuck"] = found["stuck"] || ends != 1
		run(all, behind, func(r thread) { found["stale"] = found["stale"] || r.reg[lastK] < published })
	}
	return inOrder(found), states
}

func TestNext_IsWholeFreshAndNeverGoesBackwardsUnderTheC11MemoryModel(t *testing.T) {
	for _, s := range sizes {
		for name, writer := range map[string]program{
			"one by one": s.writer(writerSteps), "a batch": s.batch(earlySteps, writerSteps),
		} {
			faults, states := s.nextFaults(writer, s.next(readerSteps))
			require.Empty(t, faults, "%+v, %s", s, name)
			t.Logf("%+v, %s: %d states", s, name, states)
		}
	}
}

// As TestRing_NeedsItsOrders, for the reader of every value, and a batch.
func TestNext_NeedsItsOrders(t *testing.T) {
	const odd, releaseFence, payload, even, headStore = 0, 1, 3, 4, 5
	const headLoad, first, copyPayload, acquireFence, second = 0, 1, 3, 4, 5
	w, r := earlySteps, readerSteps
	for _, c := range []struct {
		change         string
		writer, reader []access
		faults         []string
	}{
		{"no release fence", without(w, releaseFence), r, []string{"torn"}},
		{"no acquire fence", w, without(r, acquireFence), []string{"torn"}},
		{"no odd sequence", without(w, odd), r, []string{"torn"}},
		{"no second look at the sequence", w, without(r, second), []string{"torn"}},
		{"release fence after the payload", moved(w, releaseFence, payload), r, []string{"torn"}},
		{"odd sequence after the payload", moved(w, odd, payload), r, []string{"torn"}},
		{"acquire fence before the payload", w, moved(r, acquireFence, copyPayload), []string{"torn"}},
		{"no first look", w, without(r, first), nil},
		{"first look relaxed", w, weaker(r, first, relaxed), nil},
		{"head loaded relaxed", w, weaker(r, headLoad, relaxed), nil},
		{"both loads relaxed", w, weaker(weaker(r, first, relaxed), headLoad, relaxed), []string{"torn"}},
		{"even sequence and head relaxed", weaker(weaker(w, even, relaxed), headStore, relaxed), r, []string{"torn"}},
		{"head before the even sequence", moved(w, headStore, even), r, []string{"stuck"}},
		{"head before all", moved(w, headStore, odd), r, []string{"stuck"}},
	} {
		t.Run(c.change, func(t *testing.T) {
			s := size{slots: 3, values: 4, payload: 1}
			found, states := s.nextFaults(s.writer(c.writer), s.next(c.reader))
			t.Logf("%d states", states)
			require.Equal(t, c.faults, found)
		})
	}
}
