package shmpubsub_test

import (
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
)

func TestRecv_WakesInOtherProcessesAndOutlivesTheirDeath(t *testing.T) {
	domain(t)
	p := intPublisher(t, "x")
	var children []*process
	for range 3 {
		children = append(children, spawn(t, "receive", "x"))
	}
	for v := int64(1); v <= 30; v++ {
		if v == 20 { // with all of them asleep, or nearly so
			children[0].kill()
			children = children[1:]
		}
		publish(t, p, v)
		for _, child := range children {
			require.Equal(t, strconv.FormatInt(v, 10), child.hear(t))
		}
	}
	for _, child := range children {
		child.end(t)
	}
	publish(t, p, 31) // what they left costs one empty wake
	word := wordOf(t, "x")
	require.Zero(t, word&1)
	publish(t, p, 32)
	require.Equal(t, word, wordOf(t, "x"))
}

func TestRecv_WaitsWhereAPublisherIsKilledAndAnotherOneComes(t *testing.T) {
	domain(t)
	s := intSubscriber(t, "x")
	for range 3 {
		done := receiving(soon(t), s)
		child := spawn(t, "publish", "x")
		(<-done).require(t, 42)
		done = receiving(soon(t), s)
		requireSoon(t, func() bool { return someoneWaits(t, "x") })
		child.kill() // which wakes nobody
		p, err := shmpubsub.NewIntPublisher("x", 3)
		require.NoError(t, err)
		publish(t, p, 7)
		(<-done).require(t, 7)
		require.NoError(t, p.Close())
	}
	require.Zero(t, s.Lost())
}

// In order, and received plus lost equals published, however much faster the publisher is.
func TestRecv_GetsOrCountsEveryValueOfAProcessAtFullSpeed(t *testing.T) {
	domain(t)
	defer spawn(t, "count", "x").end(t)
	s := intSubscriber(t, "x")
	first, err := s.Recv(soon(t))
	require.NoError(t, err)
	received := first
	before := s.Lost()
	ctx := soon(t)
	for range 100_000 {
		v, err := s.Recv(ctx)
		if received++; err != nil || v != received+int64(s.Lost()-before) {
			require.NoError(t, err)
			require.Equal(t, received+int64(s.Lost()-before), v)
		}
	}
	t.Logf("%d received, %d lost", received-first, s.Lost())
}

func TestRecv_SharesValuesAmongGoroutines(t *testing.T) {
	const goroutines, values = 6, 20_000
	domain(t)
	p, s := intPublisher(t, "x"), intSubscriber(t, "x")
	var all sync.WaitGroup
	var mu sync.Mutex
	received := map[int64]bool{}
	for range goroutines {
		all.Go(func() {
			last := int64(-1)
			for v := range s.Values(soon(t)) {
				mu.Lock()
				assert.False(t, received[v], "received twice")
				received[v] = true
				mu.Unlock()
				assert.Less(t, last, v)
				last = v
			}
		})
	}
	for v := range int64(values) {
		publish(t, p, v)
	}
	requireSoon(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return received[values-1]
	})
	require.NoError(t, s.Close())
	all.Wait()
	require.Equal(t, values, len(received)+int(s.Lost()))
	t.Logf("%d received, %d lost", len(received), s.Lost())
}
