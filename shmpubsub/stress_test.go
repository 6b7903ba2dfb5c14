package shmpubsub

import (
	"context"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// withoutSlices makes waiters depend on their wake-ups: a lost one blocks for ever.
func withoutSlices(t *testing.T) {
	t.Helper()
	before := checkInterval
	checkInterval = int64(time.Hour)
	t.Cleanup(func() { checkInterval = before })
}

func inDomain(t *testing.T) Option {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "shm_pub_sub-gotest-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.Remove(dir), "left in shared memory") })
	return InDir(dir)
}

const tooLate = 20 * time.Second

// Waiters that each take every value before the next is published, so that all of them wait for each; publishers that
// close and start again; and others that give up waiting all the time.
func TestRecv_MissesNoWakeUp(t *testing.T) {
	const waiters, runs, restarts = 4, 250, 12
	withoutSlices(t)
	dir := inDomain(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	turns := make(chan int64, waiters)
	for i := range uint64(waiters) {
		s, err := NewIntSubscriber("x", -1, dir)
		require.NoError(t, err)
		random := rand.New(rand.NewPCG(seed, i))
		all.Go(func() {
			last := int64(0)
			for v := range s.Values(ctx) {
				if !assert.Equal(t, last+1, v) {
					break
				}
				last = v
				turns <- v
				for range random.IntN(3) {
					runtime.Gosched()
				}
			}
			assert.Zero(t, s.Lost())
			assert.NoError(t, s.Close())
		})
	}
	quitter, err := NewIntSubscriber("x", -1, dir)
	require.NoError(t, err)
	var quits atomic.Int64
	for range 2 {
		all.Go(func() {
			for ctx.Err() == nil {
				soon, stop := context.WithTimeout(ctx, 100*time.Microsecond)
				if _, err := quitter.Recv(soon); err != nil {
					quits.Add(1)
				}
				stop()
			}
		})
	}
	random := rand.New(rand.NewPCG(seed, waiters))
	v := int64(0)
	for range restarts {
		p, err := NewIntPublisher("x", 4, dir)
		require.NoError(t, err)
		for range runs {
			many := make([]int64, 1+random.IntN(3))
			for i := range many {
				v++
				many[i] = v
			}
			if len(many) == 1 {
				require.NoError(t, p.Publish(v))
			} else {
				require.NoError(t, p.PublishMany(many))
			}
			for range waiters * len(many) {
				select {
				case <-turns:
				case <-time.After(tooLate):
					require.FailNow(t, "a wake-up was missed", "value %d", v)
				}
			}
		}
		require.NoError(t, p.Close())
	}
	cancel()
	all.Wait()
	require.NoError(t, quitter.Close())
	t.Logf("%d values to each of %d waiters, %d waits given up", v, waiters, quits.Load())
}

// Goroutines of one subscriber whose contexts end at any moment, and a Close at the end. No value is lost or received
// twice, and a goroutine notices its context's end before the slice's.
func TestRecv_SurvivesAStormOfCancellations(t *testing.T) {
	const goroutines, values = 16, 300
	withoutSlices(t)
	dir := inDomain(t)
	s, err := NewIntSubscriber("x", -1, dir)
	require.NoError(t, err)
	p, err := NewIntPublisher("x", values, dir)
	require.NoError(t, err)
	var all sync.WaitGroup
	var had [values]atomic.Int32
	var received, quits, late atomic.Int64
	for range goroutines {
		all.Go(func() {
			for {
				ctx, cancel := context.WithTimeout(context.Background(), time.Duration(rand.IntN(300))*time.Microsecond)
				start := time.Now()
				v, err := s.Recv(ctx)
				if time.Since(start) > tooLate {
					late.Add(1)
				}
				cancel()
				switch err {
				case nil:
					had[v].Add(1)
					received.Add(1)
				case context.DeadlineExceeded:
					quits.Add(1)
				default:
					assert.ErrorIs(t, err, ErrClosed)
					return
				}
			}
		})
	}
	for v := range int64(values) {
		require.NoError(t, p.Publish(v))
		more := quits.Load() + rand.Int64N(2*goroutines)
		for limit := time.Now().Add(tooLate); quits.Load() < more && time.Now().Before(limit); {
			time.Sleep(50 * time.Microsecond)
		}
	}
	for limit := time.Now().Add(tooLate); received.Load() < values && time.Now().Before(limit); {
		time.Sleep(50 * time.Microsecond)
	}
	require.NoError(t, s.Close())
	all.Wait()
	require.NoError(t, p.Close())
	for v := range had {
		require.Equal(t, int32(1), had[v].Load(), "value %d", v)
	}
	require.Zero(t, s.Lost())
	require.Zero(t, late.Load())
	t.Logf("%d waits given up", quits.Load())
}

func TestClose_EndsWaitsWithoutASlice(t *testing.T) {
	withoutSlices(t)
	dir := inDomain(t)
	p, err := NewIntPublisher("x", 1, dir)
	require.NoError(t, err)
	s, err := NewIntSubscriber("x", -1, dir)
	require.NoError(t, err)
	done := make(chan error)
	for range 3 {
		go func() {
			_, err := s.Recv(context.Background())
			done <- err
		}()
	}
	for p.segment.WaitWord().Load()&1 == 0 {
		runtime.Gosched()
	}
	require.NoError(t, s.Close())
	for range 3 {
		select {
		case err := <-done:
			require.ErrorIs(t, err, ErrClosed)
		case <-time.After(tooLate):
			require.FailNow(t, "it sleeps on")
		}
	}
	require.NoError(t, p.Close())
}
