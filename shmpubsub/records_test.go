package shmpubsub_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
)

type (
	Pose struct {
		X, Y float64
	}
	Imu struct {
		Stamp int64   `shm:"stamp"`
		Ax    float64 `shm:"ax,unit=m/s^2"`
		Ok    bool    `shm:"ok"`
	}
	Joint struct {
		Angle float32                   `shm:"angle,unit=rad"`
		Stuck bool                      `shm:"stuck"`
		Name  shmpubsub.Text[[13]byte]  `shm:"name"`
		Raw   shmpubsub.Bytes[[3]uint8] `shm:"raw"`
	}
	Arm struct {
		Ready  bool                                 `shm:"ready"`
		Cov    [3][3]float64                        `shm:"cov"`
		Pose   Pose                                 `shm:"pose"`
		Joints [2]Joint                             `shm:"joints"`
		Points shmpubsub.Array[[3000][4]float32]    `shm:"points,unit=m"`
		Path   shmpubsub.ListOf[[8]float64]         `shm:"path"`
		Flags  shmpubsub.ListOf[[5]bool]            `shm:"flags"`
		Seen   shmpubsub.ListOf[[2]Joint]           `shm:"seen"`
		Scans  shmpubsub.Array[[2][3]Pose]          `shm:"scans"`
		Single shmpubsub.Array[[1]struct{ K int8 }] `shm:"single"`
		Z      complex64                            `shm:"z"`
		_      [3]uint8
		Last   uint16
	}
)

const (
	jointText = "Joint{angle: float32, stuck: bool, name: str <= 13, raw: bytes <= 3}"
	armText   = "Arm{ready: bool, cov: float64[3,3], pose: Pose{X: float64, Y: float64}, joints: " + jointText + "[2], " +
		"points: float32[<=3000,4], path: list[float] <= 8, flags: list[bool] <= 5, seen: list[" + jointText + "] <= 2, " +
		"scans: Pose{X: float64, Y: float64}[<=2,3], single: {K: int8}[<=1], z: complex64, Last: uint16}"
)

// armOf returns an arm whose parts all say n.
func armOf(t testing.TB, n int) *Arm {
	t.Helper()
	a := &Arm{Ready: true, Pose: Pose{float64(n), -1}, Z: complex(1, float32(n)), Last: uint16(n)}
	a.Cov[2][1] = float64(n)
	for i := range a.Joints {
		fillJoint(t, &a.Joints[i], n+i)
	}
	require.NoError(t, a.Points.SetLen(n))
	for i := range n {
		a.Points.Data[i] = [4]float32{float32(n), 1, 2, float32(i)}
	}
	require.NoError(t, a.Path.SetLen(2))
	a.Path.Data[1] = float64(n)
	require.NoError(t, a.Flags.SetLen(5))
	a.Flags.Data[4] = true
	require.NoError(t, a.Seen.SetLen(1))
	fillJoint(t, &a.Seen.Data[0], n)
	require.NoError(t, a.Scans.SetLen(2))
	a.Scans.Data[1][2].Y = float64(n)
	require.NoError(t, a.Single.SetLen(1))
	a.Single.Data[0].K = int8(n)
	return a
}

func fillJoint(t testing.TB, j *Joint, n int) {
	t.Helper()
	j.Angle, j.Stuck = float32(n), n%2 == 0
	require.NoError(t, j.Name.Set(strings.Repeat("ü", n%7)))
	require.NoError(t, j.Raw.Set([]byte{byte(n)}))
}

func TestPublisher_TakesStructs(t *testing.T) {
	topicOf(t, "Pose{X: float64, Y: float64}", Pose{1, -2}, Pose{})
	topicOf(t, "Imu{stamp: int64, ax: float64, ok: bool}", Imu{1, 9.81, true}, Imu{-1, 0, false})
	topicOf(t, "Pose{X: float64, Y: float64}[3]", [3]Pose{1: {3, 4}})
	topicOf(t, "Pose{X: float64, Y: float64}[10,2]", [10][2]Pose{9: {1: {3, 4}}})
	topicOf(t, "{a: uint8}", struct {
		A uint8 `shm:"a"`
	}{255})
	joint := Joint{}
	fillJoint(t, &joint, 3)
	topicOf(t, jointText, joint, Joint{})
	topicOf(t, armText, *armOf(t, 0), *armOf(t, 1), *armOf(t, 3000))
}

