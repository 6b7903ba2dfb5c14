package ring

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// One writer at full speed against readers at full speed, with so few slots that it laps them. Copying many words takes
// long enough to be lapped even if both share one processor.
func TestRing_IsNeverTornAndNeverGoesBackwardsUnderAFastWriter(t *testing.T) {
	const readers, words = 3, 1 << 21
	for _, slots := range []int{2, 3, 8} {
		for _, size := range []int{1, 4, 1 << 13} {
			writes := uint64(min(100_000, words/size))
			t.Run(fmt.Sprintf("slots=%d/words=%d", slots, size), func(t *testing.T) {
				r := heap(slots, size, 0)
				var all sync.WaitGroup
				var writing atomic.Bool
				writing.Store(true)
				faults := make(chan error, readers)
				for range readers {
					all.Go(func() {
						if err := watch(r, &writing); err != nil {
							faults <- err
						}
					})
				}
				w := NewWriter(r)
				for k := uint64(1); k <= writes; k++ {
					w.Write(sampleOf(k, size), stampOf(k))
				}
				writing.Store(false)
				all.Wait()
				close(faults)
				for err := range faults {
					require.NoError(t, err)
				}
			})
		}
	}
}

// watch reads until the writer is done, and then once more.
func watch(r Ring, writing *atomic.Bool) error {
	got := make([]uint64, r.size)
	for last := uint64(0); ; {
		more := writing.Load()
		published := r.Published()
		s, ok := r.Newest(got)
		switch k := s.Sequence; {
		case !ok:
			return fmt.Errorf("after value %d: found garbage", last)
		case k < last || k < published:
			return fmt.Errorf("found value %d after %d of %d", k, last, published)
		case k > 0 && (s.Time != stampOf(k) || !slices.Equal(got, sampleOf(k, int(r.size)))):
			return fmt.Errorf("found a torn value %d: %v at %d", k, got, s.Time)
		default:
			last = k
		}
		if !more {
			if last != r.Published() {
				return fmt.Errorf("found value %d at the end, not %d", last, r.Published())
			}
			return nil
		}
	}
}

func TestRing_AllocatesNothing(t *testing.T) {
	r := heap(3, 4, 0)
	w := NewWriter(r)
	value := sampleOf(1, 4)
	got := make([]uint64, 4)
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		w.Write(value, 1)
		_, _ = r.Newest(got)
	}))
}
