package shmpubsub_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
)

func slicePublisher[E any](t testing.TB, topic string, depth int, opts ...shmpubsub.PublisherOption) *shmpubsub.SlicePublisher[E] {
	t.Helper()
	return made[*shmpubsub.SlicePublisher[E]](t)(shmpubsub.NewSlicePublisher[E](topic, depth, opts...))
}

func sliceSubscriber[E any](t testing.TB, topic string, opts ...shmpubsub.SubscriberOption) *shmpubsub.SliceSubscriber[E] {
	t.Helper()
	return made[*shmpubsub.SliceSubscriber[E]](t)(shmpubsub.NewSliceSubscriber[E](topic, opts...))
}

// typeOf returns a topic's type, as people see it.
func typeOf(t testing.TB, topic string) string {
	t.Helper()
	info, err := shmpubsub.Inspect(topic)
	require.NoError(t, err)
	return info.Type
}

func TestSliceSubscriber_AppendsValuesOfAnyLength(t *testing.T) {
	domain(t)
	p := slicePublisher[float64](t, "x", 5, shmpubsub.WithMaxSize(3))
	s := sliceSubscriber[float64](t, "x")
	require.Equal(t, "float64[<=3]", typeOf(t, "x"))
	before := []float64{7}
	got, ok := s.Subscribe(before)
	require.False(t, ok)
	require.Equal(t, before, got)
	_, ok = s.TryRecv(nil)
	require.False(t, ok)
	require.False(t, s.Borrow(func([]float64) { t.Error("there is nothing to borrow") }))

	require.NoError(t, p.PublishMany([][]float64{{1, 2, 3}, {}, {4}}))
	got, ok = s.Subscribe(before)
	require.True(t, ok)
	require.Equal(t, []float64{7, 4}, got)
	sample, ok := s.Newest(got[:0])
	require.True(t, ok)
	require.Equal(t, uint64(3), sample.Sequence)
	require.Equal(t, []float64{4}, sample.Value)
	got, ok = s.TryRecv(got[:0])
	require.True(t, ok)
	require.Equal(t, []float64{1, 2, 3}, got)
	got, err := s.Recv(context.Background(), got[:0])
	require.NoError(t, err)
	require.Empty(t, got)
	require.NoError(t, p.Publish([]float64{5, 6}))
	require.Equal(t, [][]float64{{4}, {5, 6}}, s.Drain())
	require.True(t, s.Borrow(func(v []float64) {
		require.Equal(t, []float64{5, 6}, v)
		require.Equal(t, 2, cap(v))
	}))

	require.NoError(t, p.Publish([]float64{8}))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for v := range s.Values(ctx) {
		require.Equal(t, []float64{8}, v)
		cancel()
	}
	_, err = s.Recv(ctx, nil)
	require.ErrorIs(t, err, context.Canceled)
	require.Zero(t, s.Lost())
}

