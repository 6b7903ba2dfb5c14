package shmpubsub_test

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
)

// received is the result of a Recv in another goroutine.
type received struct {
	value int64
	err   error
}

// receiving starts a Recv.
func receiving(ctx context.Context, s *shmpubsub.IntSubscriber) <-chan received {
	done := make(chan received, 1)
	go func() {
		v, err := s.Recv(ctx)
		done <- received{v, err}
	}()
	return done
}

func (r received) require(t testing.TB, want int64) {
	t.Helper()
	require.NoError(t, r.err)
	require.Equal(t, want, r.value)
}

func TestRecv_WaitsForTheNextValue(t *testing.T) {
	domain(t)
	p, s := intPublisher(t, "x"), intSubscriber(t, "x")
	for v := range int64(50) {
		done := receiving(soon(t), s)
		requireSoon(t, func() bool { return someoneWaits(t, "x") })
		select {
		case r := <-done:
			require.Fail(t, "nothing was published", "%+v", r)
		default:
		}
		publish(t, p, v)
		(<-done).require(t, v)
	}
	require.False(t, someoneWaits(t, "x"))
}

func TestRecv_IsWokenOnceByABatchThatIsWhole(t *testing.T) {
	domain(t)
	p, s := intPublisher(t, "x"), intSubscriber(t, "x")
	done := receiving(soon(t), s)
	requireSoon(t, func() bool { return someoneWaits(t, "x") })
	before := wordOf(t, "x")
	require.NoError(t, p.PublishMany([]int64{1, 2, 3}))
	(<-done).require(t, 1)
	require.Equal(t, before+1, wordOf(t, "x"), "one epoch, and nobody waits")
	requireReceives(t, s, 2, 3)
}

func TestRecv_WaitsForAPublisherAndAcrossItsRestart(t *testing.T) {
	domain(t)
	s := intSubscriber(t, "x")
	for v := int64(0); v < 20; v += 2 {
		done := receiving(soon(t), s)
		p, err := shmpubsub.NewIntPublisher("x", 3)
		require.NoError(t, err)
		publish(t, p, v)
		(<-done).require(t, v)
		done = receiving(soon(t), s)
		requireSoon(t, func() bool { return someoneWaits(t, "x") })
		if v%4 == 0 {
			publish(t, p, v+1)
			(<-done).require(t, v+1)
			require.NoError(t, p.Close())
			continue
		}
		require.NoError(t, p.Close()) // it goes on to wait for the next one
		p, err = shmpubsub.NewIntPublisher("x", 3)
		require.NoError(t, err)
		publish(t, p, v+1)
		(<-done).require(t, v+1)
		require.NoError(t, p.Close())
	}
	require.Zero(t, s.Lost())
}

func TestRecv_WaitsOnARetainedTopicForItsNextPublisher(t *testing.T) {
	domain(t)
	p, s := intPublisher(t, "x", shmpubsub.WithRetain()), intSubscriber(t, "x")
	publish(t, p, 1)
	require.NoError(t, p.Close())
	requireReceives(t, s, 1)
	done := receiving(soon(t), s)
	requireSoon(t, func() bool { return someoneWaits(t, "x") })
	publish(t, intPublisher(t, "x"), 2)
	(<-done).require(t, 2)
}

func TestRecv_PollsWithoutThePermissionToWrite(t *testing.T) {
	domain(t)
	p := intPublisher(t, "x")
	letRead(t, "x")
	child := spawn(t, "receive", "x", "read only")
	for _, want := range []string{"1", "2", "3"} {
		v := int64(want[0] - '0')
		publish(t, p, v)
		require.Equal(t, want, child.hear(t))
	}
	require.Zero(t, wordOf(t, "x"), "it cannot announce itself")
	child.end(t)
}

// places make subscribers of topic x that have nothing to receive, and wait in different ways.
var places = map[string]func(t *testing.T) *shmpubsub.IntSubscriber{
	"for a file": func(t *testing.T) *shmpubsub.IntSubscriber { return intSubscriber(t, "x") },
	"on a live publisher's file": func(t *testing.T) *shmpubsub.IntSubscriber {
		intPublisher(t, "x")
		return intSubscriber(t, "x")
	},
	"on a file whose name is gone": func(t *testing.T) *shmpubsub.IntSubscriber { // it polls
		intPublisher(t, "x")
		s := intSubscriber(t, "x")
		require.NoError(t, os.Remove(fileOf("x")))
		return s
	},
	"for another file than a killed publisher's": func(t *testing.T) *shmpubsub.IntSubscriber {
		spawn(t, "publish", "x").kill()
		t.Cleanup(func() { require.NoError(t, shmpubsub.Remove("x")) })
		return intSubscriber(t, "x")
	},
}

func inEveryPlace(t *testing.T, test func(*testing.T, *shmpubsub.IntSubscriber)) {
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			domain(t)
			test(t, place(t))
		})
	}
}

