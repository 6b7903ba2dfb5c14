package shmpubsub_test

import (
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
)

func TestPublisher_ShowsItsCloseAtTheNextRead(t *testing.T) {
	domain(t)
	p, s := intPublisher(t, "x"), intSubscriber(t, "x")
	require.NoError(t, p.Publish(5))
	requireReads(t, s, 5, true)
	require.NoError(t, p.Close())
	requireReads(t, s, -1, false)
	requireReads(t, s, -1, false)
	require.NoFileExists(t, fileOf("x"))
}

func TestSubscriber_FollowsFromOnePublisherToTheNext(t *testing.T) {
	domain(t)
	s := intSubscriber(t, "x")
	for v := range int64(50) {
		p, err := shmpubsub.NewIntPublisher("x", int(1+v))
		require.NoError(t, err)
		requireReads(t, s, -1, false)
		require.NoError(t, p.Publish(v))
		requireReads(t, s, v, true)
		require.NoError(t, p.Close())
		if v%3 != 0 { // else it does not look before the next publisher is there
			requireReads(t, s, -1, false)
		}
	}
}

func TestSubscriber_NoticesAKilledPublisher(t *testing.T) {
	domain(t)
	child := spawn(t, "publish", "x")
	s := intSubscriber(t, "x")
	requireReads(t, s, 42, true)
	child.kill()
	requireSoon(t, func() bool { _, ok := s.Subscribe(); return !ok })
	requireReads(t, s, -1, false)
	require.FileExists(t, fileOf("x"))
	requireReads(t, intSubscriber(t, "x"), -1, false) // a new subscriber sees it at once
	require.NoError(t, shmpubsub.Remove("x"))
	requireReads(t, s, -1, false)
}

func TestPublisher_TakesOverFromAKilledOne(t *testing.T) {
	domain(t)
	child := spawn(t, "publish", "x")
	before := intSubscriber(t, "x") // was there before the kill,
	requireReads(t, before, 42, true)
	child.kill()
	between := intSubscriber(t, "x") // between,
	requireReads(t, between, -1, false)
	p := made[*shmpubsub.IntPublisher](t)(shmpubsub.NewIntPublisher("x", 1000))
	after := intSubscriber(t, "x") // and after the take-over
	for _, s := range []*shmpubsub.IntSubscriber{before, between, after} {
		requireReads(t, s, -1, false)
	}
	require.NoError(t, p.Publish(7))
	for _, s := range []*shmpubsub.IntSubscriber{before, between, after} {
		requireReads(t, s, 7, true)
	}
	m, err := p.Mapping()
	require.NoError(t, err)
	require.Equal(t, child.cmd.Process.Pid, m.Replaced)
}

func TestSubscriber_SaysThatTheTypeChangedAndRecovers(t *testing.T) {
	domain(t)
	child := spawn(t, "publish", "x")
	s := intSubscriber(t, "x")
	requireReads(t, s, 42, true)
	child.kill()
	other := made[*shmpubsub.FloatPublisher](t)(shmpubsub.NewFloatPublisher("x", 1))
	require.NoError(t, other.Publish(1.5))
	for range 2 {
		v, ok := s.Subscribe()
		require.False(t, ok)
		require.Equal(t, int64(-1), v)
		require.ErrorIs(t, s.Err(), shmpubsub.ErrType)
	}
	require.NoError(t, other.Close())
	requireReads(t, s, -1, false)
	require.NoError(t, intPublisher(t, "x").Publish(8))
	requireReads(t, s, 8, true)
}

func TestPublisher_IsTheOnlyOneOfItsTopic(t *testing.T) {
	domain(t)
	p, s := intPublisher(t, "x"), intSubscriber(t, "x")
	require.NoError(t, p.Publish(5))
	_, err := shmpubsub.NewIntPublisher("x", 3)
	require.ErrorIs(t, err, shmpubsub.ErrExists)
	_, err = shmpubsub.NewFloatPublisher("x", 9)
	require.ErrorIs(t, err, shmpubsub.ErrExists)
	requireReads(t, s, 5, true)
	require.NoError(t, p.Publish(6))
	requireReads(t, s, 6, true)
}

