package pool

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPins_LeaveTheLastEntryToCopies(t *testing.T) {
	p, _ := newFile(1, 2, 1).pins(t, 7)
	claim := func(view bool) int {
		entry, ok := p.Claim(1, view)
		if !ok {
			return -1
		}
		return entry
	}
	require.Equal(t, []int{2, 0, 1, -1, -1}, []int{claim(false), claim(true), claim(true), claim(true), claim(false)})
	p.Clear(1)
	require.Equal(t, 1, claim(false))
	for entry := range p.table {
		p.Clear(entry)
	}
	require.Equal(t, []int{0, 1, -1}, []int{claim(true), claim(true), claim(true)})
}

func TestPins_OfADeadMappingAreClearedByTheNextHolderOfItsByte(t *testing.T) {
	f := newFile(1, 2, 1)
	dead, m := f.pins(t, 7)
	_, _ = dead.Claim(1, true)
	m.die()
	next, _ := f.pins(t, 7)
	require.Equal(t, dead.own, next.own)
	require.Zero(t, f.taken())
}

// watched calls a function before it gives a byte back.
type watched struct {
	Locks
	before func()
}

func (w watched) Unlock(i int) {
	w.before()
	w.Locks.Unlock(i)
}

func TestSweep_ClearsTheEntriesOfTheDeadOnlyAndWhileItHoldsTheirByte(t *testing.T) {
	f := newFile(1, 3, 1)
	dead, m := f.pins(t, 7)
	lives, _ := f.pins(t, 7)
	sweeps, _ := f.pins(t, 7)
	for _, p := range []*Pins{dead, lives, sweeps} {
		_, _ = p.Claim(1, true)
	}
	f.table[3].Store(pin(LockBytes, 1)) // nobody's
	m.die()
	entries := func() (all []uint64) {
		for i := range f.table {
			all = append(all, f.table[i].Load())
		}
		return all
	}
	left := []uint64{0, pin(lives.own, 1), pin(sweeps.own, 1), pin(LockBytes, 1)}
	sweeps.locks = watched{sweeps.locks, func() { require.Equal(t, left, entries()) }}
	require.True(t, sweeps.Sweep())
	require.Equal(t, left, entries())
	require.Len(t, f.locked, 2)
	require.False(t, sweeps.Sweep(), "within a second of another")
}
