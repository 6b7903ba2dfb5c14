package shmpubsub_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
)

// selected is the result of a Select in another goroutine.
type selected struct {
	ready []shmpubsub.AnySubscriber
	err   error
}

func selecting(ctx context.Context, subscribers ...shmpubsub.AnySubscriber) <-chan selected {
	done := make(chan selected, 1)
	go func() {
		ready, err := shmpubsub.Select(ctx, subscribers...)
		done <- selected{ready, err}
	}()
	return done
}

func (s selected) require(t testing.TB, want ...shmpubsub.AnySubscriber) {
	t.Helper()
	require.NoError(t, s.err)
	require.Len(t, s.ready, len(want))
	for i := range want {
		require.True(t, want[i] == s.ready[i], "position %d", i)
	}
}

// requireSelects checks what is ready now.
func requireSelects(t testing.TB, given []shmpubsub.AnySubscriber, want ...shmpubsub.AnySubscriber) {
	t.Helper()
	over, cancel := context.WithCancel(context.Background())
	cancel()
	found := <-selecting(over, given...)
	if len(want) == 0 {
		require.Equal(t, context.Canceled, found.err)
		require.Empty(t, found.ready)
		return
	}
	found.require(t, want...)
}

type topicEnds struct {
	publish func() error
	sub     shmpubsub.AnySubscriber
	take    func() bool
}

type stamped struct {
	At    int64
	Label shmpubsub.Text[[300]byte]
}

// everyType has a topic of each type that values can have.
func everyType(t *testing.T) map[string]topicEnds {
	t.Helper()
	all := map[string]topicEnds{}
	addScalar(t, all, "bool", true)
	addScalar(t, all, "int", int64(3))
	addScalar(t, all, "float32", float32(3))
	addScalar(t, all, "complex", complex(3, 4))
	addScalar(t, all, "inline", [4]int16{1, 2})
	addScalar(t, all, "array", frame{7})
	addScalar(t, all, "record", stamped{At: 7})
	text := made[*shmpubsub.TextPublisher](t)(shmpubsub.NewTextPublisher("text", 3))
	reads := made[*shmpubsub.TextSubscriber](t)(shmpubsub.NewTextSubscriber("text", ""))
	all["text"] = topicEnds{
		func() error { return text.Publish("three") }, reads,
		func() bool { v, ok := reads.TryRecv(); return ok && v == "three" },
	}
	points := made[*shmpubsub.SlicePublisher[[2]float64]](t)(shmpubsub.NewSlicePublisher[[2]float64]("points", 3, shmpubsub.WithMaxSize(100)))
	cloud := made[*shmpubsub.SliceSubscriber[[2]float64]](t)(shmpubsub.NewSliceSubscriber[[2]float64]("points"))
	all["slice"] = topicEnds{
		func() error { return points.Publish(make([][2]float64, 5)) }, cloud,
		func() bool { v, ok := cloud.TryRecv(nil); return ok && len(v) == 5 },
	}
	return all
}

func addScalar[T comparable](t *testing.T, all map[string]topicEnds, topic string, v T) {
	t.Helper()
	var none T
	p := made[*shmpubsub.Publisher[T]](t)(shmpubsub.NewPublisher[T](topic, 3))
	s := made[*shmpubsub.Subscriber[T]](t)(shmpubsub.NewSubscriber(topic, none))
	all[topic] = topicEnds{
		func() error { return p.Publish(v) }, s,
		func() bool { found, ok := s.TryRecv(); return ok && found == v },
	}
}

func TestSelect_WaitsForSubscribersOfEveryType(t *testing.T) {
	domain(t)
	all := everyType(t)
	var given []shmpubsub.AnySubscriber
	for _, ends := range all {
		given = append(given, ends.sub)
	}
	for range 3 {
		for name, ends := range all {
			requireSelects(t, given)
			done := selecting(soon(t), given...)
			requireSoon(t, func() bool { return someoneWaits(t, ends.sub.Topic()) })
			require.NoError(t, ends.publish(), name)
			(<-done).require(t, ends.sub)
			requireSelects(t, given, ends.sub) // it takes nothing
			require.True(t, ends.take(), name)
			require.Zero(t, ends.sub.Lost())
		}
	}
}

