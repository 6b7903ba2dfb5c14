package ring

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// requireNext checks the next value, and that lost were skipped.
func requireNext(t *testing.T, r Ring, c *Position, k, lost uint64) {
	t.Helper()
	got := make([]uint64, r.size)
	s, passed, sound := r.Next(c, got)
	require.True(t, sound)
	require.Equal(t, Sample{Sequence: k, Time: stampOf(k)}, s)
	require.Equal(t, sampleOf(k, int(r.size)), got)
	require.Equal(t, lost, passed)
	require.Equal(t, k, c.After)
}

func requireNoNext(t *testing.T, r Ring, c *Position) {
	t.Helper()
	before := *c
	got := slices.Repeat([]uint64{0xdead}, int(r.size))
	s, lost, sound := r.Next(c, got)
	require.True(t, sound)
	require.Zero(t, s)
	require.Zero(t, lost)
	require.Equal(t, before, *c)
	require.Equal(t, slices.Repeat([]uint64{0xdead}, int(r.size)), got)
	require.Zero(t, r.Unseen(*c))
}

func TestNext_ReturnsEachValueOnce(t *testing.T) {
	for _, slots := range []int{2, 3, 7} {
		r := heap(slots, 2, 1)
		w := NewWriter(r)
		var c Position
		for k := uint64(1); k <= 50; {
			requireNoNext(t, r, &c)
			from := k
			for range 1 + int(k)%(slots-1) { // as many as are kept, at most
				w.Write(sampleOf(k, 2), stampOf(k))
				k++
			}
			require.Equal(t, k-from, r.Unseen(c))
			for ; from < k; from++ {
				requireNext(t, r, &c, from, 0)
			}
		}
	}
}

func TestNext_SkipsToTheOldestThatIsKept(t *testing.T) {
	for _, slots := range []uint64{2, 3, 7} {
		kept := slots - 1
		for ahead := kept; ahead < 3*slots; ahead++ {
			r := heap(int(slots), 1, 0)
			w := NewWriter(r)
			for k := uint64(1); k <= 5+ahead; k++ {
				w.Write(sampleOf(k, 1), stampOf(k))
			}
			c := Position{After: 5}
			require.Equal(t, ahead, r.Unseen(c))
			requireNext(t, r, &c, 5+ahead-kept+1, ahead-kept)
			for k := 5 + ahead - kept + 2; k <= 5+ahead; k++ {
				requireNext(t, r, &c, k, 0)
			}
			requireNoNext(t, r, &c)
		}
	}
}

func TestNext_ReportsWhatContradictsItself(t *testing.T) {
	for name, damage := range map[string]func(r Ring){
		"head before the cursor":    func(r Ring) { r.head.Store(3) },
		"nothing published":         func(r Ring) { r.head.Store(0) },
		"head beyond the slots":     func(r Ring) { r.head.Store(1 << 40) },
		"head at its largest":       func(r Ring) { r.head.Store(^uint64(0)) },
		"newest said unused":        func(r Ring) { r.slot(6)[sequence].Store(0); r.slot(5)[sequence].Store(0) },
		"newest said half made":     func(r Ring) { r.slot(6)[sequence].Store(11); r.slot(5)[sequence].Store(9) },
		"newest of a later lap":     func(r Ring) { r.slot(6)[sequence].Store(18); r.slot(5)[sequence].Store(16) },
		"head that has no slot yet": func(r Ring) { r.head.Store(9) },
	} {
		t.Run(name, func(t *testing.T) {
			r := heap(3, 1, 0)
			w := NewWriter(r)
			for k := uint64(1); k <= 6; k++ {
				w.Write(sampleOf(k, 1), stampOf(k))
			}
			damage(r)
			c := Position{After: 4}
			require.False(t, finishes(t, func() bool {
				s, lost, sound := r.Next(&c, make([]uint64, 1))
				require.Zero(t, s)
				require.Zero(t, lost)
				return sound
			}))
			require.Equal(t, Position{After: 4}, c)
		})
	}
}

// A slot that is overwritten before head shows it, as weak memory allows, is skipped.
func TestNext_GoesOneFurtherWhenItIsLapped(t *testing.T) {
	r := heap(4, 1, 0)
	w := NewWriter(r)
	for k := uint64(1); k <= 6; k++ {
		w.Write(sampleOf(k, 1), stampOf(k))
	}
	r.slot(4)[sequence].Store(15)
	c := Position{After: 3}
	requireNext(t, r, &c, 5, 1)
}

