package shmpubsub_test

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub"
)

// later returns the time now, after the last one of times.
func later(times []int64) int64 {
	for {
		if now := shmpubsub.Now(); len(times) == 0 || now > times[len(times)-1] {
			return now
		}
	}
}

// monotonic reads the clock as other programs do.
func monotonic(t testing.TB) int64 {
	t.Helper()
	var now unix.Timespec
	require.NoError(t, unix.ClockGettime(unix.CLOCK_MONOTONIC, &now))
	return now.Nano()
}

func TestNow_IsTheClockOfSamples(t *testing.T) {
	domain(t)
	p, s := intPublisher(t, "x"), intSubscriber(t, "x")
	before := shmpubsub.Now()
	publish(t, p, 1)
	sample, _ := s.Newest()
	require.LessOrEqual(t, before, sample.Time)
	require.LessOrEqual(t, sample.Time, shmpubsub.Now())
	require.LessOrEqual(t, shmpubsub.Now(), monotonic(t))
}

func TestPublishAt_TakesTimesThatDoNotDecrease(t *testing.T) {
	domain(t)
	p, s := intPublisher(t, "x"), intSubscriber(t, "x")
	now := shmpubsub.Now()
	for v, at := range []int64{1, 1, 2, now / 2, now / 2, now} {
		require.NoError(t, p.PublishAt(int64(v), at))
		sample, ok := s.Newest()
		require.True(t, ok)
		require.Equal(t, int64(v), sample.Value)
		require.Equal(t, at, sample.Time)
		require.EqualValues(t, v+1, sample.Sequence)
	}
	publish(t, p, 6)
	sample, _ := s.Newest()
	require.GreaterOrEqual(t, sample.Time, now)
	require.ErrorIs(t, p.PublishAt(7, now-1), shmpubsub.ErrValue)
	require.NoError(t, p.PublishAt(7, sample.Time))
	require.NoError(t, p.PublishMany([]int64{8, 9}))
	sample, _ = s.Newest()
	for at, hint := range map[int64]string{sample.Time - 1: "publish in the order of the times", 5: "it looks like seconds: take shmpubsub.Now()"} {
		require.EqualError(t, p.PublishAt(10, at), fmt.Sprintf(
			`invalid value: publish "x": found the time %d; expected %d or more, the time of the value before; %s`, at, sample.Time, hint))
	}
	requireReads(t, s, 9, true)
}

func TestPublishAt_SaysWhatIsWrongWithATime(t *testing.T) {
	domain(t)
	p, s := intPublisher(t, "x"), intSubscriber(t, "x")
	const clock = "nanoseconds on the clock of shmpubsub.Now"
	for at, text := range map[int64]string{
		0:                                  "; expected 1 or more: " + clock,
		-1:                                 "; expected 1 or more: " + clock,
		math.MinInt64:                      "; expected 1 or more: " + clock,
		math.MaxInt64:                      `, \S+ s ahead of the clock; expected \d+, which is now, or less: ` + clock,
		shmpubsub.Now() + int64(time.Hour): `, (3600|35\d\d\.?\d*) s ahead of the clock; expected \d+, which is now, or less: ` + clock,
		time.Now().UnixNano(): `, \S+ s ahead of the clock; expected \d+, which is now, or less: ` + clock +
			`; it looks like time\.Now\(\)\.UnixNano\(\): take shmpubsub\.Now\(\)`,
	} {
		err := p.PublishAt(1, at)
		require.ErrorIs(t, err, shmpubsub.ErrValue)
		require.Regexp(t, fmt.Sprintf(`^invalid value: publish "x": found the time %d%s$`, at, text), err.Error())
	}
	requireReads(t, s, -1, false)
	require.NoError(t, p.Close())
	require.ErrorIs(t, p.PublishAt(1, 0), shmpubsub.ErrClosed)
}