func TestSlicePublisher_PublishesArraysOfAnyShape(t *testing.T) {
	domain(t)
	frames := slicePublisher[uint8](t, "frames", 2, shmpubsub.WithShape(4, 5, 3))
	require.Equal(t, "uint8[4,5,3]", typeOf(t, "frames"))
	points := slicePublisher[[4]float32](t, "points", 2, shmpubsub.WithMaxSize(100))
	require.Equal(t, "float32[<=100,4]", typeOf(t, "points"))
	frame := make([]uint8, 60)
	frame[59] = 7
	require.NoError(t, frames.Publish(frame))
	require.NoError(t, points.Publish([][4]float32{{1, 2, 3, 4}, {5}}))

	flat := sliceSubscriber[uint8](t, "frames", shmpubsub.WithShape(4, 5, 3))
	got, ok := flat.Subscribe(nil)
	require.True(t, ok)
	require.Equal(t, frame, got)
	rows := sliceSubscriber[[5][3]uint8](t, "frames")
	byRows, ok := rows.Subscribe(nil)
	require.True(t, ok)
	require.Len(t, byRows, 4)
	require.Equal(t, uint8(7), byRows[3][4][2])
	whole := made[*shmpubsub.Subscriber[[4][5][3]uint8]](t)(shmpubsub.NewSubscriber("frames", [4][5][3]uint8{}))
	v, ok := whole.Subscribe()
	require.True(t, ok)
	require.Equal(t, uint8(7), v[3][4][2])

	numbers := sliceSubscriber[float32](t, "points", shmpubsub.WithShape(0, 4))
	elements, ok := numbers.Subscribe(nil)
	require.True(t, ok)
	require.Equal(t, []float32{1, 2, 3, 4, 5, 0, 0, 0}, elements)

	for _, shape := range [][]int{{60}, {4, 5}, {4, 3, 5}, {0, 5}, nil} {
		options := []shmpubsub.SubscriberOption{}
		if shape != nil {
			options = append(options, shmpubsub.WithShape(shape...))
		}
		_, err := shmpubsub.NewSliceSubscriber[uint8]("frames", options...)
		require.ErrorIs(t, err, shmpubsub.ErrType, "%v", shape)
		require.ErrorContains(t, err, "uint8[4,5,3]")
	}
}

func TestSliceSubscriber_ReadsListsAndArraysOfOneAxis(t *testing.T) {
	domain(t)
	list := slicePublisher[float64](t, "list", 2, shmpubsub.WithList(), shmpubsub.WithMaxSize(3))
	require.Equal(t, "list[float] <= 3", typeOf(t, "list"))
	fixed := slicePublisher[float64](t, "fixed", 2, shmpubsub.WithShape(3))
	require.Equal(t, "float64[3]", typeOf(t, "fixed"))
	values := []float64{1, 2, 3}
	require.NoError(t, list.Publish(values))
	require.NoError(t, fixed.Publish(values))
	for _, topic := range []string{"list", "fixed"} {
		got, ok := sliceSubscriber[float64](t, topic).Subscribe(nil)
		require.True(t, ok)
		require.Equal(t, values, got)
		_, err := shmpubsub.NewSliceSubscriber[int64](topic)
		require.ErrorIs(t, err, shmpubsub.ErrType)
	}
	_, err := shmpubsub.NewSliceSubscriber[float64]("list", shmpubsub.WithShape(0))
	require.ErrorIs(t, err, shmpubsub.ErrType)
	slicePublisher[int](t, "ints", 1, shmpubsub.WithList(), shmpubsub.WithMaxSize(3))
	require.Equal(t, "list[int] <= 3", typeOf(t, "ints"))
	slicePublisher[bool](t, "bools", 1, shmpubsub.WithList(), shmpubsub.WithMaxSize(3))
	require.Equal(t, "list[bool] <= 3", typeOf(t, "bools"))
}

func TestBytes_AreNoArray(t *testing.T) {
	domain(t)
	p := made[*shmpubsub.BytesPublisher](t)(shmpubsub.NewBytesPublisher("x", 2))
	s := made[*shmpubsub.BytesSubscriber](t)(shmpubsub.NewBytesSubscriber("x"))
	require.Equal(t, "bytes <= 4096", typeOf(t, "x"))
	require.NoError(t, p.Publish([]byte("\xff\x00")))
	got, ok := s.Subscribe(nil)
	require.True(t, ok)
	require.Equal(t, []byte("\xff\x00"), got)
	_, err := shmpubsub.NewSliceSubscriber[byte]("x")
	require.ErrorIs(t, err, shmpubsub.ErrType)
	_, err = shmpubsub.NewTextSubscriber("x", "")
	require.ErrorIs(t, err, shmpubsub.ErrType)
}

