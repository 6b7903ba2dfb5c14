package shmpubsub_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
)

// soon is a context that ends only if a test has gone wrong.
func soon(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func publish[T any](t testing.TB, p *shmpubsub.Publisher[T], values ...T) {
	t.Helper()
	for _, v := range values {
		require.NoError(t, p.Publish(v))
	}
}

// requireReceives checks the next value, which must be available already.
func requireReceives(t testing.TB, s *shmpubsub.IntSubscriber, values ...int64) {
	t.Helper()
	for _, v := range values {
		got, ok := s.TryRecv()
		require.True(t, ok, "expected %d; %v", v, s.Err())
		require.Equal(t, v, got)
	}
}

func requireReceivesNothing(t testing.TB, s *shmpubsub.IntSubscriber) {
	t.Helper()
	v, ok := s.TryRecv()
	require.False(t, ok, "%d", v)
	require.Equal(t, int64(-1), v, "the default")
	require.NoError(t, s.Err())
}

func TestRecv_ReturnsEachValueOnceAndInOrder(t *testing.T) {
	domain(t)
	p, s := intPublisher(t, "x"), intSubscriber(t, "x")
	requireReceivesNothing(t, s)
	for v := int64(0); v < 30; v += 3 {
		publish(t, p, v, v+1, v+2)
		for want := v; want < v+3; want++ {
			got, err := s.Recv(soon(t))
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
		requireReceivesNothing(t, s)
		requireReads(t, s, v+2, true)
	}
	require.Zero(t, s.Lost())
}

func TestRecv_SkipsToTheOldestThatIsKeptAndCountsTheRest(t *testing.T) {
	domain(t)
	p, s := intPublisher(t, "x"), intSubscriber(t, "x") // keeps 3
	publish(t, p, 1)
	requireReceives(t, s, 1)
	publish(t, p, 2, 3, 4, 5, 6, 7)
	require.Zero(t, s.Lost(), "counted with the next one")
	requireReceives(t, s, 5)
	require.Equal(t, uint64(3), s.Lost())
	requireReceives(t, s, 6, 7)
	requireReceivesNothing(t, s)
	require.Equal(t, uint64(3), s.Lost())
}

func TestRecv_IsNotDisturbedBySubscribeNorDisturbsIt(t *testing.T) {
	domain(t)
	p, s := intPublisher(t, "x"), intSubscriber(t, "x")
	publish(t, p, 1, 2)
	requireReads(t, s, 2, true)
	requireReceives(t, s, 1)
	requireReads(t, s, 2, true)
	requireReceives(t, s, 2)
	requireReads(t, s, 2, true)
	requireReceivesNothing(t, s)
}

func TestWithHistory_SaysHowManyEarlierValuesAreReceived(t *testing.T) {
	domain(t)
	p := intPublisher(t, "x")
	none := intSubscriber(t, "x", shmpubsub.WithHistory(5)) // nothing is there
	publish(t, p, 1, 2, 3, 4, 5)
	requireReceives(t, none, 3, 4, 5)
	require.Equal(t, uint64(2), none.Lost())
	for history, values := range map[int][]int64{0: {}, 1: {5}, 2: {4, 5}, 3: {3, 4, 5}, 4: {3, 4, 5}, 1000: {3, 4, 5}} {
		s := intSubscriber(t, "x", shmpubsub.WithHistory(history))
		requireReceives(t, s, values...)
		requireReceivesNothing(t, s)
		require.Zero(t, s.Lost(), "what was there before is not lost")
	}
	s := intSubscriber(t, "x")
	requireReceives(t, s, 5)
	requireReceivesNothing(t, s)
	_, err := shmpubsub.NewIntSubscriber("x", 0, shmpubsub.WithHistory(-1))
	require.ErrorIs(t, err, shmpubsub.ErrHistory)
	require.EqualError(t, err, "invalid history: found -1; expected 0 or more values")
}

func TestRecv_ReceivesEverythingOfALaterPublisher(t *testing.T) {
	domain(t)
	for _, history := range []int{0, 1} {
		s := intSubscriber(t, "x", shmpubsub.WithHistory(history))
		requireReceivesNothing(t, s)
		p := intPublisher(t, "x")
		publish(t, p, 1, 2, 3, 4)
		requireReceives(t, s, 2, 3, 4)
		require.Equal(t, uint64(1), s.Lost())
		require.NoError(t, p.Close())
		requireReceivesNothing(t, s)
	}
}

func TestRecv_ReturnsWhatAnEndedPublisherLeftBeforeTheNextOnesValues(t *testing.T) {
	domain(t)
	s := intSubscriber(t, "x")
	requireReceivesNothing(t, s)
	for v := int64(0); v < 50; v += 10 {
		first := intPublisher(t, "x")
		publish(t, first, v, v+1, v+2)
		if v%20 == 0 { // else it comes to know of it when it is over
			requireReceives(t, s, v)
		}
		require.NoError(t, first.Close())
		second := intPublisher(t, "x")
		publish(t, second, v+5, v+6)
		if v%20 == 0 {
			requireReads(t, s, v+6, true) // which moves on
			requireReceives(t, s, v+1, v+2)
		}
		requireReceives(t, s, v+5, v+6)
		require.NoError(t, second.Close())
		requireReceivesNothing(t, s)
	}
	require.Zero(t, s.Lost())
}

func TestRecv_KeepsAnEndedPublishersValuesWhenAllOfTheOneBeforeAreReceived(t *testing.T) {
	domain(t)
	s := intSubscriber(t, "x")
	requireReceivesNothing(t, s)
	for v := int64(1); v <= 3; v++ {
		p := intPublisher(t, "x")
		publish(t, p, v)
		requireReads(t, s, v, true) // which moves on
		if v > 1 {
			requireReceives(t, s, v-1)
		}
		require.NoError(t, p.Close())
	}
	requireReceives(t, s, 3)
	requireReceivesNothing(t, s)
	require.Zero(t, s.Lost())
}

func TestRecv_KeepsOneEndedPublishersValuesAndCountsTheOthers(t *testing.T) {
	domain(t)
	s := intSubscriber(t, "x")
	requireReceivesNothing(t, s)
	for v := int64(10); v <= 40; v += 10 {
		p := intPublisher(t, "x")
		publish(t, p, v, v+1)
		requireReads(t, s, v+1, true)
		if v < 40 {
			require.NoError(t, p.Close())
		}
	}
	requireReceives(t, s, 10, 11, 40, 41)
	require.Equal(t, uint64(4), s.Lost())
	requireReceivesNothing(t, s)
}

func TestRecv_ReturnsAReceivedValueNotAgainWhereItIsRetainedByPublishersThatPublishNothing(t *testing.T) {
	domain(t)
	s := intSubscriber(t, "x")
	for range 3 {
		p := intPublisher(t, "x", shmpubsub.WithRetain())
		publish(t, p, 7)
		requireReceives(t, s, 7)
		require.NoError(t, p.Close())
		for range 2 {
			p = intPublisher(t, "x", shmpubsub.WithRetain())
			requireReads(t, s, 7, true) // which moves on
			require.NoError(t, p.Close())
		}
		requireReceivesNothing(t, s)
		require.Zero(t, s.Lost())
	}
	require.NoError(t, shmpubsub.Remove("x"))
}

func TestLost_NeverFallsWhereARetainedValueMayYetBeReceived(t *testing.T) {
	for _, removed := range []bool{false, true} {
		domain(t)
		s := intSubscriber(t, "x")
		first := intPublisher(t, "x", shmpubsub.WithRetain())
		publish(t, first, 1, 2, 3)
		requireReceives(t, s, 1)
		require.NoError(t, first.Close())
		second := intPublisher(t, "x", shmpubsub.WithRetain())
		publish(t, second, 4, 5)
		requireReads(t, s, 5, true) // 2 and 3 are still to be received
		require.NoError(t, second.Close())
		want := []int64{2, 3, 5, 6}
		if removed {
			require.NoError(t, shmpubsub.Remove("x"))
			want = []int64{2, 3, 6}
		}
		publish(t, intPublisher(t, "x"), 6)
		requireReads(t, s, 6, true)
		lost := s.Lost()
		requireReceives(t, s, want...)
		requireReceivesNothing(t, s)
		require.Equal(t, uint64(6-1-len(want)), s.Lost())
		require.LessOrEqual(t, lost, s.Lost())
	}
}

// Otherwise it would keep the memory of a file that nobody ever receives from.
func TestSubscribe_KeepsNoEndedPublishersFile(t *testing.T) {
	domain(t)
	s := intSubscriber(t, "x")
	first := intPublisher(t, "x")
	publish(t, first, 1, 2)
	requireReads(t, s, 2, true)
	require.NoError(t, first.Close())
	requireReads(t, s, -1, false)
	_, mappings := owned(t)
	require.Zero(t, mappings)
	require.Equal(t, uint64(2), s.Lost())
	publish(t, intPublisher(t, "x"), 3)
	requireReceives(t, s, 3)
}

func TestRecv_ReturnsARetainedValueOnce(t *testing.T) {
	for name, published := range map[string][]int64{"one": {7}, "many": {5, 6, 7}} {
		t.Run(name, func(t *testing.T) {
			domain(t)
			s := intSubscriber(t, "x")
			late := intSubscriber(t, "x", shmpubsub.WithHistory(0))
			for range 3 {
				p := intPublisher(t, "x", shmpubsub.WithRetain())
				requireReceivesNothing(t, s)
				publish(t, p, published...)
				requireReceives(t, s, published...)
				require.NoError(t, p.Close())
				requireReceivesNothing(t, s)
				late = intSubscriber(t, "x", shmpubsub.WithHistory(0)) // it is not new to this one either
			}
			p := intPublisher(t, "x", shmpubsub.WithRetain())
			for _, s := range []*shmpubsub.IntSubscriber{s, late} {
				requireReads(t, s, 7, true)
				requireReceivesNothing(t, s)
			}
			publish(t, p, 8)
			for _, s := range []*shmpubsub.IntSubscriber{s, late} {
				requireReceives(t, s, 8)
				require.Zero(t, s.Lost())
			}
			require.NoError(t, p.Close())
			require.NoError(t, shmpubsub.Remove("x"))
		})
	}
}

func TestRecv_ReturnsWhatAKilledPublisherLeft(t *testing.T) {
	domain(t)
	child := spawn(t, "publish", "x")
	s := intSubscriber(t, "x")
	child.kill()
	requireSoon(t, func() bool { _, ok := s.Subscribe(); return !ok })
	late := intSubscriber(t, "x")
	requireReceivesNothing(t, late) // it was dead before
	publish(t, intPublisher(t, "x"), 43)
	requireReceives(t, late, 43)
	requireReceives(t, s, 43)
	require.Equal(t, uint64(1), s.Lost(), "it had not begun to receive")
}

func TestRecv_SaysThatASlotIsDamagedAndGoesOnWithTheNextValue(t *testing.T) {
	domain(t)
	p, s := intPublisher(t, "x"), intSubscriber(t, "x")
	publish(t, p, 5)
	overwrite(t, "x", slotOf(1), 99)
	for range 2 {
		v, err := s.Recv(soon(t))
		require.ErrorIs(t, err, shmpubsub.ErrLayout)
		require.Equal(t, int64(-1), v)
		_, ok := s.TryRecv()
		require.False(t, ok)
		require.ErrorIs(t, s.Err(), shmpubsub.ErrLayout)
		require.Empty(t, s.Drain())
	}
	publish(t, p, 6)
	requireReceives(t, s, 6)
	require.NoError(t, s.Err())
	require.Equal(t, uint64(1), s.Lost())
	overwrite(t, "x", headAt, 1) // head does not go back
	_, err := s.Recv(soon(t))
	require.ErrorIs(t, err, shmpubsub.ErrLayout)
	overwrite(t, "x", headAt, 2)
	requireReceivesNothing(t, s)
	require.NoError(t, p.Close())
	publish(t, intPublisher(t, "x"), 7)
	requireReceives(t, s, 7)
}

// Garbage in an ended publisher's file does not block the next one's values.
func TestRecv_LeavesAnEndedPublishersGarbage(t *testing.T) {
	domain(t)
	p, s := intPublisher(t, "x"), intSubscriber(t, "x")
	publish(t, p, 1)
	requireReceives(t, s, 1)
	publish(t, p, 2, 3)
	overwrite(t, "x", slotOf(2), 99)
	overwrite(t, "x", slotOf(3), 99)
	require.NoError(t, p.Close())
	publish(t, intPublisher(t, "x"), 4)
	requireReceives(t, s, 4)
	require.Equal(t, uint64(2), s.Lost())
}

func TestRecv_AllocatesNothingWhileThereAreValues(t *testing.T) {
	domain(t)
	p := made[*shmpubsub.IntPublisher](t)(shmpubsub.NewIntPublisher("x", 8))
	s := intSubscriber(t, "x")
	ctx, values, into := soon(t), []int64{1, 2, 3}, make([]int64, 8)
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		_ = p.PublishMany(values)
		_, _ = s.Recv(ctx)
		_, _ = s.RecvSample(ctx)
		_, _ = s.TryRecv()
		_, _ = s.TryRecv()
		_, _ = s.Newest()
		_ = p.PublishMany(values)
		_ = s.DrainInto(into)
	}))
}

// The cost of noticing a context's end; and, on a busy machine, a thread that the runtime starts.
func TestRecv_AllocatesLittleWhenItWaits(t *testing.T) {
	domain(t)
	there, back := intPublisher(t, "there"), intPublisher(t, "back")
	echo, s := intSubscriber(t, "there"), intSubscriber(t, "back")
	go func() { _ = echoTopic(echo, back) }()
	for _, ctx := range []context.Context{context.Background(), soon(t)} {
		require.LessOrEqual(t, testing.AllocsPerRun(300, func() {
			_ = there.Publish(1)
			_, _ = s.Recv(ctx)
		}), 3.0)
	}
}
