package pool

import (
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub/internal/ring"
)

func TestPins_OfTheDeadAreSweptAndOthersStay(t *testing.T) {
	f := newFile(1, 3, 1)
	dead, corpse := f.pins(t, 1000)
	alive, _ := f.pins(t, 1000)
	sweeper, _ := f.pins(t, 1000)
	for _, p := range []*Pins{dead, dead, alive, sweeper} {
		_, ok := p.Claim(0, false)
		require.True(t, ok)
	}
	require.False(t, sweeper.Sweep(), "everybody lives")
	corpse.die()
	require.False(t, sweeper.Sweep(), "not twice in a second")
	sweeper.sweptAt -= sweepInterval
	require.True(t, sweeper.Sweep())
	require.Equal(t, 2, f.taken())
	require.NotContains(t, f.locked, dead.own, "only that byte is given back, and at once")
	require.Contains(t, f.locked, sweeper.own)
	sweeper.sweptAt -= sweepInterval
	require.False(t, sweeper.Sweep())
}

func TestPins_OfOutOfRangeEntriesAreNobodys(t *testing.T) {
	f := newFile(1, 2, 1)
	f.table[0].Store(pin(LockBytes, 1))
	f.table[1].Store(1 << 63)
	p, _ := f.pins(t, 0)
	require.False(t, p.Sweep())
	require.Equal(t, 2, f.taken(), "somebody wrote them who should not")
	c := f.chunks()
	for n := range uint64(10) {
		c.put(t, n)
	}
}

func TestNewPins_ClearsWhatTheByteHad(t *testing.T) {
	f := newFile(1, 2, 1)
	dead, corpse := f.pins(t, 5)
	other, _ := f.pins(t, 5)
	for _, p := range []*Pins{dead, other} {
		_, ok := p.Claim(1, true)
		require.True(t, ok)
	}
	corpse.die()
	next, _ := f.pins(t, 5)
	require.Equal(t, dead.own, next.own)
	require.Equal(t, 1, f.taken())
}

func TestNewPins_ReportsThatEveryByteIsTaken(t *testing.T) {
	f := newFile(1, 2, 1)
	var last *Pins
	for range LockBytes {
		last, _ = f.pins(t, LockBytes-1)
	}
	_, err := NewPins(f.table, &mapping{f}, 0)
	require.ErrorIs(t, err, ErrNoByte)
	last.Close()
	_, err = NewPins(f.table, &mapping{f}, 0)
	require.NoError(t, err)
}

func TestPins_LeaveTheLastEntryToCopies(t *testing.T) {
	f := newFile(1, 2, 1)
	p, _ := f.pins(t, 0)
	for want := range 2 {
		entry, ok := p.Claim(0, true)
		require.True(t, ok)
		require.Equal(t, want, entry)
	}
	_, ok := p.Claim(0, true)
	require.False(t, ok)
	entry, ok := p.Claim(0, false)
	require.True(t, ok)
	require.Equal(t, 2, entry)
	require.Equal(t, 3, p.Held())
	require.Panics(t, p.Close)
	for entry := range 3 {
		p.Clear(entry)
	}
	p.Close()
	require.Empty(t, f.locked)
}

// A writer at full speed, and a thousand readers that die at any moment with what they have pinned: no value is torn, the
// writer never lacks a chunk, and nothing is missing at the end.
func TestPins_SurviveAThousandKilledReaders(t *testing.T) {
	f := newFile(2, 3, 1)
	c := f.chunks()
	c.put(t, 0)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	var killed atomic.Int64
	var readers sync.WaitGroup
	for i := range uint64(4) {
		random := rand.New(rand.NewPCG(seed, i))
		readers.Go(func() {
			for killed.Add(1) <= 1000 {
				pins, own := f.pins(t, random.IntN(LockBytes))
				r := f.reader(pins, nil)
				r.Copy = func([]byte, uint64) error { return errors.New("it would be a data race here") }
				var at ring.Position
				for range random.IntN(20) {
					if v, _ := r.Newest(random.IntN(2) == 0); v.Pinned() {
						number(t, v.Bytes)
						v.Release()
					}
					if v, _, _ := r.Next(&at, false, false); v.Pinned() {
						number(t, v.Bytes)
						v.Release()
					}
				}
				for range random.IntN(3) { // in the middle of a read
					_, _ = pins.Claim(uint32(random.IntN(int(f.Chunks))), random.IntN(2) == 0)
				}
				own.die()
			}
		})
	}
	done := make(chan struct{})
	go func() {
		readers.Wait()
		close(done)
	}()
	published := uint64(1)
	for running := true; running; published++ {
		c.put(t, published)
		select {
		case <-done:
			running = false
		default:
		}
	}
	last, _ := f.pins(t, 0)
	last.Sweep()
	require.Zero(t, f.taken())
	require.Len(t, c.idle, int(f.Chunks)-3, "each slot names one")
}
