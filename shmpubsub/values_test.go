package shmpubsub_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
)

type (
	celsius float32
	onOff   bool
	grid    [2][3]celsius
	label   string
)

// topicOf publishes values on a topic and reads each back, by value and into a pointer.
func topicOf[T any](t *testing.T, typeName string, values ...T) {
	t.Helper()
	t.Run(typeName, func(t *testing.T) {
		domain(t)
		var def T
		p := made[*shmpubsub.Publisher[T]](t)(shmpubsub.NewPublisher[T]("x", len(values)))
		s := made[*shmpubsub.Subscriber[T]](t)(shmpubsub.NewSubscriber("x", def))
		requireReads(t, s, def, false)
		require.False(t, s.Borrow(func(*T) { t.Error("there is nothing to borrow") }))
		for _, v := range values {
			require.NoError(t, p.Publish(v))
			requireReads(t, s, v, true)
			var into T
			require.True(t, s.SubscribeInto(&into))
			require.Equal(t, v, into)
			require.True(t, s.Borrow(func(b *T) { require.Equal(t, v, *b) }))
			sample, ok := s.Newest()
			require.True(t, ok)
			require.Equal(t, v, sample.Value)
		}
		require.Equal(t, values, s.Drain())
		require.NoError(t, p.PublishMany(values))
		next, ok := s.TryRecv()
		require.True(t, ok)
		require.Equal(t, values[0], next)
		for _, v := range values[1:] {
			var into T
			require.NoError(t, s.RecvInto(context.Background(), &into))
			require.Equal(t, v, into)
		}
		require.NoError(t, p.PublishMany(values))
		into := make([]T, len(values)+1)
		require.Equal(t, len(values), s.DrainInto(into))
		require.Equal(t, values, into[:len(values)])
		for _, v := range values {
			require.NoError(t, p.Publish(v))
			got, err := s.RecvSample(context.Background())
			require.NoError(t, err)
			require.Equal(t, v, got.Value)
		}
		var times []int64
		for _, v := range values {
			times = append(times, later(times))
			require.NoError(t, p.PublishAt(v, times[len(times)-1]))
		}
		since := s.Since(times[0] - 1)
		require.Len(t, since, len(values))
		for i, v := range values {
			at, ok := s.At(times[i])
			require.True(t, ok)
			after, err := s.After(context.Background(), times[i])
			require.NoError(t, err)
			for _, got := range []shmpubsub.Sample[T]{at, after, since[i]} {
				require.Equal(t, v, got.Value)
				require.Equal(t, times[i], got.Time)
				require.Equal(t, after.Sequence, got.Sequence)
			}
		}
		require.Equal(t, values, s.Drain(), "nothing was taken")
		info, err := shmpubsub.Inspect("x")
		require.NoError(t, err)
		require.Equal(t, typeName, info.Type)
		require.Zero(t, s.Lost())
	})
}

func TestPublisher_TakesEveryPrimitiveType(t *testing.T) {
	topicOf(t, "bool", true, false)
	topicOf(t, "bool", onOff(true), onOff(false))
	topicOf[int8](t, "int8", math.MinInt8, -1, math.MaxInt8)
	topicOf[int16](t, "int16", math.MinInt16, -1, math.MaxInt16)
	topicOf[int32](t, "int32", math.MinInt32, -1, math.MaxInt32)
	topicOf[int64](t, "int", math.MinInt64, -1, math.MaxInt64)
	topicOf[int](t, "int", math.MinInt, -1, math.MaxInt)
	topicOf[uint8](t, "uint8", 0, 1, math.MaxUint8)
	topicOf[uint16](t, "uint16", 0, 1, math.MaxUint16)
	topicOf[uint32](t, "uint32", 0, 1, math.MaxUint32)
	topicOf[uint64](t, "uint64", 0, 1, math.MaxUint64)
	topicOf[uint](t, "uint64", 0, 1, math.MaxUint)
	topicOf(t, "float32", float32(math.Copysign(0, -1)), math.SmallestNonzeroFloat32, math.MaxFloat32)
	topicOf(t, "float32", celsius(21.5), -40)
	topicOf(t, "float", math.Copysign(0, -1), math.SmallestNonzeroFloat64, math.Inf(1))
	topicOf[complex64](t, "complex64", 1+2i, -3i)
	topicOf[complex128](t, "complex128", 1+2i, -3i)
	topicOf(t, "str <= 4096", "", "naïve ☃", strings.Repeat("x", 4096))
	topicOf(t, "str <= 4096", label("ready"))
}

func TestPublisher_TakesFixedArrays(t *testing.T) {
	topicOf(t, "uint8[3]", [3]uint8{1, 2, 3})
	topicOf(t, "bool[9]", [9]bool{0: true, 8: true}, [9]bool{})
	topicOf(t, "float32[2,3]", grid{{1, 2, 3}, {4, 5, 6}})
	topicOf(t, "float64[16]", [16]float64{15: 1}) // the most that a slot holds
	topicOf(t, "float64[17]", [17]float64{16: 1})
	topicOf(t, "bool[200]", [200]bool{199: true})
	topicOf(t, "complex128[2,2,2,2]", [2][2][2][2]complex128{1: {1: {1: {1: 3i}}}})
	topicOf(t, "uint8[120,160,3]", [120][160][3]uint8{7: {9: {2: 255}}}, [120][160][3]uint8{119: {159: {2: 1}}})
}

