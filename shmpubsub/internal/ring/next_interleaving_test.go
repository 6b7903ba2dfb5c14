package ring

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// The protocol taken apart as in interleaving_test.go, for the reader of every value.

// nextReader is Next between two loads.
type nextReader struct {
	reader         // k is its cursor,
	after   uint64 // and this the value that it is after
	further uint64
}

// step makes the reader's next load from memory m. It reports whether a value was accepted or there is
// none, which leaves after at 0.
func (p *nextReader) step(m []uint64, slots, size int) bool {
	kept := uint64(slots - 1)
	at := 1 + int(p.after)%slots*(payload+size)
	fail := func() bool {
		p.pc, p.after = 0, 0
		p.further = min(p.further+1, kept)
		return false
	}
	switch {
	case p.pc == 0:
		head := m[0]
		if head == p.k {
			return true
		}
		p.after = p.k + 1
		if head-p.k > kept {
			p.after = head - kept + 1
		}
		p.after = min(p.after+p.further, head)
	case p.pc == 1:
		if m[at+sequence] != 2*p.after {
			return fail()
		}
	case p.pc <= 2+size:
		p.copied[p.pc-2] = m[at+p.pc-1]
	default:
		if m[at+sequence] == 2*p.after {
			return true
		}
		return fail()
	}
	p.pc++
	return false
}

func TestNextReaderSteps_AddUpToNext(t *testing.T) {
	const slots, size = 4, 2
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	r := heap(slots, size, 0)
	w := NewWriter(r)
	var c Position
	for k := uint64(1); k < 200; {
		for range random.IntN(6) {
			w.Write(sampleOf(k, size), stampOf(k))
			k++
		}
		p := nextReader{reader: reader{k: c.After}}
		for !p.step(contents(r), slots, size) {
		}
		got := make([]uint64, size)
		s, lost, sound := r.Next(&c, got)
		require.True(t, sound)
		require.Equal(t, s.Sequence, p.after)
		if p.after > 0 {
			require.Equal(t, lost, p.after-p.k-1)
			require.Equal(t, uint64(s.Time), p.copied[0])
			require.Equal(t, got, p.copied[1:1+size])
		}
	}
}

func TestNext_IsWholeAndInOrderInEveryInterleavingWithAWriter(t *testing.T) {
	for _, c := range []struct{ slots, size, values int }{{2, 1, 6}, {2, 2, 5}, {3, 1, 8}, {3, 2, 7}, {4, 2, 9}} {
		t.Run(fmt.Sprintf("slots=%d/words=%d/values=%d", c.slots, c.size, c.values), func(t *testing.T) {
			past := history(c.slots, c.size, c.values)
			kept := uint64(c.slots - 1)
			seen := map[nextReader]bool{}
			var todo []nextReader
			begin := func(now int, k uint64) {
				todo = append(todo, nextReader{reader: reader{began: now, now: now, k: k}})
			}
			begin(0, 0)
			accepted, drained := 0, 0
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
				before, head := past[p.began][0], past[p.now][0]
				if p.after == 0 {
					require.LessOrEqual(t, before, p.k, "it was there before the read")
					drained++
					continue
				}
				accepted++
				require.Greater(t, p.after, p.k)
				require.LessOrEqual(t, p.after, head, "not published yet")
				if p.after > p.k+1 && head == before {
					require.Equal(t, before-kept+1, p.after, "passed over although it was kept")
				}
				if p.copied[0] != uint64(stampOf(p.after)) || !slices.Equal(p.copied[1:1+c.size], sampleOf(p.after, c.size)) {
					require.Fail(t, "torn", "%+v", p)
				}
				begin(p.now, p.after)
			}
			require.Greater(t, accepted, len(past))
			require.Positive(t, drained)
			t.Logf("%d states, %d values, %d times none", len(seen), accepted, drained)
		})
	}
}
