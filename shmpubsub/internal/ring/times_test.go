package ring

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// timed makes a ring of one word a value, which is the value's number, with these times.
func timed(slots int, times ...int64) Ring {
	r := heap(slots, 1, 0)
	w := NewWriter(r)
	for k, at := range times {
		w.Write([]uint64{uint64(k + 1)}, at)
	}
	return r
}

// scanned is what the queries are to find, by looking at every value: the first one that is not before t, of those nearest to
// t the last, and 0 for none.
func scanned(times []int64, kept int, q Query) (k uint64) {
	first := max(len(times)-kept, 0)
	if first == 0 && len(times) > 1 && times[1] < times[0] {
		first = 1 // carried over
	}
	closest := uint64(math.MaxUint64)
	for i := first; i < len(times); i++ {
		switch at, t := times[i], max(q.Time, 0); {
		case at < q.Oldest:
		case q.Nearest:
			if d := max(uint64(at), uint64(t)) - min(uint64(at), uint64(t)); d <= closest {
				k, closest = uint64(i+1), d
			}
		case at >= t:
			return uint64(i + 1)
		}
	}
	return k
}

// requireFinds checks all questions about a time.
func requireFinds(t *testing.T, r Ring, times []int64, at, oldest int64) {
	t.Helper()
	k, head, sound := r.Search(at)
	require.True(t, sound)
	require.EqualValues(t, len(times), head)
	want := scanned(times, int(r.capacity()), Query{Time: at})
	if want == 0 {
		want = head + 1
	}
	require.Equal(t, want, k, "Search(%d) in %v", at, times)
	for _, nearest := range []bool{false, true} {
		q := Query{Time: at, Nearest: nearest, Oldest: oldest}
		got := []uint64{0xdead}
		s, head, sound := r.Find(q, 0, got)
		require.True(t, sound)
		require.EqualValues(t, len(times), head)
		k := scanned(times, int(r.capacity()), q)
		require.Equal(t, k, s.Sequence, "%+v in %v", q, times)
		if k == 0 {
			require.Equal(t, []uint64{0xdead}, got)
			continue
		}
		require.Equal(t, []uint64{k}, got)
		require.Equal(t, times[k-1], s.Time)
	}
}

func TestSearchAndFind_ReturnWhatAScanOfTheRingDoes(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 3000 {
		slots := 2 + rng.IntN(9)
		var times []int64
		at := 1 + rng.Int64N(5)
		for range rng.IntN(3 * slots) {
			times = append(times, at)
			at += rng.Int64N(4) // 0 often
		}
		if len(times) > 0 && rng.IntN(8) == 0 {
			times[0] = at + rng.Int64N(100) // of an earlier boot
		}
		r := timed(slots, times...)
		for q := int64(-1); q <= at+2; q++ {
			requireFinds(t, r, times, q, 0)
			requireFinds(t, r, times, q, rng.Int64N(at+2))
		}
		requireFinds(t, r, times, math.MaxInt64, 0)
		requireFinds(t, r, times, math.MinInt64, math.MinInt64)
	}
}

func TestFind_LeavesOutTheOldestOnesForAReaderThatWasLapped(t *testing.T) {
	r := timed(5, 10, 20, 30, 40, 50)
	for further, want := range []uint64{2, 3, 4, 5, 5, 5} {
		for _, nearest := range []bool{false, true} {
			s, _, sound := r.Find(Query{Time: 1, Nearest: nearest}, uint64(further), nil)
			require.True(t, sound)
			require.Equal(t, want, s.Sequence)
		}
	}
	s, _, sound := r.Find(Query{Time: 41}, math.MaxUint64, nil)
	require.True(t, sound)
	require.EqualValues(t, 5, s.Sequence)
}

func TestAt_ReportsWhatWasOverwritten(t *testing.T) {
	r := timed(4, 10, 20, 30, 40, 50)
	for k := uint64(1); k <= 5; k++ {
		got := []uint64{0xdead}
		s, sound := r.At(k, got)
		require.True(t, sound)
		if k == 1 { // value 2 is whole until the next one is written
			require.Zero(t, s)
			require.Equal(t, []uint64{0xdead}, got)
			continue
		}
		require.Equal(t, Sample{Sequence: k, Time: int64(k * 10)}, s)
		require.Equal(t, []uint64{k}, got)
	}
}

func TestFind_ReportsWhatContradictsItself(t *testing.T) {
	for name, damage := range map[string]func(r Ring){
		"head beyond the slots": func(r Ring) { r.head.Store(1 << 40) },
		"head at its largest":   func(r Ring) { r.head.Store(^uint64(0)) },
		"head that has no slot": func(r Ring) { r.head.Store(9) },
		"newest said unused":    func(r Ring) { r.slot(6)[sequence].Store(0) },
		"newest said half made": func(r Ring) { r.slot(6)[sequence].Store(11) },
		"newest of a later lap": func(r Ring) { r.slot(6)[sequence].Store(18) },
	} {
		t.Run(name, func(t *testing.T) {
			r := timed(3, 10, 20, 30, 40, 50, 60)
			damage(r)
			for _, q := range []Query{{Time: 60}, {Time: 61}, {Time: 61, Nearest: true}} {
				require.False(t, finishes(t, func() bool {
					s, _, sound := r.Find(q, 0, make([]uint64, 1))
					require.Zero(t, s)
					return sound
				}), "%+v", q)
			}
			require.False(t, finishes(t, func() bool {
				_, sound := r.At(r.Published(), nil)
				return sound
			}))
		})
	}
}

