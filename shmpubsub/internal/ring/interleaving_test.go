package ring

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// The protocol step by step: a writer that stops after any of its stores, and a reader between any two of whose loads the
// writer makes any number of stores. sync/atomic is sequentially consistent, so interleavings suffice. The first two
// tests compare the steps with the code.

// storesOf are the stores of w.Write(sampleOf(k), stampOf(k)), one by one.
func storesOf(r Ring, k uint64) []func() {
	s, value := r.slot(k), sampleOf(k, int(r.size))
	steps := []func(){
		func() { s[sequence].Store(2*k - 1) },
		func() { s[stamp].Store(uint64(stampOf(k))) },
	}
	for i := range value {
		steps = append(steps, func() { s[payload+i].Store(value[i]) })
	}
	return append(steps,
		func() { s[sequence].Store(2 * k) },
		func() { r.head.Store(k) },
	)
}

func contents(r Ring) []uint64 {
	all := []uint64{r.head.Load()}
	for i := range r.words {
		all = append(all, r.words[i].Load())
	}
	return all
}

func TestSteps_AddUpToWrite(t *testing.T) {
	stepped, written := heap(3, 2, 0), heap(3, 2, 0)
	w := NewWriter(written)
	for k := uint64(1); k <= 10; k++ {
		for _, store := range storesOf(stepped, k) {
			store()
		}
		w.Write(sampleOf(k, 2), stampOf(k))
		require.Equal(t, contents(written), contents(stepped))
	}
}

// A writer that is killed, or stopped for good, after any store: the reader returns the last whole
// value, and so does it while the next writer, which starts in a file of its own, is not there yet.
func TestNewest_ReturnsTheLastWholeValueOfAWriterThatStopsAnywhere(t *testing.T) {
	for _, slots := range []int{2, 3, 4} {
		for _, size := range []int{1, 3} {
			r := heap(slots, size, 0)
			requireNewest(t, r, 0)
			for k := uint64(1); k <= uint64(3*slots); k++ {
				for _, store := range storesOf(r, k) {
					requireNewest(t, r, k-1)
					store()
				}
				requireNewest(t, r, k)
			}
		}
	}
}

// history is what the memory holds after each of the writer's stores: [n] after n of them.
func history(slots, size, values int) [][]uint64 {
	r := heap(slots, size, 0)
	all := [][]uint64{contents(r)}
	for k := uint64(1); k <= uint64(values); k++ {
		for _, store := range storesOf(r, k) {
			store()
			all = append(all, contents(r))
		}
	}
	return all
}

// reader is Newest between two loads.
type reader struct {
	began  int    // the writer's stores before its first load
	now    int    // before its next one
	pc     int    // 0: head; 1: sequence; 2..: stamp and payload; last: sequence again
	k      uint64 // the value that it is after
	copied [8]uint64
}

// step makes the reader's next load from memory m. It reports whether a value was accepted (or k is 0).
func (p *reader) step(m []uint64, slots, size int) bool {
	stride := payload + size
	at := 1 + int(p.k)%slots*stride
	switch {
	case p.pc == 0:
		p.k = m[0]
		p.pc++
		return p.k == 0
	case p.pc == 1:
		if m[at+sequence] != 2*p.k {
			p.pc = 0
			return false
		}
	case p.pc <= 2+size:
		p.copied[p.pc-2] = m[at+p.pc-1]
	default:
		if m[at+sequence] == 2*p.k {
			return true
		}
		p.pc = 0
		return false
	}
	p.pc++
	return false
}

func TestReaderSteps_AddUpToNewest(t *testing.T) {
	const slots, size = 3, 2
	r := heap(slots, size, 0)
	w := NewWriter(r)
	for k := uint64(1); k <= 7; k++ {
		w.Write(sampleOf(k, size), stampOf(k))
		var p reader
		for !p.step(contents(r), slots, size) {
		}
		require.Equal(t, k, p.k)
		require.Equal(t, uint64(stampOf(k)), p.copied[0])
		require.Equal(t, sampleOf(k, size), p.copied[1:1+size])
	}
}

func TestNewest_IsWholeAndFreshInEveryInterleavingWithAWriter(t *testing.T) {
	for _, c := range []struct{ slots, size, values int }{{2, 1, 6}, {2, 2, 5}, {2, 3, 5}, {3, 1, 8}, {3, 2, 7}, {4, 2, 9}} {
		t.Run(fmt.Sprintf("slots=%d/words=%d/values=%d", c.slots, c.size, c.values), func(t *testing.T) {
			past := history(c.slots, c.size, c.values)
			seen := map[reader]bool{}
			var todo []reader
			for began := range past {
				todo = append(todo, reader{began: began, now: began})
			}
			accepted := 0
			for len(todo) > 0 {
				p := todo[len(todo)-1]
				todo = todo[:len(todo)-1]
				if seen[p] {
					continue
				}
				seen[p] = true
				if p.now+1 < len(past) { // the writer goes first
					next := p
					next.now++
					todo = append(todo, next)
				}
				if !p.step(past[p.now], c.slots, c.size) {
					todo = append(todo, p)
					continue
				}
				accepted++
				require.GreaterOrEqual(t, p.k, past[p.began][0], "older than what was there before the read")
				require.LessOrEqual(t, p.k, past[p.now][0], "not published yet")
				if p.k > 0 && (p.copied[0] != uint64(stampOf(p.k)) || !slices.Equal(p.copied[1:1+c.size], sampleOf(p.k, c.size))) {
					require.Fail(t, "torn", "%+v", p)
				}
			}
			require.Greater(t, accepted, len(past))
			t.Logf("%d states, %d reads", len(seen), accepted)
		})
	}
}

// A reader that starts over finds what it needs as soon as the writer stands still for one read.
func TestNewest_EndsOnceTheWriterStandsStill(t *testing.T) {
	const slots, size, values = 2, 1, 6
	past := history(slots, size, values)
	for stop := range past {
		for pc := range 4 {
			p := reader{pc: pc, k: past[max(0, stop-9)][0]}
			steps := 0
			for ; !p.step(past[stop], slots, size); steps++ {
				require.Less(t, steps, 2*(4+size), "it goes round for ever")
			}
		}
	}
}