func TestPublisher_IsTheOnlyOneAmongProcesses(t *testing.T) {
	domain(t)
	child := spawn(t, "publish", "x")
	_, err := shmpubsub.NewIntPublisher("x", 3)
	require.ErrorIs(t, err, shmpubsub.ErrExists)
	require.Regexp(t, `^Shared memory already exists: create "x": found a live publisher, process \d+ \(int, 3 buffers\); expected none; close that one or use another name$`, err.Error())
	child.kill()
	intPublisher(t, "x")
}

// A file removed by hand: attached subscribers go on with their publisher.
func TestPublisher_LivesOnWithoutItsName(t *testing.T) {
	domain(t)
	p, s := intPublisher(t, "x"), intSubscriber(t, "x")
	require.NoError(t, os.Remove(fileOf("x")))
	require.NoError(t, p.Publish(5))
	requireReads(t, s, 5, true)
	requireReads(t, intSubscriber(t, "x"), -1, false)
	require.NoError(t, p.Close())
	requireReads(t, s, -1, false)
}

func TestRetain_KeepsTheLastValueAfterClose(t *testing.T) {
	domain(t)
	p, s := intPublisher(t, "x", shmpubsub.WithRetain()), intSubscriber(t, "x")
	require.NoError(t, p.Publish(5))
	require.NoError(t, p.Close())
	requireReads(t, s, 5, true)
	requireReads(t, intSubscriber(t, "x"), 5, true)
	_, err := shmpubsub.NewFloatSubscriber("x", 0)
	require.ErrorIs(t, err, shmpubsub.ErrType, "a retained value has a type")
	require.NoError(t, shmpubsub.Remove("x"))
	requireReads(t, s, -1, false)
}

func TestRetain_KeepsTheLastValueAfterAKillUntilTheNextPublisherPublishes(t *testing.T) {
	domain(t)
	child := spawn(t, "publish", "x", "retain")
	s := intSubscriber(t, "x")
	child.kill()
	requireSoon(t, func() bool { // for longer than a killed publisher looks alive
		requireReads(t, s, 42, true)
		info, err := shmpubsub.Inspect("x")
		return err == nil && !info.Alive && info.Retain && info.Age.Milliseconds() > 200
	})
	p := intPublisher(t, "x")
	requireReads(t, s, 42, true)
	requireReads(t, intSubscriber(t, "x"), 42, true)
	require.NoError(t, p.Publish(6))
	requireReads(t, s, 6, true)
	require.NoError(t, p.Close())
	requireReads(t, s, -1, false) // the second one retains nothing
}

func TestRetain_LeavesNoGapAtATakeOver(t *testing.T) {
	domain(t)
	p := intPublisher(t, "x", shmpubsub.WithRetain())
	require.NoError(t, p.Publish(1))
	s := intSubscriber(t, "x")
	var reading sync.WaitGroup
	var done atomic.Bool
	reading.Go(func() {
		for !done.Load() {
			v, ok := s.Subscribe()
			assert.True(t, ok && v == 1, "%v, %v, %v", v, ok, s.Err())
		}
	})
	for range 100 {
		assert.NoError(t, p.Close())
		p = intPublisher(t, "x", shmpubsub.WithRetain())
	}
	done.Store(true)
	reading.Wait()
	require.NoError(t, p.Close())
	require.NoError(t, shmpubsub.Remove("x"))
}

func TestRetain_EndsWithAPublisherOfAnotherType(t *testing.T) {
	domain(t)
	old := intPublisher(t, "x", shmpubsub.WithRetain())
	require.NoError(t, old.Publish(1))
	require.NoError(t, old.Close())
	p := made[*shmpubsub.FloatPublisher](t)(shmpubsub.NewFloatPublisher("x", 3))
	s := made[*shmpubsub.FloatSubscriber](t)(shmpubsub.NewFloatSubscriber("x", 0.5))
	requireReads(t, s, 0.5, false)
	require.NoError(t, p.Publish(2))
	requireReads(t, s, 2, true)
}

func TestRetain_HasNothingToReadWhereNothingWasPublished(t *testing.T) {
	domain(t)
	require.NoError(t, intPublisher(t, "x", shmpubsub.WithRetain()).Close())
	requireReads(t, intSubscriber(t, "x"), -1, false)
	require.NoError(t, shmpubsub.Remove("x"))
}