func TestSelect_ReturnsThoseWithValuesInTheOrderGiven(t *testing.T) {
	domain(t)
	var ps []*shmpubsub.IntPublisher
	var ss []shmpubsub.AnySubscriber
	for i := range 3 {
		ps = append(ps, intPublisher(t, fmt.Sprint(i)))
		ss = append(ss, intSubscriber(t, fmt.Sprint(i)))
	}
	requireSelects(t, ss)
	publish(t, ps[2], 1)
	requireSelects(t, ss, ss[2])
	publish(t, ps[0], 1)
	requireSelects(t, ss, ss[0], ss[2])
	requireSelects(t, []shmpubsub.AnySubscriber{ss[2], ss[1], ss[0]}, ss[2], ss[0])
	requireSelects(t, []shmpubsub.AnySubscriber{ss[0], ss[0]}, ss[0], ss[0])
	requireReads(t, ss[0].(*shmpubsub.IntSubscriber), 1, true)
	requireSelects(t, ss, ss[0], ss[2])
	requireReceives(t, ss[0].(*shmpubsub.IntSubscriber), 1)
	requireReceives(t, ss[2].(*shmpubsub.IntSubscriber), 1)
	requireSelects(t, ss)
	done := selecting(soon(t), ss[1], ss[1])
	requireSoon(t, func() bool { return someoneWaits(t, "1") })
	publish(t, ps[1], 1)
	(<-done).require(t, ss[1], ss[1])
}

// More than futex_waitv takes: the last ones are polled.
func TestSelect_WaitsForMoreTopicsThanTheKernelTakesAtOnce(t *testing.T) {
	domain(t)
	var ps []*shmpubsub.IntPublisher
	var ss []shmpubsub.AnySubscriber
	for i := range 200 {
		ps = append(ps, intPublisher(t, fmt.Sprint(i)))
		ss = append(ss, intSubscriber(t, fmt.Sprint(i)))
	}
	for _, endless := range []bool{false, true} {
		for _, i := range []int{0, 100, 126, 127, 128, 199} {
			ctx := context.Background()
			if !endless {
				ctx = soon(t)
			}
			done := selecting(ctx, ss...)
			requireSoon(t, func() bool { return someoneWaits(t, "126") })
			publish(t, ps[i], 7)
			(<-done).require(t, ss[i])
			requireReceives(t, ss[i].(*shmpubsub.IntSubscriber), 7)
			publish(t, ps[126], 8) // which clears the bit
			requireReceives(t, ss[126].(*shmpubsub.IntSubscriber), 8)
		}
	}
	require.False(t, someoneWaits(t, "199"))
}

func TestSelect_WaitsForPublishersAndAcrossTheirRestart(t *testing.T) {
	domain(t)
	quiet, s := intSubscriber(t, "quiet"), intSubscriber(t, "x")
	intPublisher(t, "quiet")
	for v := range int64(10) {
		done := selecting(soon(t), quiet, s)
		p, err := shmpubsub.NewIntPublisher("x", 3)
		require.NoError(t, err)
		publish(t, p, v)
		(<-done).require(t, s)
		requireReceives(t, s, v)
		done = selecting(soon(t), quiet, s)
		requireSoon(t, func() bool { return someoneWaits(t, "x") })
		require.NoError(t, p.Close()) // it goes on to wait for the next one
		p, err = shmpubsub.NewIntPublisher("x", 3)
		require.NoError(t, err)
		publish(t, p, v, v)
		(<-done).require(t, s)
		require.NoError(t, p.Close())
		requireSelects(t, []shmpubsub.AnySubscriber{quiet, s}, s) // an ended publisher's values count
		requireReceives(t, s, v, v)
	}
	require.Zero(t, s.Lost())
}

func TestSelect_WaitsWhereAPublisherIsKilledAndAnotherOneComes(t *testing.T) {
	domain(t)
	quiet, s := intSubscriber(t, "quiet"), intSubscriber(t, "x")
	intPublisher(t, "quiet")
	for range 3 {
		done := selecting(soon(t), s, quiet)
		child := spawn(t, "publish", "x")
		(<-done).require(t, s)
		requireReceives(t, s, 42)
		done = selecting(soon(t), s, quiet)
		requireSoon(t, func() bool { return someoneWaits(t, "x") })
		child.kill() // which wakes nobody
		p, err := shmpubsub.NewIntPublisher("x", 3)
		require.NoError(t, err)
		publish(t, p, 7)
		(<-done).require(t, s)
		requireReceives(t, s, 7)
		require.NoError(t, p.Close())
	}
}

func TestSelect_FindsAValueWhosePublisherWasKilledBeforeItsWakeUp(t *testing.T) {
	domain(t)
	other, s := intSubscriber(t, "other"), intSubscriber(t, "x")
	intPublisher(t, "other")
	p := intPublisher(t, "x")
	publish(t, p, 1, 2, 3)
	for range 3 {
		s.TryRecv()
	}
	done := selecting(context.Background(), other, s)
	requireSoon(t, func() bool { return someoneWaits(t, "x") })
	overwrite(t, "x", headAt, 4)
	(<-done).require(t, s)
	overwrite(t, "x", headAt, 3)
}

