package shmpubsub_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
)

func TestDrain_ReturnsAllUnreadValues(t *testing.T) {
	domain(t)
	s := intSubscriber(t, "x")
	require.Empty(t, s.Drain())
	first := intPublisher(t, "x")
	require.Empty(t, s.Drain())
	publish(t, first, 1, 2, 3, 4)
	require.Equal(t, []int64{2, 3, 4}, s.Drain())
	require.Empty(t, s.Drain())
	publish(t, first, 5)
	require.NoError(t, first.Close())
	second := intPublisher(t, "x")
	publish(t, second, 6, 7)
	require.Equal(t, []int64{5, 6, 7}, s.Drain(), "of both")
	publish(t, second, 8, 9, 10)

	into := make([]int64, 2)
	require.Equal(t, 2, s.DrainInto(into))
	require.Equal(t, []int64{8, 9}, into)
	require.Equal(t, 1, s.DrainInto(into))
	require.Equal(t, []int64{10, 9}, into)
	require.Zero(t, s.DrainInto(into))
	require.Zero(t, s.DrainInto(nil))
	require.Equal(t, uint64(1), s.Lost())
	publish(t, second, 11)
	require.NoError(t, s.Close())
	require.Empty(t, s.Drain())
	require.Zero(t, s.DrainInto(into))
}

func TestPublishMany_PublishesAllAtOneTimeAndInOrder(t *testing.T) {
	domain(t)
	p := made[*shmpubsub.IntPublisher](t)(shmpubsub.NewIntPublisher("x", 100))
	s := intSubscriber(t, "x")
	require.NoError(t, p.PublishMany(nil))
	requireReceivesNothing(t, s)
	for n := 1; n <= 100; n *= 3 {
		values := make([]int64, n)
		for i := range values {
			values[i] = int64(1000*n + i)
		}
		require.NoError(t, p.PublishMany(values))
		first, err := s.RecvSample(soon(t))
		require.NoError(t, err)
		newest, ok := s.Newest()
		require.True(t, ok)
		require.Equal(t, first.Time, newest.Time)
		require.Equal(t, first.Sequence+uint64(n)-1, newest.Sequence)
		require.Equal(t, values[1:], append([]int64{}, s.Drain()...))
	}
	more := make([]int64, 250)
	for i := range more {
		more[i] = int64(i)
	}
	require.NoError(t, p.PublishMany(more))
	require.Equal(t, more[150:], s.Drain())
	require.Equal(t, uint64(150), s.Lost())
	require.NoError(t, p.Close())
	require.EqualError(t, p.PublishMany(more), `publish "x": already closed`)
	require.EqualError(t, p.PublishMany(nil), `publish "x": already closed`)
}

func TestPublishMany_PublishesEveryType(t *testing.T) {
	publishesMany(t, bools)
	publishesMany(t, ints)
	publishesMany(t, floats)
}

func publishesMany[T any](t *testing.T, k kind[T]) {
	t.Run("type="+k.name, func(t *testing.T) {
		domain(t)
		p := made[*shmpubsub.Publisher[T]](t)(k.publisher("x", len(k.values)))
		s := made[*shmpubsub.Subscriber[T]](t)(k.subscriber("x", k.def))
		require.NoError(t, p.PublishMany(k.values))
		got := s.Drain()
		require.Len(t, got, len(k.values))
		for i, v := range k.values {
			require.True(t, k.same(v, got[i]), "published %v, received %v", v, got[i])
		}
	})
}