// Now lags a little: a time that was just read elsewhere is ahead of it.
func TestPublishAt_TakesATimeThatWasJustReadElsewhereAndStaysInOrder(t *testing.T) {
	domain(t)
	p, s := intPublisher(t, "x"), intSubscriber(t, "x")
	last := int64(0)
	for v := range int64(20_000) {
		require.NoError(t, p.PublishAt(v, monotonic(t)))
		publish(t, p, v)
		for range 2 {
			sample, err := s.RecvSample(soon(t))
			require.NoError(t, err)
			require.LessOrEqual(t, last, sample.Time)
			last = sample.Time
		}
	}
}

func TestLoanAt_PublishesWithTheTimeOfItsFunction(t *testing.T) {
	domain(t)
	p, s := framePublisher(t, "x", 2, shmpubsub.WithLoans(2)), frameSubscriber(t, "x")
	now := shmpubsub.Now()
	fill := func(n uint64, at int64, err error) func(*frame) (int64, error) {
		return func(f *frame) (int64, error) { *f = *frameOf(n); return at, err }
	}
	require.NoError(t, p.LoanAt(fill(1, now-10, nil)))
	require.NoError(t, p.LoanAt(fill(2, now, nil)))
	requireNewest := func(n uint64, at int64) {
		t.Helper()
		sample, ok := s.Newest()
		require.True(t, ok)
		require.Equal(t, n, sample.Value.number(t))
		require.Equal(t, at, sample.Time)
	}
	requireNewest(2, now)
	failed := errors.New("no frame")
	require.ErrorIs(t, p.LoanAt(fill(3, now, failed)), failed)
	for _, at := range []int64{0, now - 1, shmpubsub.Now() + int64(time.Hour)} {
		require.ErrorIs(t, p.LoanAt(fill(3, at, nil)), shmpubsub.ErrValue)
	}
	requireNewest(2, now)
	require.ErrorIs(t, p.LoanAt(func(f *frame) (int64, error) {
		at := shmpubsub.Now()
		require.NoError(t, p.Publish(*frameOf(4))) // later than that
		*f = *frameOf(5)
		return at - 1, nil
	}), shmpubsub.ErrValue)
	sample, _ := s.Newest()
	requireNewest(4, sample.Time)
	require.NoError(t, p.LoanAt(fill(6, sample.Time, nil)))
	require.NoError(t, p.Loan(func(f *frame) error { *f = *frameOf(7); return nil }), "the loans that failed have ended")
	sample, _ = s.Newest()
	requireNewest(7, sample.Time)

	small := made[*shmpubsub.Publisher[[3]int8]](t)(shmpubsub.NewPublisher[[3]int8]("small", 2))
	require.NoError(t, small.LoanAt(func(v *[3]int8) (int64, error) { v[1] = 5; return now, nil }))
	smalls, _ := made[*shmpubsub.Subscriber[[3]int8]](t)(shmpubsub.NewSubscriber("small", [3]int8{})).At(now)
	require.Equal(t, shmpubsub.Sample[[3]int8]{Value: [3]int8{0, 5, 0}, Sequence: 1, Time: now, Age: smalls.Age}, smalls)
	text := made[*shmpubsub.TextPublisher](t)(shmpubsub.NewTextPublisher("text", 2))
	require.ErrorIs(t, text.LoanAt(func(*string) (int64, error) { return now, nil }), shmpubsub.ErrValueType)
	for topic, options := range map[string][]shmpubsub.PublisherOption{
		"points": {shmpubsub.WithMaxSize(10)}, "pair": {shmpubsub.WithShape(2)},
	} {
		points := slicePublisher[float32](t, topic, 2, options...)
		require.NoError(t, points.LoanAt(2, func(v []float32) (int64, error) { return now, fillWith(v, 3) }))
		require.ErrorIs(t, points.LoanAt(2, func(v []float32) (int64, error) { return now - 1, fillWith(v, 4) }), shmpubsub.ErrValue)
		require.ErrorIs(t, points.LoanAt(11, func([]float32) (int64, error) { return now, nil }), shmpubsub.ErrValue)
		options := []shmpubsub.SubscriberOption{}
		if topic == "pair" {
			options = append(options, shmpubsub.WithShape(2))
		}
		got, ok := sliceSubscriber[float32](t, topic, options...).At(0, []float32{9})
		require.True(t, ok)
		require.Equal(t, shmpubsub.Sample[[]float32]{Value: []float32{9, 3, 3}, Sequence: 1, Time: now, Age: got.Age}, got)
	}
}