func TestSlicePublisher_TakesStructs(t *testing.T) {
	domain(t)
	p := made[*shmpubsub.SlicePublisher[Joint]](t)(shmpubsub.NewSlicePublisher[Joint]("x", 3, shmpubsub.WithMaxSize(5)))
	list := made[*shmpubsub.SlicePublisher[Joint]](t)(shmpubsub.NewSlicePublisher[Joint]("list", 3, shmpubsub.WithMaxSize(5), shmpubsub.WithList()))
	for topic, typ := range map[string]string{"x": jointText + "[<=5]", "list": "list[" + jointText + "] <= 5"} {
		info, err := shmpubsub.Inspect(topic)
		require.NoError(t, err)
		require.Equal(t, typ, info.Type)
		require.Equal(t, "rad", info.Metadata.Fields["angle"].Unit)
	}
	joints := make([]Joint, 3)
	for i := range joints {
		fillJoint(t, &joints[i], i)
	}
	for _, p := range []*shmpubsub.SlicePublisher[Joint]{p, list} {
		s := made[*shmpubsub.SliceSubscriber[Joint]](t)(shmpubsub.NewSliceSubscriber[Joint](p.Topic()))
		require.NoError(t, p.Publish(joints))
		got, ok := s.Subscribe(nil)
		require.True(t, ok)
		require.Equal(t, joints, got)
		require.NoError(t, p.Loan(2, func(place []Joint) error { return place[1].Name.Set("loan") }))
		require.True(t, s.Borrow(func(v []Joint) { require.Equal(t, "loan", v[1].Name.String()) }))
		require.NoError(t, p.Publish(nil))
		got, ok = s.Subscribe(got[:0])
		require.True(t, ok)
		require.Empty(t, got)
	}
}

func TestPublisher_HasTheUnitsOfTheTags(t *testing.T) {
	domain(t)
	made[*shmpubsub.Publisher[Arm]](t)(shmpubsub.NewPublisher[Arm]("x", 3, shmpubsub.WithDescription("both arms")))
	info, err := shmpubsub.Inspect("x")
	require.NoError(t, err)
	joint := shmpubsub.Metadata{Fields: map[string]shmpubsub.Metadata{"angle": {Unit: "rad"}}}
	require.Equal(t, shmpubsub.Metadata{
		Description: "both arms", Fields: map[string]shmpubsub.Metadata{"joints": joint, "seen": joint, "points": {Unit: "m"}},
	}, info.Metadata)
}

func TestRecords_ThatDifferAreRefusedByTheFirstField(t *testing.T) {
	domain(t)
	made[*shmpubsub.Publisher[Pose]](t)(shmpubsub.NewPublisher[Pose]("x", 3))
	type pose struct {
		X float64
		Y float32
	}
	_, err := shmpubsub.NewSubscriber("x", pose{})
	require.ErrorIs(t, err, shmpubsub.ErrType)
	require.ErrorContains(t, err, `expected pose{X: float64, Y: float32}: field "Y": found float64, expected float32; use the publisher's type or another name`)
	type position struct {
		A float64 `shm:"X"`
		B float64 `shm:"Y"`
	}
	made[*shmpubsub.Subscriber[position]](t)(shmpubsub.NewSubscriber("x", position{}))
	_, err = shmpubsub.NewSliceSubscriber[Pose]("x")
	require.ErrorIs(t, err, shmpubsub.ErrType)
}

// What Go has in its padding, and behind what is in use, may be anything of the program's memory.
func TestSubscriber_ReadsStructsByEachMethodIntoItsOwnMemory(t *testing.T) {
	domain(t)
	p := made[*shmpubsub.Publisher[Arm]](t)(shmpubsub.NewPublisher[Arm]("x", 3))
	s := made[*shmpubsub.Subscriber[Arm]](t)(shmpubsub.NewSubscriber("x", Arm{}))
	require.NoError(t, p.Publish(*armOf(t, 2000)))
	v := armOf(t, 1)
	v.Points.Data[2999][3] = 77
	require.True(t, s.SubscribeInto(v))
	require.Equal(t, 2000, v.Points.Len())
	require.Equal(t, [4]float32{2000, 1, 2, 1999}, v.Points.Data[1999])
	require.EqualValues(t, 77, v.Points.Data[2999][3], "what is not in use is not copied")
	require.EqualValues(t, 2000, v.Last)
	require.NoError(t, p.Loan(func(a *Arm) error {
		require.Zero(t, a.Points.Len())
		require.Zero(t, a.Joints[1].Name.String())
		*a = *armOf(t, 5)
		return nil
	}))
	require.True(t, s.Borrow(func(a *Arm) { require.Equal(t, *armOf(t, 5), *a) }))
	got, err := s.Recv(context.Background())
	require.NoError(t, err)
	require.Equal(t, 2000, got.Points.Len())
}

