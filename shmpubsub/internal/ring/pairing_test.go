package ring_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The pairing behind waiting (Dekker's): the publisher stores head and then loads the wait word, the waiter sets its bit
// in the word and then loads head. All are seq_cst, otherwise each may miss the other: the publisher finds nobody
// waiting, and the waiter misses the value. The publisher's C steps are ring_write's last store and eventcount_notify;
// the waiter's are eventcount_announce and its second look, in wait.c.

const (
	headAt, wordAt = x, y
	waits          = 1 // the bit in the wait word
)

// pairing is the order of each access, in the order of the protocol.
type pairing struct{ earlyStore, headStore, wordLoad, exchange, announceLoad, announce, headLoad order }

func asWritten() pairing {
	return pairing{
		earlyStore:   earlyHeadStep.order,
		headStore:    headStep.order,
		wordLoad:     notifySteps[0].order,
		exchange:     notifySteps[1].order,
		announceLoad: announceSteps[0].order,
		announce:     announceSteps[1].order,
		headLoad:     secondLook[0].order,
	}
}

// publisher publishes values 1 and 2, each by itself or both as a batch. What eventcount_notify has loaded is
// in its register 0.
func (o pairing) publisher(batch bool) program {
	var p program
	for k := uint8(1); k <= 2; k++ {
		if batch && k < 2 {
			p = append(p, put(headAt, k, o.earlyStore))
			continue
		}
		loaded := len(p) + 1
		done := loaded + 2
		p = append(p,
			put(headAt, k, o.headStore),
			instruction{kind: load, order: o.wordLoad, at: constant(wordAt),
				then: func(t *thread, got uint8, _ bool) {
					if t.reg[0] = got; got&waits == 0 {
						t.pc = done
					}
				}},
			instruction{kind: update, order: o.exchange, at: constant(wordAt),
				value: func(t *thread, old uint8) (uint8, bool) { return old + 1, old == t.reg[0] },
				then: func(t *thread, got uint8, stored bool) {
					if t.reg[0] = got; !stored && got&waits != 0 {
						t.pc-- // what it found is in w now: again
					}
				}},
		)
	}
	return p
}

// waiter announces itself and looks at head, until it would sleep (with what it has seen in register 0
// and the word that it sleeps on in register 1) or has seen value 2.
func (o pairing) waiter() program {
	return program{
		{kind: load, order: o.announceLoad, at: constant(wordAt),
			then: func(t *thread, got uint8, _ bool) {
				if t.reg[1] = got; got&waits != 0 {
					t.pc = 2 // another waiter has set the bit in this epoch
				}
			}},
		{kind: update, order: o.announce, at: constant(wordAt),
			value: func(t *thread, old uint8) (uint8, bool) { return old | waits, old == t.reg[1] },
			then: func(t *thread, got uint8, stored bool) {
				t.reg[1] = got | waits
				if !stored && got&waits == 0 {
					t.reg[1] = got
					t.pc-- // again
				}
			}},
		{kind: load, order: o.headLoad, at: constant(headAt),
			then: func(t *thread, got uint8, _ bool) {
				if got != t.reg[0] && got != 2 {
					t.pc = 0
				}
				t.reg[0] = got
			}},
	}
}

// losesWakeUps reports whether a waiter may sleep for ever: it has not seen the last value, and the word is
// in the end still the one that it sleeps on, so that FUTEX_WAIT lets it and nobody has woken it.
func (o pairing) losesWakeUps(waiters int) (lost bool) {
	for _, batch := range []bool{false, true} {
		lost = lost || o.losesWakeUpsOf(o.publisher(batch), waiters)
	}
	return lost
}

func (o pairing) losesWakeUpsOf(publisher program, waiters int) bool {
	programs := []program{publisher}
	for range waiters {
		programs = append(programs, o.waiter())
	}
	lost := false
	explore(newMachine(2, len(programs)), programs, func(m machine) {
		for _, w := range m.threads[1:] {
			lost = lost || w.reg[0] != m.final(headAt) && w.reg[1] == m.final(wordAt)
		}
	})
	return lost
}

func TestPairing_LosesNoWakeUpUnderTheC11MemoryModel(t *testing.T) {
	for waiters := 1; waiters <= 2; waiters++ {
		require.False(t, asWritten().losesWakeUps(waiters))
	}
}

func TestPairing_NeedsItsOrders(t *testing.T) {
	for _, c := range []struct {
		change string
		weaken func(*pairing)
		lost   bool
	}{
		{"head stored release", func(o *pairing) { o.headStore = release }, true},
		{"word loaded acquire", func(o *pairing) { o.wordLoad = acquire }, true},
		{"bit set acq_rel", func(o *pairing) { o.announce = acqRel }, true},
		{"bit loaded acquire: harmless, who had set it did so seq_cst", func(o *pairing) { o.announceLoad = acquire }, false},
		{"head loaded acquire", func(o *pairing) { o.headLoad = acquire }, true},
		{"early heads relaxed: nobody is notified of them", func(o *pairing) { o.earlyStore = relaxed }, false},
		// The epoch makes the loaded word the only one of its value. (Without promises the machine
		// is not all that a relaxed exchange could do; the code's is seq_cst.)
		{"exchange relaxed: nothing found", func(o *pairing) { o.exchange = relaxed }, false},
	} {
		t.Run(c.change, func(t *testing.T) {
			o := asWritten()
			c.weaken(&o)
			require.Equal(t, c.lost, o.losesWakeUps(1) || o.losesWakeUps(2))
		})
	}
}