func TestPublishAt_StartsAfterTheValueThatWasCarriedOver(t *testing.T) {
	domain(t)
	p := intPublisher(t, "x", shmpubsub.WithRetain())
	now := shmpubsub.Now()
	require.NoError(t, p.PublishAt(1, now-5))
	require.NoError(t, p.Close())
	p = intPublisher(t, "x", shmpubsub.WithRetain())
	for _, at := range []int64{now - 6, now - 5} {
		require.EqualError(t, p.PublishAt(2, at), fmt.Sprintf(`invalid value: publish "x": found the time %d; expected %d or more, `+
			`after the value that was carried over; publish in the order of the times`, at, now-4))
	}
	require.NoError(t, p.PublishAt(2, now-4))
	require.NoError(t, p.PublishAt(2, now-4))
	require.NoError(t, p.Close())

	overwrite(t, "x", slotOf(3)+stampAt, uint64(shmpubsub.Now()+int64(time.Hour))) // of an earlier boot
	p = intPublisher(t, "x")
	s := intSubscriber(t, "x")
	require.NoError(t, p.PublishAt(3, 1))
	require.ErrorIs(t, p.PublishAt(4, 0), shmpubsub.ErrValue)
	require.NoError(t, p.PublishAt(4, now))
	require.ErrorIs(t, p.PublishAt(5, now-1), shmpubsub.ErrValue)
	for at, want := range map[int64]int64{0: 3, 1: 3, now: 4, math.MaxInt64: 4} {
		sample, ok := s.At(at)
		require.True(t, ok)
		require.Equal(t, want, sample.Value)
	}
}

// A subscriber has an earlier publisher's value to receive still. If the next publisher's first value had the same time, that
// would count as received with it, from the file of the one after that.
func TestPublishAt_GivesNoValueTheTimeOfOneThatWasCarriedOver(t *testing.T) {
	domain(t)
	at := shmpubsub.Now()
	p := intPublisher(t, "x", shmpubsub.WithRetain())
	s := intSubscriber(t, "x")
	require.NoError(t, p.PublishAt(1, at))
	require.NoError(t, p.Close())
	p = intPublisher(t, "x", shmpubsub.WithRetain())
	if p.PublishAt(2, at) != nil {
		require.NoError(t, p.PublishAt(2, at+1))
	}
	require.NoError(t, p.Close())
	intPublisher(t, "x")
	requireReceives(t, s, 1, 2)
	require.Zero(t, s.Lost())
}

func TestPublishAt_ReportsWhatPublishDoes(t *testing.T) {
	domain(t)
	now := shmpubsub.Now()
	points := slicePublisher[float32](t, "points", 2, shmpubsub.WithMaxSize(2))
	require.ErrorContains(t, points.PublishAt(make([]float32, 3), 0), "found a length of 3; expected 2 at most", "of a value and a time that are both wrong")
	text := made[*shmpubsub.TextPublisher](t)(shmpubsub.NewTextPublisher("text", 2))
	require.ErrorContains(t, text.PublishAt("\xff", now), "UTF-8")
	frames := framePublisher(t, "frames", 2)
	require.NoError(t, frames.Loan(func(f *frame) error {
		require.ErrorIs(t, frames.PublishAt(*frameOf(1), now), shmpubsub.ErrLoan)
		require.ErrorIs(t, frames.PublishAt(*frameOf(1), 0), shmpubsub.ErrValue, "the time comes first")
		return nil
	}))
	require.NoError(t, frames.Close())
	require.ErrorIs(t, frames.PublishAt(*frameOf(1), now), shmpubsub.ErrClosed)
}
