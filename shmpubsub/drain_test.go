package shmpubsub_test

import (
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
)

// requireDrains checks that Drain returns, and what. If it does not, the subscriber could not be closed either, so the
// test's end does not close it.
func requireDrains(t testing.TB, s *shmpubsub.IntSubscriber, values ...int64) {
	t.Helper()
	drained := make(chan []int64, 1)
	go func() { drained <- s.Drain() }()
	select {
	case got := <-drained:
		require.Equal(t, values, got)
	case <-time.After(30 * time.Second):
		require.FailNow(t, "it does not return")
	}
}

func TestDrain_EndsWhenNothingIsLeftOfAnEndedPublisher(t *testing.T) {
	for name, c := range map[string]struct {
		before func(t *testing.T, s *shmpubsub.IntSubscriber) // of Drain, when the publisher has ended
		want   []int64
	}{
		"before the next one": {func(t *testing.T, s *shmpubsub.IntSubscriber) { requireReads(t, s, -1, false) }, []int64{2}},
		"with one that has published nothing": {func(t *testing.T, s *shmpubsub.IntSubscriber) {
			intPublisher(t, "x")
			requireReads(t, s, -1, false)
		}, []int64{2}},
		"received before": {func(t *testing.T, s *shmpubsub.IntSubscriber) {
			requireReads(t, s, -1, false)
			requireReceives(t, s, 2)
		}, nil},
		"not yet noticed": {func(*testing.T, *shmpubsub.IntSubscriber) {}, []int64{2}},
	} {
		t.Run(name, func(t *testing.T) {
			domain(t)
			p, err := shmpubsub.NewIntPublisher("x", 3)
			require.NoError(t, err)
			s, err := shmpubsub.NewIntSubscriber("x", -1)
			require.NoError(t, err)
			publish(t, p, 1)
			requireReceives(t, s, 1)
			publish(t, p, 2)
			require.NoError(t, p.Close())
			c.before(t, s)
			requireDrains(t, s, c.want...)
			requireDrains(t, s)
			require.NoError(t, s.Close())
		})
	}
}

// A publisher that publishes its last value and ends, again and again, while another goroutine drains. Few of them live
// long enough to be seen, so more come until one was.
func TestDrain_EndsWhilePublishersEnd(t *testing.T) {
	domain(t)
	s, err := shmpubsub.NewIntSubscriber("x", -1)
	require.NoError(t, err)
	const publishers, values = 1000, 3
	done := make(chan error, 1)
	var seen atomic.Bool
	go func() {
		for v := int64(0); v < publishers || !seen.Load(); v++ {
			p, err := shmpubsub.NewIntPublisher("x", values)
			if err == nil {
				err = p.PublishMany([]int64{v, v, v})
			}
			if err == nil {
				err = p.Close()
			}
			if err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	stuck := time.AfterFunc(100*time.Second, func() { panic("Drain does not return") })
	var got []int64
	for ended := false; !ended; {
		select {
		case err := <-done:
			require.NoError(t, err)
			ended = true
		default:
		}
		got = append(got, s.Drain()...)
		seen.Store(len(got) > 0)
	}
	stuck.Stop()
	require.IsNonDecreasing(t, got)
	require.NoError(t, s.Close())
}

// damagedSize turns the retained topic x into one with that many slots, in a sparse file, and head values.
func damagedSize(t testing.TB, slots, head uint64) {
	t.Helper()
	require.NoError(t, os.Truncate(fileOf("x"), int64(slotsAt+slots*stride)))
	overwrite(t, "x", slotsNumberAt, slots)
	overwrite(t, "x", fileSizeAt, slotsAt+slots*stride)
	overwrite(t, "x", headAt, head)
}

func TestDrain_TakesNoMemoryForValuesThatOnlyADamagedHeaderHas(t *testing.T) {
	notEmulated(t, "addresses for a file of 128 GiB")
	domain(t)
	p := intPublisher(t, "x", shmpubsub.WithRetain())
	publish(t, p, 1)
	require.NoError(t, p.Close())
	t.Cleanup(func() { require.NoError(t, shmpubsub.Remove("x")) })
	damagedSize(t, 1<<32, 1<<32-1) // 128 GiB: some arm64 kernels have 39 bits of addresses
	s := intSubscriber(t, "x")
	require.Equal(t, []int64{1}, s.Drain(), "what is there")
	require.ErrorIs(t, s.Err(), shmpubsub.ErrLayout)
	require.Zero(t, s.DrainInto(make([]int64, 3)))
}