// TestRecv_SurvivesAStormOfCancellations shows that a context's end does not wait for a slice's.
func TestRecv_EndsWithItsContext(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, s *shmpubsub.IntSubscriber) {
		for range 15 {
			ctx, cancel := context.WithCancel(context.Background())
			done := receiving(ctx, s)
			time.Sleep(3 * time.Millisecond) // most likely it waits by now
			cancel()
			require.Equal(t, received{-1, context.Canceled}, <-done)
		}

		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
		defer cancel()
		require.Equal(t, received{-1, context.DeadlineExceeded}, <-receiving(ctx, s))
		require.Equal(t, received{-1, context.DeadlineExceeded}, <-receiving(ctx, s), "and at once")
		require.NoError(t, s.Err())
		_, err := s.RecvSample(ctx)
		require.Equal(t, context.DeadlineExceeded, err)
		for range s.Values(ctx) {
			require.Fail(t, "a value")
		}
	})
}

func TestRecv_PrefersAValueToTheEndOfItsContext(t *testing.T) {
	domain(t)
	p, s := intPublisher(t, "x"), intSubscriber(t, "x")
	publish(t, p, 1)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	(<-receiving(ctx, s)).require(t, 1)
	require.Equal(t, received{-1, context.Canceled}, <-receiving(ctx, s))
}

func TestClose_EndsRecvInOtherGoroutines(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, s *shmpubsub.IntSubscriber) {
		var waiting []<-chan received
		for i := range 6 {
			ctx := context.Background()
			if i%2 == 0 {
				ctx = soon(t)
			}
			waiting = append(waiting, receiving(ctx, s))
		}
		var iterating sync.WaitGroup
		iterating.Go(func() {
			for v := range s.Values(context.Background()) {
				assert.Fail(t, "a value", "%d", v)
			}
			assert.ErrorIs(t, s.Err(), shmpubsub.ErrClosed)
		})
		time.Sleep(3 * time.Millisecond)
		start := time.Now()
		require.NoError(t, s.Close())
		for _, done := range waiting {
			r := <-done
			require.ErrorIs(t, r.err, shmpubsub.ErrClosed)
			require.EqualError(t, r.err, `receive "x": already closed`)
			require.Equal(t, int64(-1), r.value)
		}
		iterating.Wait()
		require.Less(t, time.Since(start), 5*time.Second)
		_, err := s.Recv(soon(t))
		require.ErrorIs(t, err, shmpubsub.ErrClosed)
		_, ok := s.TryRecv()
		require.False(t, ok)
		require.ErrorIs(t, s.WaitForPublisher(soon(t)), shmpubsub.ErrClosed)
		_, mappings := owned(t)
		require.LessOrEqual(t, mappings, 2, "the publisher's, if there is one")
	})
}

func TestRecv_SaysThatTheTypeChanged(t *testing.T) {
	domain(t)
	p, s := intPublisher(t, "x"), intSubscriber(t, "x")
	publish(t, p, 1)
	done := make(chan int64)
	go func() {
		defer close(done)
		for v := range s.Values(soon(t)) {
			done <- v
		}
	}()
	require.Equal(t, int64(1), <-done)
	publish(t, p, 2)
	require.Equal(t, int64(2), <-done)
	require.NoError(t, p.Close())
	other := made[*shmpubsub.FloatPublisher](t)(shmpubsub.NewFloatPublisher("x", 1))
	_, more := <-done
	require.False(t, more)
	require.ErrorIs(t, s.Err(), shmpubsub.ErrType)
	_, err := s.Recv(soon(t))
	require.ErrorIs(t, err, shmpubsub.ErrType)
	require.ErrorIs(t, s.WaitForPublisher(soon(t)), shmpubsub.ErrType)
	require.NoError(t, other.Close())
	publish(t, intPublisher(t, "x"), 3)
	requireReceives(t, s, 3)
	require.NoError(t, s.Err())
}

func TestValues_StopsWhereTheLoopDoes(t *testing.T) {
	domain(t)
	p, s := intPublisher(t, "x"), intSubscriber(t, "x")
	publish(t, p, 1, 2, 3)
	for want := int64(1); want <= 3; want++ {
		for v := range s.Values(context.Background()) {
			require.Equal(t, want, v)
			break
		}
	}
	requireReceivesNothing(t, s)
}

func TestWaitForPublisher_ReturnsOnceThereIsALiveOne(t *testing.T) {
	domain(t)
	s := intSubscriber(t, "x")
	wait := func(ctx context.Context) <-chan error {
		done := make(chan error, 1)
		go func() { done <- s.WaitForPublisher(ctx) }()
		return done
	}
	for range 2 { // what is retained is none
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
		require.Equal(t, context.DeadlineExceeded, <-wait(ctx))
		cancel()
		done := wait(soon(t))
		p := intPublisher(t, "x", shmpubsub.WithRetain())
		require.NoError(t, <-done, "it need not publish")
		require.NoError(t, <-wait(soon(t)))
		publish(t, p, 1)
		require.NoError(t, p.Close())
	}
	requireReceives(t, s, 1, 1)
	require.NoError(t, shmpubsub.Remove("x"))
}
