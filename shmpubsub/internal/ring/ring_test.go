package ring

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// heap makes a ring of slots values of size words; spare words follow each slot.
func heap(slots, size, spare int) Ring {
	stride := payload + size + spare
	return New(new(atomic.Uint64), make([]atomic.Uint64, slots*stride), stride, size)
}

// sampleOf is value k: every word of it tells k.
func sampleOf(k uint64, size int) []uint64 {
	value := make([]uint64, size)
	for i := range value {
		value[i] = k*0x9e3779b97f4a7c15 + uint64(i)
	}
	return value
}

func stampOf(k uint64) int64 { return int64(k * 3) }

func requireNewest(t *testing.T, r Ring, k uint64) {
	t.Helper()
	got := make([]uint64, r.size)
	s, ok := r.Newest(got)
	require.True(t, ok)
	if k == 0 {
		require.Zero(t, s)
		return
	}
	require.Equal(t, Sample{Sequence: k, Time: stampOf(k)}, s)
	require.Equal(t, sampleOf(k, int(r.size)), got)
}

func TestNewest_ReportsSequenceZeroBeforeTheFirstWrite(t *testing.T) {
	requireNewest(t, heap(2, 1, 0), 0)
}

func TestNewest_ReturnsEveryValueRightAfterItsWrite(t *testing.T) {
	for _, slots := range []int{2, 3, 4, 7} {
		for _, size := range []int{1, 2, 5} {
			for _, spare := range []int{0, 1} {
				t.Run(fmt.Sprintf("slots=%d/words=%d/spare=%d", slots, size, spare), func(t *testing.T) {
					r := heap(slots, size, spare)
					w := NewWriter(r)
					for k := uint64(1); k <= 50; k++ {
						w.Write(sampleOf(k, size), stampOf(k))
						require.Equal(t, k, r.Published())
						requireNewest(t, r, k)
						requireNewest(t, r, k) // reading takes nothing away
					}
				})
			}
		}
	}
}

func TestWrite_KeepsTheLastSlotsAndTouchesNoSpareWord(t *testing.T) {
	r := heap(4, 2, 1)
	w := NewWriter(r)
	for k := uint64(1); k <= 11; k++ {
		w.Write(sampleOf(k, 2), stampOf(k))
	}
	for k := uint64(8); k <= 11; k++ {
		s := r.slot(k)
		require.Equal(t, 2*k, s[sequence].Load())
		require.Equal(t, sampleOf(k, 2)[1], s[payload+1].Load())
		require.Zero(t, r.words[k%4*5+4].Load())
	}
}

func TestNewWriter_ContinuesAfterTheValuesThereAre(t *testing.T) {
	r := heap(3, 1, 0)
	first := NewWriter(r)
	for k := uint64(1); k <= 5; k++ {
		first.Write(sampleOf(k, 1), stampOf(k))
	}
	second := NewWriter(r)
	second.Write(sampleOf(6, 1), stampOf(6))
	requireNewest(t, r, 6)
}

func TestNew_PanicsOnAGeometryThatHoldsNoTwoValues(t *testing.T) {
	for _, g := range []struct{ words, stride, size int }{{0, 3, 1}, {5, 3, 1}, {6, 2, 1}, {6, 3, 2}, {6, 3, 0}} {
		require.Panics(t, func() {
			New(new(atomic.Uint64), make([]atomic.Uint64, g.words), g.stride, g.size)
		}, "%+v", g)
	}
}

// finishes fails the test instead of hanging it.
func finishes(t *testing.T, read func() bool) bool {
	t.Helper()
	done := make(chan bool, 1)
	go func() { done <- read() }()
	select {
	case ok := <-done:
		return ok
	case <-time.After(10 * time.Second):
		require.FailNow(t, "the reader hangs")
		return false
	}
}

func TestNewest_ReportsFalseWhereASlotContradictsTheHead(t *testing.T) {
	for name, damage := range map[string]func(r Ring){
		"head beyond the slots": func(r Ring) { r.head.Store(1 << 40) },
		"head at its largest":   func(r Ring) { r.head.Store(^uint64(0)) },
		"slot said unused":      func(r Ring) { r.slot(5)[sequence].Store(0) },
		"slot said half made":   func(r Ring) { r.slot(5)[sequence].Store(9) },
		"slot of a later value": func(r Ring) { r.slot(5)[sequence].Store(16) },
	} {
		t.Run(name, func(t *testing.T) {
			r := heap(3, 1, 0)
			w := NewWriter(r)
			for k := uint64(1); k <= 5; k++ {
				w.Write(sampleOf(k, 1), stampOf(k))
			}
			damage(r)
			require.False(t, finishes(t, func() bool { _, ok := r.Newest(make([]uint64, 1)); return ok }))
		})
	}
}

func TestNewest_EndsOnAnyGarbage(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	for range 300 {
		r := heap(2+random.IntN(3), 1+random.IntN(3), 0)
		for i := range r.words {
			r.words[i].Store(random.Uint64() >> (random.UintN(4) * 20))
		}
		r.head.Store(random.Uint64() >> (random.UintN(4) * 20))
		sound := finishes(t, func() bool { _, ok := r.Newest(make([]uint64, r.size)); return ok })
		if sound && r.Published() > 0 {
			require.Equal(t, 2*r.Published(), r.slot(r.Published())[sequence].Load())
		}
	}
}
