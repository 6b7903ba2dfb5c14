package ring_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func without(steps []access, i int) []access { return slices.Delete(slices.Clone(steps), i, i+1) }

func weaker(steps []access, i int, o order) []access {
	steps = slices.Clone(steps)
	steps[i].order = o
	return steps
}

// moved moves step i to place j.
func moved(steps []access, i, j int) []access {
	return slices.Insert(without(steps, i), j, steps[i])
}

// Each step of the ring weakened, left out or moved. What is found is what the machine finds: a row
// without faults says why the change does no harm, and usually a row below it why the step is there.
func TestRing_NeedsItsOrders(t *testing.T) {
	const odd, releaseFence, stamp, payload, even, headStore = 0, 1, 2, 3, 4, 5
	const headLoad, first, copyTime, copyPayload, acquireFence, second = 0, 1, 2, 3, 4, 5
	w, r := writerSteps, readerSteps
	for _, c := range []struct {
		change         string
		writer, reader []access
		faults         []string
	}{
		// 1 and d: a reader that was overtaken.
		{"no release fence", without(w, releaseFence), r, []string{"torn"}},
		{"no acquire fence", w, without(r, acquireFence), []string{"torn"}},
		{"no odd sequence", without(w, odd), r, []string{"torn"}},
		{"no second look at the sequence", w, without(r, second), []string{"torn"}},
		{"release fence before the odd sequence", moved(w, releaseFence, odd), r, []string{"torn"}},
		{"release fence after the payload", moved(w, releaseFence, payload), r, []string{"torn"}},
		{"odd sequence after the payload", moved(w, odd, payload), r, []string{"torn"}},
		{"odd sequence a release, and no fence", without(weaker(w, odd, release), releaseFence), r, []string{"torn"}},
		{"acquire fence after the second look", w, moved(r, acquireFence, second), []string{"torn"}},
		{"acquire fence before the payload", w, moved(r, acquireFence, copyPayload), []string{"torn"}},
		{"second look an acquire, and no fence", w, without(weaker(r, second, acquire), acquireFence), []string{"torn"}},

		// 3 to b and 4 to a both show a reader the payload. A reader here goes by head, so one of
		// the two would do; 3 to b is for one that does not, and what makes b more than a guess.
		{"even sequence relaxed: harmless, head's release covers it", weaker(w, even, relaxed), r, nil},
		{"first look relaxed: harmless, head's acquire covers it", w, weaker(r, first, relaxed), nil},
		{"no first look: harmless, it saves copying what would be refused", w, without(r, first), nil},
		{"head stored relaxed: harmless, the even sequence's release covers it", weaker(w, headStore, relaxed), r, nil},
		{"head loaded relaxed: harmless, the first look's acquire covers it", w, weaker(r, headLoad, relaxed), nil},
		{"even sequence and head relaxed", weaker(weaker(w, even, relaxed), headStore, relaxed), r, []string{"torn"}},
		{"both loads relaxed", w, weaker(weaker(r, first, relaxed), headLoad, relaxed), []string{"torn"}},
		{"even sequence relaxed, head loaded relaxed", weaker(w, even, relaxed), weaker(r, headLoad, relaxed), []string{"torn"}},
		{"head stored relaxed, first look relaxed", weaker(w, headStore, relaxed), weaker(r, first, relaxed), []string{"torn"}},
		{"head loaded relaxed, no first look", w, without(weaker(r, headLoad, relaxed), first), []string{"torn"}},

		// The order of 2, 3 and 4.
		{"even sequence before the payload: harmless, a reader goes by head", moved(w, even, payload), r, nil},
		{"even sequence before the payload, head loaded relaxed", moved(w, even, payload), weaker(r, headLoad, relaxed), []string{"torn"}},
		{"head before the even sequence", moved(w, headStore, even), r, []string{"stuck"}},
		{"head before the payload", moved(w, headStore, stamp), r, []string{"stuck"}},
		{"head before all", moved(w, headStore, odd), r, []string{"stuck"}},
		{"the time after the even sequence, head loaded relaxed", moved(w, stamp, even), weaker(r, headLoad, relaxed), []string{"torn"}},

		{"head stored release: harmless here, the eventcount needs more", weaker(w, headStore, release), r, nil},
	} {
		t.Run(c.change, func(t *testing.T) {
			var found []string
			for _, s := range []size{{slots: 2, values: 3, payload: 1}} {
				faults, _ := s.faults(c.writer, c.reader)
				for _, fault := range faults {
					if !slices.Contains(found, fault) {
						found = append(found, fault)
					}
				}
			}
			require.Equal(t, c.faults, found)
		})
	}
}
