package shmpubsub_test

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
)

func TestPublisher_IsSharedByGoroutines(t *testing.T) {
	const goroutines, each = 8, 500
	domain(t)
	p, s := intPublisher(t, "x"), intSubscriber(t, "x")
	var all sync.WaitGroup
	for g := range goroutines {
		all.Go(func() {
			for i := range each {
				assert.NoError(t, p.Publish(int64(g*each+i)))
				v, ok := s.Subscribe()
				assert.True(t, ok && 0 <= v && v < goroutines*each)
			}
		})
	}
	all.Wait()
	info, err := shmpubsub.Inspect("x")
	require.NoError(t, err)
	require.Equal(t, uint64(goroutines*each), info.Published)
}

// Close may come at any moment of a Publish and of a Subscribe, from any goroutine.
func TestClose_IsSafeDuringPublishAndSubscribe(t *testing.T) {
	const rounds, goroutines = 20, 3
	domain(t)
	for range rounds {
		p, err := shmpubsub.NewIntPublisher("x", 1)
		require.NoError(t, err)
		s, err := shmpubsub.NewIntSubscriber("x", -1)
		require.NoError(t, err)
		var all sync.WaitGroup
		var published atomic.Int64
		for range goroutines {
			all.Go(func() {
				var err error
				for err == nil {
					err = p.Publish(7)
					published.Add(1)
				}
				assert.ErrorIs(t, err, shmpubsub.ErrClosed)
			})
			all.Go(func() {
				for !errors.Is(s.Err(), shmpubsub.ErrClosed) {
					v, ok := s.Subscribe()
					assert.True(t, ok && v == 7 || !ok && v == -1, "%v, %v", v, ok)
				}
			})
			all.Go(func() {
				for published.Load() < 20 {
					runtime.Gosched()
				}
				assert.NoError(t, p.Close())
				assert.NoError(t, s.Close())
			})
		}
		all.Wait()
	}
}

func TestSubscribers_FollowAnEndlessChangeOfPublishers(t *testing.T) {
	const publishers = 300
	domain(t)
	var all sync.WaitGroup
	var done atomic.Bool
	for range 3 {
		s := intSubscriber(t, "x")
		all.Go(func() {
			last := int64(0)
			for !done.Load() {
				v, ok := s.Subscribe()
				if !assert.NoError(t, s.Err()) {
					return
				}
				if ok {
					assert.GreaterOrEqual(t, v, last, "a publisher that is no more")
					last = v
				}
			}
		})
	}
	for i := range int64(publishers) {
		p, err := shmpubsub.NewIntPublisher("x", 1)
		require.NoError(t, err)
		for v := range int64(3) {
			require.NoError(t, p.Publish(10*i+v))
		}
		require.NoError(t, p.Close())
	}
	done.Store(true)
	all.Wait()
}

func TestPublishersAndSubscribers_LeaveNothingBehindInTheProcess(t *testing.T) {
	domain(t)
	turn := func() {
		p, err := shmpubsub.NewIntPublisher("x", 3)
		require.NoError(t, err)
		s, err := shmpubsub.NewIntSubscriber("x", -1)
		require.NoError(t, err)
		require.NoError(t, p.Publish(1))
		requireReads(t, s, 1, true)
		_, err = shmpubsub.NewIntPublisher("x", 3)
		require.ErrorIs(t, err, shmpubsub.ErrExists)
		_, err = shmpubsub.NewBoolSubscriber("x", false)
		require.ErrorIs(t, err, shmpubsub.ErrType)
		_, err = shmpubsub.Inspect("x")
		require.NoError(t, err)
		require.ErrorIs(t, shmpubsub.Remove("x"), shmpubsub.ErrExists)
		require.NoError(t, p.Close())
		requireReads(t, s, -1, false)
		require.NoError(t, s.Close())
	}
	turn()
	time.Sleep(time.Nanosecond) // the runtime has two descriptors of its own from its first timer on
	descriptors, mappings := owned(t)
	for range 500 {
		turn()
	}
	descriptorsNow, mappingsNow := owned(t)
	require.Equal(t, descriptors, descriptorsNow)
	require.Equal(t, mappings, mappingsNow)
}

// owned counts this process's descriptors and its mappings of topics.
func owned(t *testing.T) (descriptors, mappings int) {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	maps, err := os.ReadFile("/proc/self/maps")
	require.NoError(t, err)
	return len(open), strings.Count(string(maps), os.Getenv(shmpubsub.DirEnv))
}
