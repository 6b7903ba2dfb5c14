package shmpubsub_test

import (
	"context"
	"encoding/binary"
	"os"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
)

func TestPublish_LeavesNoneOfTheProgramsMemoryInPadding(t *testing.T) {
	domain(t)
	p := made[*shmpubsub.Publisher[Arm]](t)(shmpubsub.NewPublisher[Arm]("x", 1))
	imu := made[*shmpubsub.Publisher[Imu]](t)(shmpubsub.NewPublisher[Imu]("imu", 1))
	slice := made[*shmpubsub.SlicePublisher[Joint]](t)(shmpubsub.NewSlicePublisher[Joint]("slice", 1, shmpubsub.WithMaxSize(2)))
	check := func(topic string, padding ...uintptr) {
		t.Helper()
		b := rawOf(t, topic)
		for _, at := range padding {
			require.Zero(t, b[at], at)
		}
	}
	var a Arm
	inArm := []uintptr{
		unsafe.Offsetof(a.Ready) + 1, unsafe.Offsetof(a.Cov) - 1, unsafe.Offsetof(a.Joints) + 5, unsafe.Offsetof(a.Joints) + 7,
		unsafe.Offsetof(a.Joints) + 29, unsafe.Offsetof(a.Joints) + unsafe.Sizeof(Joint{}) + 5, unsafe.Offsetof(a.Joints) + 2*unsafe.Sizeof(Joint{}) - 1,
		unsafe.Offsetof(a.Seen) + 8 + 5, unsafe.Offsetof(a.Z) + 8, unsafe.Offsetof(a.Z) + 10, unsafe.Sizeof(a) - 1,
	}
	fillAll := func(b []byte) {
		for i := range b {
			b[i] = 1 // true, where it is a bool
		}
	}
	dirty := func(v *Arm) {
		fillAll(unsafe.Slice((*byte)(unsafe.Pointer(v)), unsafe.Sizeof(*v)))
		for i := range v.Joints {
			require.NoError(t, v.Joints[i].Name.Set("x"))
			require.NoError(t, v.Joints[i].Raw.Set(nil))
		}
		require.NoError(t, v.Points.SetLen(3))
		require.NoError(t, v.Path.SetLen(8))
		require.NoError(t, v.Flags.SetLen(5))
		require.NoError(t, v.Seen.SetLen(1))
		require.NoError(t, v.Seen.Data[0].Name.Set("x"))
		require.NoError(t, v.Seen.Data[0].Raw.Set(nil))
		require.NoError(t, v.Scans.SetLen(0))
		require.NoError(t, v.Single.SetLen(0))
	}
	dirty(&a)
	require.NoError(t, p.Publish(a))
	check("x", inArm...)
	require.NoError(t, p.Loan(func(v *Arm) error { dirty(v); return nil }))
	check("x", inArm...)
	require.NoError(t, p.PublishMany([]Arm{a}))
	check("x", inArm...)

	var i Imu
	fillAll(unsafe.Slice((*byte)(unsafe.Pointer(&i)), unsafe.Sizeof(i)))
	require.NoError(t, imu.Publish(i))
	check("imu", 17, 23)
	require.NoError(t, imu.Loan(func(v *Imu) error { fillAll(unsafe.Slice((*byte)(unsafe.Pointer(v)), unsafe.Sizeof(i))); return nil }))
	check("imu", 17, 23)

	joints := []Joint{a.Joints[0], a.Joints[1]}
	require.NoError(t, slice.Publish(joints))
	check("slice", 5, 29, unsafe.Sizeof(Joint{})+5)
	require.NoError(t, slice.Loan(2, func(place []Joint) error { copy(place, joints); return nil }))
	check("slice", 5, 29, unsafe.Sizeof(Joint{})+5)
}

func TestSubscriber_TakesNoByteForWhatGoDoesNotHave(t *testing.T) {
	domain(t)
	p := made[*shmpubsub.Publisher[Arm]](t)(shmpubsub.NewPublisher[Arm]("x", 1))
	s := made[*shmpubsub.Subscriber[Arm]](t)(shmpubsub.NewSubscriber("x", Arm{}))
	imu := made[*shmpubsub.Publisher[Imu]](t)(shmpubsub.NewPublisher[Imu]("imu", 1))
	fast := made[*shmpubsub.Subscriber[Imu]](t)(shmpubsub.NewSubscriber("imu", Imu{}))
	var a Arm
	flag := func(v *bool) byte { return *(*byte)(unsafe.Pointer(v)) }
	for at, read := range map[uintptr]func(*Arm) byte{
		unsafe.Offsetof(a.Ready):                                 func(v *Arm) byte { return flag(&v.Ready) },
		unsafe.Offsetof(a.Joints) + unsafe.Sizeof(Joint{}) + 4:   func(v *Arm) byte { return flag(&v.Joints[1].Stuck) },
		unsafe.Offsetof(a.Flags) + 8 + 4:                         func(v *Arm) byte { return flag(&v.Flags.Data[4]) },
		unsafe.Offsetof(a.Seen) + 8 + unsafe.Sizeof(Joint{}) + 4: func(v *Arm) byte { return flag(&v.Seen.Data[1].Stuck) },
	} {
		require.NoError(t, p.Publish(*armOf(t, 1)))
		writeRaw(t, "x", int(at), 0xfe)
		v, ok := s.Subscribe()
		require.True(t, ok)
		require.EqualValues(t, 1, read(&v))
		require.True(t, s.Borrow(func(v *Arm) { require.EqualValues(t, 1, read(v)) }))
	}
	require.NoError(t, imu.Publish(Imu{}))
	writeRaw(t, "imu", 16, 0xfe)
	v, ok := fast.Subscribe()
	require.True(t, ok)
	require.EqualValues(t, 1, flag(&v.Ok))

	for _, at := range []uintptr{
		unsafe.Offsetof(a.Points), unsafe.Offsetof(a.Path), unsafe.Offsetof(a.Joints) + unsafe.Sizeof(Joint{}) + 8, unsafe.Offsetof(a.Seen) + 8 + 8,
	} {
		require.NoError(t, p.Publish(*armOf(t, 1)))
		writeRaw(t, "x", int(at)+7, 0x80)
		into := *armOf(t, 2)
		require.False(t, s.SubscribeInto(&into))
		require.Equal(t, *armOf(t, 2), into)
		require.ErrorIs(t, s.Err(), shmpubsub.ErrLayout)
		require.False(t, s.Borrow(func(*Arm) { t.Error("there is nothing to borrow") }))
	}
}