func TestConstructors_RefuseWhatNoTopicCanHave(t *testing.T) {
	domain(t)
	refused := func(found string, errs ...error) {
		t.Helper()
		for _, err := range errs {
			require.ErrorIs(t, err, shmpubsub.ErrValueType)
			require.ErrorContains(t, err, found)
			require.ErrorContains(t, err, `"x"`)
			require.ErrorContains(t, err, "expected")
		}
	}
	refusedType[map[string]int](refused, "map[string]int")
	refusedType[[]float64](refused, "found []float64; expected bool, an integer, a float, a complex number or a struct of fixed size")
	refusedType[[]float64](refused, "use the constructors of slice publishers and subscribers")
	refusedType[*int](refused, "*int")
	refusedType[shmpubsub.Text[[32]byte]](refused, "found shmpubsub.Text[[32]uint8]; expected bool")
	refusedType[[0]int](refused, "[0]int")
	refusedType[[3]string](refused, "[3]string")
	refusedType[any](refused, "interface {}")
	refusedType[error](refused, "error")
	refusedType[uintptr](refused, "uintptr")
	refusedType[func()](refused, "func()")

	_, list := shmpubsub.NewSlicePublisher[float32]("x", 1, shmpubsub.WithList(), shmpubsub.WithMaxSize(3))
	refused("a list of float32", list)
	_, shape := shmpubsub.NewSlicePublisher[float32]("x", 1, shmpubsub.WithShape(3, 0), shmpubsub.WithMaxSize(3))
	refused("the shape [3 0]", shape)
	_, text := shmpubsub.NewBytesPublisher("x", 1, shmpubsub.WithShape(3))
	refused("WithShape", text)
	for _, o := range []shmpubsub.PublisherOption{shmpubsub.WithViews(1), shmpubsub.WithLoans(1), shmpubsub.WithMaxSize(1), shmpubsub.WithShape(1), shmpubsub.WithList()} {
		_, scalar := shmpubsub.NewFloatPublisher("x", 1, o)
		refused("found With", scalar)
		_, complex := shmpubsub.NewPublisher[complex128]("x", 1, o)
		refused("found With", complex)
	}
	_, none := shmpubsub.NewSlicePublisher[float32]("x", 1)
	require.ErrorIs(t, none, shmpubsub.ErrMaxSize)
	_, both := shmpubsub.NewSlicePublisher[float32]("x", 1, shmpubsub.WithShape(3), shmpubsub.WithMaxSize(3))
	require.ErrorIs(t, both, shmpubsub.ErrMaxSize)
	_, zero := shmpubsub.NewTextPublisher("x", 1, shmpubsub.WithMaxSize(0))
	require.ErrorIs(t, zero, shmpubsub.ErrMaxSize)
	for _, n := range []int{-1, 501} {
		_, views := shmpubsub.NewTextPublisher("x", 1, shmpubsub.WithViews(n))
		require.ErrorIs(t, views, shmpubsub.ErrViews)
	}
	for _, n := range []int{0, 501} {
		_, loans := shmpubsub.NewTextPublisher("x", 1, shmpubsub.WithLoans(n))
		require.ErrorIs(t, loans, shmpubsub.ErrLoans)
	}
}

func refusedType[T any](refused func(string, ...error), found string) {
	_, p := shmpubsub.NewPublisher[T]("x", 1)
	var none T
	_, s := shmpubsub.NewSubscriber("x", none)
	refused(found, p, s)
}

func TestPublish_RefusesValuesThatDoNotFit(t *testing.T) {
	domain(t)
	text := made[*shmpubsub.TextPublisher](t)(shmpubsub.NewTextPublisher("text", 2, shmpubsub.WithMaxSize(5)))
	require.NoError(t, text.Publish("12345"))
	points := made[*shmpubsub.SlicePublisher[float32]](t)(shmpubsub.NewSlicePublisher[float32]("points", 2, shmpubsub.WithShape(0, 4), shmpubsub.WithMaxSize(3)))
	frame := made[*shmpubsub.SlicePublisher[byte]](t)(shmpubsub.NewSlicePublisher[byte]("frame", 2, shmpubsub.WithShape(2, 3)))
	fill := func([]float32) error { t.Error("it is not lent"); return nil }
	for _, c := range []struct {
		err  error
		text string
	}{
		{text.Publish("123456"), `invalid value: publish "text": found a length of 6; expected 5 at most; give the publisher a larger WithMaxSize`},
		{text.Publish("\xff"), `invalid value: publish "text": found text that is not UTF-8; expected UTF-8; use a publisher of bytes`},
		{text.PublishMany([]string{"1", "123456"}), `invalid value: publish "text": found a length of 6; expected 5 at most; give the publisher a larger WithMaxSize`},
		{points.Publish(make([]float32, 16)), `invalid value: publish "points": found a length of 4; expected 3 at most; give the publisher a larger WithMaxSize`},
		{points.Publish(make([]float32, 5)), `invalid value: publish "points": found 5 elements; expected a multiple of 4, as float32[<=3,4] has`},
		{points.Loan(5, fill), `invalid value: publish "points": found 5 elements; expected a multiple of 4, as float32[<=3,4] has`},
		{points.Loan(16, fill), `invalid value: lend a value of "points": found 16 elements; expected 0 to 12`},
		{frame.Publish(make([]byte, 5)), `invalid value: publish "frame": found 5 elements; expected 6, as uint8[2,3] has`},
		{frame.PublishMany([][]byte{make([]byte, 6), nil}), `invalid value: publish "frame": found 0 elements; expected 6, as uint8[2,3] has`},
	} {
		require.ErrorIs(t, c.err, shmpubsub.ErrValue)
		require.EqualError(t, c.err, c.text)
	}
	for topic, published := range map[string]uint64{"text": 1, "points": 0, "frame": 0} {
		info, err := shmpubsub.Inspect(topic)
		require.NoError(t, err)
		require.Equal(t, published, info.Published)
	}
}