func TestSelect_TakesATopicsErrorForNews(t *testing.T) {
	domain(t)
	other, s := intSubscriber(t, "other"), intSubscriber(t, "x")
	intPublisher(t, "other")
	p, err := shmpubsub.NewIntPublisher("x", 3)
	require.NoError(t, err)
	done := selecting(soon(t), other, s)
	requireSoon(t, func() bool { return someoneWaits(t, "x") })
	require.NoError(t, p.Close())
	made[*shmpubsub.FloatPublisher](t)(shmpubsub.NewFloatPublisher("x", 3))
	(<-done).require(t, s)
	_, ok := s.TryRecv()
	require.False(t, ok)
	require.ErrorIs(t, s.Err(), shmpubsub.ErrType)
	requireSelects(t, []shmpubsub.AnySubscriber{other, s}, s)
}

func TestSelect_NeedsSubscribers(t *testing.T) {
	_, err := shmpubsub.Select(soon(t))
	require.ErrorIs(t, err, shmpubsub.ErrValue)
	require.EqualError(t, err, "invalid value: select: found no subscribers; expected one or more, otherwise it would wait forever")
}

func TestSelect_EndsWithItsContext(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, s *shmpubsub.IntSubscriber) {
		intPublisher(t, "other")
		other := intSubscriber(t, "other")
		for _, given := range [][]shmpubsub.AnySubscriber{{s}, {other, s}, {s, other}} {
			for range 5 {
				ctx, cancel := context.WithCancel(context.Background())
				done := selecting(ctx, given...)
				time.Sleep(3 * time.Millisecond) // most likely it waits by now
				cancel()
				require.Equal(t, selected{nil, context.Canceled}, <-done)
			}
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
			require.Equal(t, selected{nil, context.DeadlineExceeded}, <-selecting(ctx, given...))
			require.Equal(t, selected{nil, context.DeadlineExceeded}, <-selecting(ctx, given...), "and at once")
			cancel()
		}
	})
}

func TestSelect_EndsIfASubscriberIsClosed(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, s *shmpubsub.IntSubscriber) {
		p := intPublisher(t, "other")
		other := intSubscriber(t, "other")
		var waiting []<-chan selected
		for i := range 6 {
			ctx := context.Background()
			if i%2 == 0 {
				ctx = soon(t)
			}
			waiting = append(waiting, selecting(ctx, other, s))
		}
		time.Sleep(3 * time.Millisecond)
		start := time.Now()
		require.NoError(t, s.Close())
		for _, done := range waiting {
			found := <-done
			require.ErrorIs(t, found.err, shmpubsub.ErrClosed)
			require.EqualError(t, found.err, `select "x": already closed`)
			require.Empty(t, found.ready)
		}
		require.Less(t, time.Since(start), 5*time.Second)
		publish(t, p, 1)
		require.ErrorIs(t, (<-selecting(soon(t), other, s)).err, shmpubsub.ErrClosed, "even if others have values")
		_, mappings := owned(t)
		require.LessOrEqual(t, mappings, 7, "two publishers' and other's, with its wait page")
	})
}

// selectUntilEnd prints each value of its topics that it receives; on request as a user who may not write the files, or
// without futex_waitv.
func selectUntilEnd(args []string) error {
	if err := giveUpWriting(args[:1]); err != nil {
		return err
	}
	if err := forbidWaitv(args[0]); err != nil {
		return err
	}
	var given []shmpubsub.AnySubscriber
	for _, topic := range args[1:] {
		s, err := shmpubsub.NewIntSubscriber(topic, -1)
		if err != nil {
			return err
		}
		given = append(given, s)
	}
	go func() {
		for {
			ready, err := shmpubsub.Select(context.Background(), given...)
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				return
			}
			for _, s := range ready {
				for _, v := range s.(*shmpubsub.IntSubscriber).Drain() {
					fmt.Println(s.Topic(), v)
				}
			}
		}
	}()
	return liveOn()
}

func TestSelect_PollsIfItMustAndMissesNothing(t *testing.T) {
	for _, how := range []string{"read only", "without futex_waitv", "futex_waitv not permitted", ""} {
		t.Run(how, func(t *testing.T) {
			if strings.Contains(how, "futex_waitv") {
				notEmulated(t, "seccomp")
			}
			domain(t)
			a, b := intPublisher(t, "a"), intPublisher(t, "b")
			letRead(t, "a")
			letRead(t, "b")
			child := spawn(t, "select", how, "a", "b")
			for v := range int64(50) {
				publish(t, a, v)
				require.Equal(t, fmt.Sprint("a ", v), child.hear(t))
				publish(t, b, v)
				require.Equal(t, fmt.Sprint("b ", v), child.hear(t))
			}
			if how == "read only" {
				require.Zero(t, wordOf(t, "a"), "it cannot announce itself")
			}
			child.kill()
		})
	}
}