func TestPublish_RefusesStructsThatNoOtherLanguageReads(t *testing.T) {
	domain(t)
	p := made[*shmpubsub.Publisher[Arm]](t)(shmpubsub.NewPublisher[Arm]("x", 1))
	slice := made[*shmpubsub.SlicePublisher[Joint]](t)(shmpubsub.NewSlicePublisher[Joint]("slice", 1, shmpubsub.WithMaxSize(3)))
	lengthOf := func(at unsafe.Pointer) *uint64 { return (*uint64)(at) }
	damage := map[string]func(*Joint){
		"found a length of 14 in the field Arm.Seen.Name; expected 13 at most": func(j *Joint) { *lengthOf(unsafe.Pointer(&j.Name)) = 14 },
		"found text that is not UTF-8 in the field Arm.Seen.Name; expected UTF-8; use Bytes": func(j *Joint) {
			require.NoError(t, j.Name.Set("ü"))
			*lengthOf(unsafe.Pointer(&j.Name)) = 1
		},
	}
	for text, damage := range damage {
		a := armOf(t, 1)
		damage(&a.Seen.Data[0])
		for _, err := range []error{p.Publish(*a), p.PublishMany([]Arm{{}, *a}), p.Loan(func(v *Arm) error { *v = *a; return nil })} {
			require.EqualError(t, err, `invalid value: publish "x": `+text)
		}
		joints := []Joint{{}, a.Seen.Data[0]}
		for _, err := range []error{slice.Publish(joints), slice.Loan(2, func(v []Joint) error { copy(v, joints); return nil })} {
			require.EqualError(t, err, `invalid value: publish "slice": `+strings.Replace(text, "Arm.Seen", "Joint", 1))
		}
		require.NoError(t, a.Seen.SetLen(0), "what is not in use does not matter")
		require.NoError(t, p.Publish(*a))
	}
	info, err := shmpubsub.Inspect("x")
	require.NoError(t, err)
	require.EqualValues(t, len(damage), info.Published)
}

func TestSliceSubscriber_RefusesLengthsBeyondTheRoom(t *testing.T) {
	domain(t)
	p := made[*shmpubsub.SlicePublisher[Joint]](t)(shmpubsub.NewSlicePublisher[Joint]("x", 1, shmpubsub.WithMaxSize(3)))
	s := made[*shmpubsub.SliceSubscriber[Joint]](t)(shmpubsub.NewSliceSubscriber[Joint]("x"))
	require.NoError(t, p.Publish(make([]Joint, 3)))
	writeRaw(t, "x", 2*int(unsafe.Sizeof(Joint{}))+8, 14)
	before := make([]Joint, 1, 9)
	got, ok := s.Subscribe(before)
	require.False(t, ok)
	require.Len(t, got, 1)
	require.EqualError(t, s.Err(), `not a topic of this version: read "x": found a length of 14 in the field Joint.Name; expected 13 at most`)
	require.False(t, s.Borrow(func([]Joint) { t.Error("there is nothing to borrow") }))
	got, err := s.Recv(context.Background(), before)
	require.ErrorIs(t, err, shmpubsub.ErrLayout)
	require.Len(t, got, 1)
	require.NoError(t, p.Publish(make([]Joint, 3)))
	writeRaw(t, "x", 8, 14)
	require.Empty(t, s.Drain())
}

// rawAt returns where a topic's newest value begins in its file, and how long it may be.
func rawAt(t testing.TB, topic string) (at, size int64) {
	t.Helper()
	content, err := os.ReadFile(fileOf(topic))
	require.NoError(t, err)
	const header = 65536
	le := binary.LittleEndian
	number := func(at int64) int64 { return int64(le.Uint64(content[at:])) }
	slot := header + int64(le.Uint32(content[header+12:])) + number(header+128)%number(header+40)*number(header+32)
	if le.Uint32(content[header+20:])&4 == 0 {
		return slot + 16, number(header + 24)
	}
	return number(header+96) + int64(le.Uint32(content[slot+16:]))*number(header+104) + 128, number(header + 24)
}

// rawOf returns the bytes of a topic's newest value.
func rawOf(t testing.TB, topic string) []byte {
	t.Helper()
	at, size := rawAt(t, topic)
	content, err := os.ReadFile(fileOf(topic))
	require.NoError(t, err)
	return content[at : at+size]
}

// writeRaw writes a byte of a topic's newest value behind its publisher's back.
func writeRaw(t testing.TB, topic string, offset int, b byte) {
	t.Helper()
	at, _ := rawAt(t, topic)
	f, err := os.OpenFile(fileOf(topic), os.O_RDWR, 0)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	_, err = f.WriteAt([]byte{b}, at+int64(offset))
	require.NoError(t, err)
}