func TestAt_ReportsAHeadThatWentBack(t *testing.T) {
	r := timed(3, 10, 20, 30, 40, 50, 60)
	r.head.Store(5)
	r.slot(6)[sequence].Store(0)
	require.False(t, finishes(t, func() bool {
		_, sound := r.At(6, nil)
		return sound
	}))
}

// Times must be taken for those of other values in no case: each is that of its number, which a fast writer moves on.
func TestFind_IsRightWhileAWriterOverwritesValues(t *testing.T) {
	const writes, readers = 200_000, 3
	for _, slots := range []int{2, 3, 100} {
		t.Run(fmt.Sprintf("slots=%d", slots), func(t *testing.T) {
			r := heap(slots, 1, 0)
			var all sync.WaitGroup
			faults := make(chan error, readers)
			for n := range readers {
				all.Go(func() { faults <- ask(r, writes, uint64(n)) })
			}
			w := NewWriter(r)
			for k := uint64(1); k <= writes; k++ {
				w.Write(sampleOf(k, 1), stampOf(k))
			}
			all.Wait()
			close(faults)
			for err := range faults {
				require.NoError(t, err)
			}
		})
	}
}

// ask asks for values near the newest until it has seen the last.
func ask(r Ring, last, seed uint64) error {
	rng := rand.New(rand.NewPCG(seed, 0))
	for head := uint64(0); head < last; {
		before := r.Published()
		t := stampOf(before) - 3*rng.Int64N(2*int64(r.slots)) + rng.Int64N(3)
		q := Query{Time: t, Nearest: rng.IntN(2) == 0}
		wanted := uint64(max(t+2, 3) / 3) // by stampOf
		if q.Nearest {
			wanted = uint64(max(t+1, 3) / 3)
		}
		got := make([]uint64, 1)
		s, seen, sound := r.Find(q, 0, got)
		k, after := s.Sequence, r.Published()
		switch {
		case !sound:
			return fmt.Errorf("%+v: the ring contradicts itself", q)
		case k == 0 && before > 0 && (q.Nearest || t <= stampOf(seen)):
			return fmt.Errorf("%+v: none of %d to %d", q, before, after)
		case k > 0 && (s.Time != stampOf(k) || got[0] != sampleOf(k, 1)[0]):
			return fmt.Errorf("%+v: torn: %+v %v", q, s, got)
		case k > 0 && !q.Nearest && s.Time < t:
			return fmt.Errorf("%+v: value %d is too early", q, k)
		case wanted <= before && wanted+r.capacity() > after && k != wanted:
			return fmt.Errorf("%+v: value %d, not %d, though that is kept, of %d to %d", q, k, wanted, before, after)
		case k > after:
			return fmt.Errorf("%+v: value %d of %d", q, k, after)
		}
		head = after
	}
	return nil
}

// FuzzSearch asks a ring in memory of any content: what a file that nobody can trust may hold.
func FuzzSearch(f *testing.F) {
	content := bytesOf(timed(4, 10, 20, 20, 40, 50))
	for _, head := range []uint64{0, 1, 3, 4, 5, 1 << 40, headLimit - 1, headLimit, 1 << 63, ^uint64(0)} {
		for _, at := range []int64{0, 20, 45, 51, math.MaxInt64, -1} {
			f.Add(head, content, at, int64(0))
		}
	}
	f.Add(uint64(headLimit-1), slices.Repeat([]byte{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, 9), int64(7), int64(3))
	f.Add(uint64(2), slices.Repeat([]byte{0xff}, 96), int64(7), int64(3))
	f.Fuzz(func(t *testing.T, head uint64, content []byte, at, oldest int64) {
		r := memoryOf(head, content, 1, 0)
		before := bytesOf(r)
		k, seen, sound := r.Search(at)
		require.Equal(t, head < headLimit, sound)
		if sound {
			require.Equal(t, head, seen)
			require.LessOrEqual(t, k, head+1)
			require.Greater(t, k, head-min(head, r.capacity()))
		}
		for _, nearest := range []bool{false, true} {
			got := make([]uint64, 1)
			s, _, sound := r.Find(Query{Time: at, Nearest: nearest, Oldest: oldest}, uint64(len(content)%5), got)
			if s.Sequence == 0 {
				continue
			}
			require.True(t, sound)
			slot := r.slot(s.Sequence)
			require.Equal(t, 2*s.Sequence, slot[sequence].Load())
			require.Equal(t, []uint64{slot[payload].Load()}, got)
			require.LessOrEqual(t, s.Sequence, head)
			require.Greater(t, s.Sequence, head-min(head, r.capacity()))
		}
		require.Equal(t, before, bytesOf(r), "a reader writes nothing")
	})
}