func TestUnseen_IsNothingWhereHeadIsGarbage(t *testing.T) {
	r := heap(2, 1, 0)
	r.head.Store(5)
	for after, want := range map[uint64]uint64{0: 5, 4: 1, 5: 0, 6: 0} {
		require.Equal(t, want, r.Unseen(Position{After: after}))
	}
	r.head.Store(headLimit)
	require.Zero(t, r.Unseen(Position{}))
}

func TestNext_GetsOrCountsEveryValueOfAFastWriter(t *testing.T) {
	const readers, words = 3, 1 << 21
	for _, slots := range []int{2, 3, 100} {
		for _, size := range []int{1, 1 << 13} {
			writes := uint64(min(100_000, words/size))
			t.Run(fmt.Sprintf("slots=%d/words=%d", slots, size), func(t *testing.T) {
				r := heap(slots, size, 0)
				var all sync.WaitGroup
				faults := make(chan error, readers)
				for range readers {
					all.Go(func() { faults <- follow(r, writes) })
				}
				w := NewWriter(r)
				for k := uint64(1); k <= writes; k++ {
					w.Write(sampleOf(k, size), stampOf(k))
				}
				all.Wait()
				close(faults)
				for err := range faults {
					require.NoError(t, err)
				}
			})
		}
	}
}

// follow takes values until it has the last, or has lost it.
func follow(r Ring, last uint64) error {
	got := make([]uint64, r.size)
	var c Position
	var received, lost uint64
	for c.After < last {
		s, passed, sound := r.Next(&c, got)
		lost += passed
		switch k := s.Sequence; {
		case !sound:
			return fmt.Errorf("after value %d: found garbage", c.After)
		case k == 0:
			continue
		case s.Time != stampOf(k) || !slices.Equal(got, sampleOf(k, int(r.size))):
			return fmt.Errorf("found a torn value %d: %v at %d", k, got, s.Time)
		}
		if received++; received+lost != c.After || s.Sequence != c.After {
			return fmt.Errorf("received %d and lost %d, but came to value %d", received, lost, s.Sequence)
		}
	}
	return nil
}

func TestNext_AllocatesNothing(t *testing.T) {
	r := heap(3, 1, 0)
	w := NewWriter(r)
	var c Position
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		var v [1]uint64
		w.Write(v[:], 1)
		_, _, _ = r.Next(&c, v[:])
	}))
}

// FuzzNext reads memory of any content from any cursor.
func FuzzNext(f *testing.F) {
	good := heap(3, 1, 0)
	w := NewWriter(good)
	for k := uint64(1); k <= 4; k++ {
		w.Write(sampleOf(k, 1), stampOf(k))
	}
	content := bytesOf(good)
	for _, head := range []uint64{0, 1, 3, 4, 5, 1 << 40, headLimit - 1, headLimit, 1<<63 + 4, ^uint64(0)} {
		for _, after := range []uint64{0, 2, 3, 4, headLimit - 2, ^uint64(0)} {
			f.Add(head, after, content, uint8(1))
		}
	}
	f.Add(uint64(headLimit-1), uint64(headLimit-2), slices.Repeat([]byte{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, 9), uint8(1))
	f.Fuzz(func(t *testing.T, head, after uint64, content []byte, size uint8) {
		r := memoryOf(head, content, 1+int(size%4), 0)
		before := bytesOf(r)
		c := Position{After: after}
		got := slices.Repeat([]uint64{0xdead}, int(r.size))
		s, lost, sound := r.Next(&c, got)
		require.Equal(t, before, bytesOf(r), "a reader writes nothing")
		if s.Sequence == 0 {
			require.Equal(t, head == after, sound)
			require.Zero(t, lost)
			require.Equal(t, after, c.After)
			return
		}
		require.True(t, sound)
		require.Equal(t, s.Sequence, c.After)
		require.Equal(t, s.Sequence-after-1, lost)
		require.LessOrEqual(t, s.Sequence, head)
		require.Greater(t, s.Sequence, head-min(head, r.slots-1))
		slot := r.slot(s.Sequence)
		require.Equal(t, 2*s.Sequence, slot[sequence].Load())
		require.Equal(t, int64(slot[stamp].Load()), s.Time)
		for i, word := range got {
			require.Equal(t, slot[payload+i].Load(), word)
		}
	})
}