func TestReads_AllocateNothing(t *testing.T) {
	domain(t)
	type frame [64][64]uint8
	p := made[*shmpubsub.Publisher[frame]](t)(shmpubsub.NewPublisher[frame]("frame", 3))
	s := made[*shmpubsub.Subscriber[frame]](t)(shmpubsub.NewSubscriber("frame", frame{}))
	small := made[*shmpubsub.Publisher[[7]int16]](t)(shmpubsub.NewPublisher[[7]int16]("small", 3))
	smalls := made[*shmpubsub.Subscriber[[7]int16]](t)(shmpubsub.NewSubscriber("small", [7]int16{}))
	points := slicePublisher[float32](t, "points", 3, shmpubsub.WithMaxSize(1000))
	pointss := sliceSubscriber[float32](t, "points")
	text := made[*shmpubsub.TextPublisher](t)(shmpubsub.NewTextPublisher("text", 3))
	var into frame
	var few [7]int16
	require.NoError(t, small.Publish(few)) // there is one to wait for, in whatever order the calls come
	cloud := make([]float32, 1000)
	ctx := context.Background()
	use := func(*frame) {}
	for name, call := range map[string]func(){
		"publish an array":        func() { _ = p.Publish(into) },
		"publish a small array":   func() { _ = small.Publish(few) },
		"publish a slice":         func() { _ = points.Publish(cloud) },
		"publish text":            func() { _ = text.Publish("some text that is not short") },
		"subscribe into an array": func() { s.SubscribeInto(&into) },
		"subscribe a small array": func() { few, _ = smalls.Subscribe() },
		"subscribe a slice":       func() { cloud, _ = pointss.Subscribe(cloud[:0]) },
		"borrow":                  func() { s.Borrow(use) },
		"receive an array":        func() { _ = p.Publish(into); _ = s.RecvInto(ctx, &into) },
		"receive a small array":   func() { _ = small.Publish(few); _, _ = smalls.Recv(ctx) },
		"publish at a time":       func() { _ = p.PublishAt(into, shmpubsub.Now()) },
		"publish a slice at one":  func() { _ = points.PublishAt(cloud, shmpubsub.Now()) },
		"find a small array":      func() { _, _ = smalls.At(1) },
		"wait for a small array":  func() { _, _ = smalls.After(ctx, 1) },
		"find a slice":            func() { v, _ := pointss.At(1, cloud[:0]); cloud = v.Value },
		"lend":                    func() { _ = p.Loan(func(f *frame) error { f[0][0]++; return nil }) },
		"lend at a time":          func() { _ = p.LoanAt(func(f *frame) (int64, error) { f[0][0]++; return shmpubsub.Now(), nil }) },
		"receive a slice":         func() { _ = points.Publish(cloud); cloud, _ = pointss.Recv(ctx, cloud[:0]) },
	} {
		call()
		require.Zero(t, testing.AllocsPerRun(100, call), name)
	}
}

// What is borrowed is a copy of text and of bools, which takes no view from others.
func TestBorrow_OfACopyTakesNoView(t *testing.T) {
	domain(t)
	p := made[*shmpubsub.TextPublisher](t)(shmpubsub.NewTextPublisher("text", 2))
	require.NoError(t, p.Publish("abc"))
	s := made[*shmpubsub.TextSubscriber](t)(shmpubsub.NewTextSubscriber("text", ""))
	require.True(t, s.Borrow(func(text *string) {
		require.Equal(t, "abc", *text)
		require.Zero(t, pins(t, "text", 3))
	}))
	bools := made[*shmpubsub.SlicePublisher[bool]](t)(shmpubsub.NewSlicePublisher[bool]("bools", 2, shmpubsub.WithMaxSize(3)))
	require.NoError(t, bools.Publish([]bool{true}))
	b := made[*shmpubsub.SliceSubscriber[bool]](t)(shmpubsub.NewSliceSubscriber[bool]("bools"))
	require.True(t, b.Borrow(func(v []bool) {
		require.Equal(t, []bool{true}, v)
		require.Zero(t, pins(t, "bools", 3))
	}))
}