func TestSubscriber_ReadsAVariableTopicWhoseValuesHaveItsLength(t *testing.T) {
	domain(t)
	p := made[*shmpubsub.SlicePublisher[float32]](t)(shmpubsub.NewSlicePublisher[float32]("x", 3, shmpubsub.WithMaxSize(5)))
	s := made[*shmpubsub.Subscriber[[3]float32]](t)(shmpubsub.NewSubscriber("x", [3]float32{9}))
	require.NoError(t, p.Publish([]float32{1, 2, 3}))
	requireReads(t, s, [3]float32{1, 2, 3}, true)
	require.NoError(t, p.Publish([]float32{1, 2}))
	_, ok := s.Subscribe()
	require.False(t, ok)
	require.EqualError(t, s.Err(), `invalid value: read "x": found a value of 8 bytes; expected 12, as float32[3] has; use a slice subscriber`)
	got, err := s.Recv(context.Background())
	require.NoError(t, err)
	require.Equal(t, [3]float32{1, 2, 3}, got)
	_, err = s.Recv(context.Background())
	require.ErrorIs(t, err, shmpubsub.ErrValue)
	require.NoError(t, p.Publish([]float32{4, 5, 6}))
	got, err = s.Recv(context.Background())
	require.NoError(t, err)
	require.Equal(t, [3]float32{4, 5, 6}, got)
	require.Zero(t, s.Lost())
}

// Python or C may publish any byte as a bool.
func TestSubscriber_TakesEveryBoolButZeroForTrue(t *testing.T) {
	domain(t)
	p := made[*shmpubsub.SlicePublisher[uint8]](t)(shmpubsub.NewSlicePublisher[uint8]("x", 3, shmpubsub.WithShape(200)))
	values := make([]uint8, 200)
	for i := range values {
		values[i] = uint8(i)
	}
	require.NoError(t, p.Publish(values))
	small := made[*shmpubsub.SlicePublisher[uint8]](t)(shmpubsub.NewSlicePublisher[uint8]("small", 3, shmpubsub.WithShape(8)))
	require.NoError(t, small.Publish([]uint8{0, 1, 2, 3, 128, 255, 0, 4}))
	asBools(t, "x", "u1", "b1")
	asBools(t, "small", "u1", "b1")

	s := made[*shmpubsub.Subscriber[[200]bool]](t)(shmpubsub.NewSubscriber("x", [200]bool{}))
	check := func(v []bool) {
		t.Helper()
		require.Equal(t, append([]bool{false}, repeated(true, 199)...), v)
	}
	v, ok := s.Subscribe()
	require.True(t, ok)
	check(v[:])
	require.True(t, s.Borrow(func(v *[200]bool) { check(v[:]) }))
	slice := made[*shmpubsub.SliceSubscriber[bool]](t)(shmpubsub.NewSliceSubscriber[bool]("x"))
	all, ok := slice.Subscribe(nil)
	require.True(t, ok)
	check(all)
	require.True(t, slice.Borrow(check))
	few := made[*shmpubsub.Subscriber[[8]bool]](t)(shmpubsub.NewSubscriber("small", [8]bool{}))
	requireReads(t, few, [8]bool{false, true, true, true, true, true, false, true}, true)
}

func repeated[T any](v T, n int) []T {
	all := make([]T, n)
	for i := range all {
		all[i] = v
	}
	return all
}

func ExampleNewPublisher() {
	type pose [3]float64
	pub, err := shmpubsub.NewPublisher[pose]("robot/pose", 3)
	if err != nil {
		panic(err)
	}
	defer func() { _ = pub.Close() }()
	sub, err := shmpubsub.NewSubscriber("robot/pose", pose{})
	if err != nil {
		panic(err)
	}
	defer func() { _ = sub.Close() }()
	_ = pub.Publish(pose{1.5, 2, 0.25})
	fmt.Println(sub.Subscribe())
	// Output: [1.5 2 0.25] true
}
