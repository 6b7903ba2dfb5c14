package shmpubsub_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
)

// kind is one of the three types with its constructors.
type kind[T any] struct {
	name       string
	def        T
	values     []T
	publisher  func(string, int, ...shmpubsub.PublisherOption) (*shmpubsub.Publisher[T], error)
	subscriber func(string, T, ...shmpubsub.SubscriberOption) (*shmpubsub.Subscriber[T], error)
	same       func(a, b T) bool
}

func equal[T comparable](a, b T) bool { return a == b }

var (
	bools = kind[bool]{"bool", true, []bool{true, false, false, true},
		shmpubsub.NewBoolPublisher, shmpubsub.NewBoolSubscriber, equal[bool]}
	ints = kind[int64]{"int", -7, []int64{0, 1, -1, math.MaxInt64, math.MinInt64, 1 << 53, 1<<53 + 1},
		shmpubsub.NewIntPublisher, shmpubsub.NewIntSubscriber, equal[int64]}
	floats = kind[float64]{"float", math.Inf(-1),
		[]float64{0, math.Copysign(0, -1), 5e-324, 1e308, math.MaxFloat64, 0.1, math.Inf(1), math.NaN(), math.Float64frombits(0xfff8dead0000beef)},
		shmpubsub.NewFloatPublisher, shmpubsub.NewFloatSubscriber,
		func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }}
)

func TestTypes_KeepEveryBit(t *testing.T) {
	keepsEveryBit(t, bools)
	keepsEveryBit(t, ints)
	keepsEveryBit(t, floats)
}

func keepsEveryBit[T any](t *testing.T, k kind[T]) {
	for _, depth := range []int{1, 2, 3, 5, 1000} {
		t.Run(fmt.Sprintf("type=%s/depth=%d", k.name, depth), func(t *testing.T) {
			domain(t)
			p := made[*shmpubsub.Publisher[T]](t)(k.publisher("x", depth))
			s := made[*shmpubsub.Subscriber[T]](t)(k.subscriber("x", k.def))
			requireReads(t, s, k.def, false)
			for _, v := range k.values {
				require.NoError(t, p.Publish(v))
				for range 2 {
					got, ok := s.Subscribe()
					require.True(t, ok)
					require.True(t, k.same(v, got), "published %v, read %v", v, got)
				}
			}
			info, err := shmpubsub.Inspect("x")
			require.NoError(t, err)
			require.Equal(t, k.name, info.Type)
			require.Equal(t, depth, info.Depth)
		})
	}
}

func TestTypes_DoNotMix(t *testing.T) {
	doNotMix(t, bools)
	doNotMix(t, ints)
	doNotMix(t, floats)
}

func doNotMix[T any](t *testing.T, k kind[T]) {
	t.Run("type="+k.name, func(t *testing.T) {
		domain(t)
		made[*shmpubsub.Publisher[T]](t)(k.publisher("x", 1))
		refused := func(other string, err error) {
			t.Helper()
			if other == k.name {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, shmpubsub.ErrType)
			require.Regexp(t, fmt.Sprintf(
				`^open "x": found a topic of type %s \(publisher: process \d+\); expected %s; use the publisher's type or another name$`, k.name, other), err.Error())
		}
		try(t, bools, refused)
		try(t, ints, refused)
		try(t, floats, refused)
	})
}

func try[T any](t *testing.T, k kind[T], refused func(string, error)) {
	t.Helper()
	s, err := k.subscriber("x", k.def)
	refused(k.name, err)
	if err == nil {
		require.NoError(t, s.Close())
	}
}