func TestRooms_RefuseWhatDoesNotFit(t *testing.T) {
	var text shmpubsub.Text[[4]byte]
	require.NoError(t, text.Set("four"))
	require.EqualError(t, text.Set("fünf"), "invalid value: found 5 bytes; expected 4 at most; give the field a larger array")
	require.EqualError(t, text.Set("\xff"), "invalid value: found text that is not UTF-8; expected UTF-8; use Bytes")
	require.Equal(t, "four", text.String())
	var raw shmpubsub.Bytes[[2]byte]
	require.NoError(t, raw.Set([]byte{1}))
	require.ErrorIs(t, raw.Set([]byte{1, 2, 3}), shmpubsub.ErrValue)
	require.Equal(t, []byte{1}, raw.Bytes())
	var array shmpubsub.Array[[3][2]float32]
	var list shmpubsub.ListOf[[3]bool]
	for _, set := range []func(int) error{array.SetLen, list.SetLen} {
		require.NoError(t, set(3))
		for _, n := range []int{-1, 4} {
			require.ErrorIs(t, set(n), shmpubsub.ErrValue)
			require.ErrorContains(t, set(n), "expected 0 to 3; give the field a larger array")
		}
	}
	require.Equal(t, 3, array.Len())
	require.Equal(t, 3, list.Len())
}

// Other processes may write any bytes.
// What was read may come from another process, and is not published any further.
func TestRecords_AreWholeUnderAFastPublisher(t *testing.T) {
	domain(t)
	p := made[*shmpubsub.Publisher[Arm]](t)(shmpubsub.NewPublisher[Arm]("arm", 1))
	small := made[*shmpubsub.Publisher[Imu]](t)(shmpubsub.NewPublisher[Imu]("imu", 1))
	var readers sync.WaitGroup
	var done atomic.Bool
	for range 2 {
		s := made[*shmpubsub.Subscriber[Arm]](t)(shmpubsub.NewSubscriber("arm", Arm{}))
		imu := made[*shmpubsub.Subscriber[Imu]](t)(shmpubsub.NewSubscriber("imu", Imu{}))
		readers.Go(func() {
			var v Arm
			check := func(v *Arm) bool {
				n := v.Points.Len()
				return assert.EqualValues(t, n, v.Last) && assert.Equal(t, strings.Repeat("ü", n%7), v.Joints[0].Name.String()) &&
					assert.EqualValues(t, n, v.Points.Data[n-1][0]) && assert.EqualValues(t, n, v.Scans.Data[1][2].Y)
			}
			for last := false; !last; {
				last = done.Load()
				if s.SubscribeInto(&v) && !check(&v) {
					return
				}
				s.Borrow(func(v *Arm) { check(v) })
				if got, ok := imu.Subscribe(); ok && !assert.True(t, got.Ax == float64(got.Stamp) && got.Ok == (got.Stamp%2 == 0)) {
					return
				}
			}
			assert.EqualValues(t, 300, v.Last)
		})
	}
	for n := 1; n <= 300; n++ {
		a := armOf(t, n)
		for range 10 {
			assert.NoError(t, small.Publish(Imu{int64(n), float64(n), n%2 == 0}))
			assert.NoError(t, p.Publish(*a))
		}
	}
	done.Store(true)
	readers.Wait()
}

func TestRecords_DoNotAllocate(t *testing.T) {
	domain(t)
	p := made[*shmpubsub.Publisher[Imu]](t)(shmpubsub.NewPublisher[Imu]("imu", 3))
	s := made[*shmpubsub.Subscriber[Imu]](t)(shmpubsub.NewSubscriber("imu", Imu{}))
	arm := made[*shmpubsub.Publisher[Arm]](t)(shmpubsub.NewPublisher[Arm]("arm", 3))
	arms := made[*shmpubsub.Subscriber[Arm]](t)(shmpubsub.NewSubscriber("arm", Arm{}))
	var v Arm
	require.Zero(t, testing.AllocsPerRun(100, func() {
		_ = p.Publish(Imu{Ok: true})
		s.Subscribe()
		_ = arm.Loan(func(a *Arm) error { a.Last = 1; return nil })
		arms.SubscribeInto(&v)
		arms.Borrow(func(a *Arm) { v.Last = a.Last })
	}))
}
