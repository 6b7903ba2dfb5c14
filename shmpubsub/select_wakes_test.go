package shmpubsub

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub/internal/futex"
)

// quietTopics are publishers of nothing yet, and their subscribers.
func quietTopics(t *testing.T, n int) ([]*IntPublisher, []AnySubscriber) {
	t.Helper()
	dir := inDomain(t)
	ps, ss := make([]*IntPublisher, n), make([]AnySubscriber, n)
	for i := range n {
		p, err := NewIntPublisher(fmt.Sprint(i), 3, dir)
		require.NoError(t, err)
		s, err := NewIntSubscriber(fmt.Sprint(i), -1, dir)
		require.NoError(t, err)
		t.Cleanup(func() {
			assert.NoError(t, p.Close())
			assert.NoError(t, s.Close())
		})
		ps[i], ss[i] = p, s
	}
	return ps, ss
}

// canSleep skips the test on a kernel without futex_waitv.
func canSleep(t *testing.T) {
	t.Helper()
	var words futex.Several
	flag := new(futex.Flag)
	flag.Raise()
	words.AddFlag(flag)
	if err := words.Wait(0); err != nil {
		t.Skipf("futex_waitv: %v", err)
	}
}

// few is how often a wait for one thing wakes up at the most: signals of Go's runtime may interrupt it. One that polls
// wakes up ten times as often.
const few = 3

// counted is a wait for values that says how often it woke up.
func counted(ctx context.Context, ss []AnySubscriber) (wakes <-chan int) {
	return countedOn(ctx, ss, false)
}

// countedOn is that on a kernel that may be an old one, without futex_waitv.
func countedOn(ctx context.Context, ss []AnySubscriber, old bool) (wakes <-chan int) {
	done := make(chan int, 1)
	go func() {
		w := newAnyWait(ctx)
		w.unable = old
		defer w.end()
		_, _ = w.selectAny(ss)
		done <- w.wakes
	}()
	return done
}

// requireWakes checks how often a wait woke up at the most.
func requireWakes(t *testing.T, most int, wakes <-chan int) {
	t.Helper()
	select {
	case found := <-wakes:
		require.LessOrEqual(t, found, most)
	case <-time.After(tooLate):
		require.FailNow(t, "it sleeps on")
	}
}

func TestSelect_SleepsUntilThereIsAValue(t *testing.T) {
	canSleep(t)
	withoutSlices(t)
	ps, ss := quietTopics(t, 100)
	for _, i := range []int{0, 50, 99} {
		wakes := counted(t.Context(), ss)
		time.Sleep(30 * time.Millisecond) // in which it could wake
		require.NoError(t, ps[i].Publish(7))
		requireWakes(t, few, wakes)
		_, ok := ss[i].(*IntSubscriber).TryRecv()
		require.True(t, ok)
	}
	ctx, cancel := context.WithCancel(t.Context())
	wakes := counted(ctx, ss)
	time.Sleep(10 * time.Millisecond)
	cancel()
	requireWakes(t, few, wakes)
}

// On an old kernel too, if there is one topic.
func TestSelect_SleepsOnOneTopicWithoutWaitv(t *testing.T) {
	withoutSlices(t)
	ps, ss := quietTopics(t, 1)
	for v := range int64(3) {
		wakes := countedOn(t.Context(), ss, true)
		time.Sleep(30 * time.Millisecond) // in which it could wake
		require.NoError(t, ps[0].Publish(v))
		requireWakes(t, few, wakes)
		_, ok := ss[0].(*IntSubscriber).TryRecv()
		require.True(t, ok)
	}
	wakes := countedOn(t.Context(), ss, true)
	time.Sleep(10 * time.Millisecond)
	require.NoError(t, ss[0].Close())
	requireWakes(t, few, wakes)
}

// The end of its context, whenever it comes, is no lost wake-up; nor is a value beside it.
func TestSelect_EndsWithItsContextWithoutWaitv(t *testing.T) {
	withoutSlices(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	ps, ss := quietTopics(t, 2)
	for v := range int64(3000) {
		ctx, cancel := context.WithCancel(t.Context())
		topics := ss[:1+v%2]
		wakes := countedOn(ctx, topics, true)
		for range random.IntN(2000) {
			runtime.KeepAlive(v) // a few microseconds
		}
		if random.IntN(2) == 0 {
			require.NoError(t, ps[0].Publish(v))
		} else {
			cancel()
		}
		requireWakes(t, 1000, wakes)
		cancel()
		_, _ = ss[0].(*IntSubscriber).TryRecv()
	}
}

// The checks of many publishers, which begin at different times, are soon made together.
func TestSelect_ChecksPublishersTogether(t *testing.T) {
	canSleep(t)
	ps, ss := quietTopics(t, 50)
	now := time.Duration(0)
	for _, s := range ss { // in the next 0.1 s, one after the other
		s.of().checkAt += int64(now) - checkInterval/2
		now += 2 * time.Millisecond
	}
	const rounds = 6
	ctx, cancel := context.WithTimeout(t.Context(), rounds*time.Duration(checkInterval))
	defer cancel()
	wakes := counted(ctx, ss)
	requireWakes(t, 2*rounds+few, wakes)
	require.NoError(t, ps[0].Close())
}

// Several goroutines select from the same topics, of which each value goes to one of them, while publishers publish and
// others give up waiting.
func TestSelect_MissesNoWakeUp(t *testing.T) {
	canSleep(t)
	const waiters, topics, values = 3, 4, 1500
	withoutSlices(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	ps, ss := quietTopics(t, topics)
	ctx, cancel := context.WithCancel(t.Context())
	received := make(chan int64)
	var all sync.WaitGroup
	for range waiters {
		all.Go(func() {
			for {
				ready, err := Select(ctx, ss...)
				if err != nil {
					return
				}
				for _, s := range ready {
					if v, ok := s.(*IntSubscriber).TryRecv(); ok {
						received <- v
					}
				}
			}
		})
	}
	for range 2 {
		all.Go(func() {
			for ctx.Err() == nil {
				soon, stop := context.WithTimeout(ctx, 200*time.Microsecond)
				_, _ = Select(soon, ss[:3]...)
				stop()
			}
		})
	}
	random := rand.New(rand.NewPCG(seed, 0))
	for v := range int64(values) {
		require.NoError(t, ps[1+random.IntN(topics-1)].Publish(v))
		select {
		case found := <-received:
			require.Equal(t, v, found)
		case <-time.After(tooLate):
			require.FailNow(t, "a waiter sleeps on", "value %d", v)
		}
	}
	cancel()
	all.Wait()
}

// A topic that is ahead wakes nobody.
func TestAlign_SleepsUntilASetIsPossible(t *testing.T) {
	canSleep(t)
	withoutSlices(t)
	ps, ss := quietTopics(t, 3)
	a, err := Align(time.Hour, ss...)
	require.NoError(t, err)
	defer func() { require.NoError(t, a.Close()) }()
	for range 3 {
		wakes := make(chan int, 1)
		go func() {
			w := newAnyWait(t.Context())
			defer w.end()
			assert.NoError(t, a.await(w))
			wakes <- w.wakes
		}()
		for _, p := range ps {
			for v := range int64(100) {
				require.NoError(t, p.Publish(v))
			}
		}
		requireWakes(t, len(ps)+few, wakes)
	}
}
