package shmpubsub_test

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
	"shm_pub_sub/shmpubsub/internal/page"
)

func TestList_NamesTheTopicsOfTheLivingAndTheDead(t *testing.T) {
	domain(t)
	topics, err := shmpubsub.List()
	require.NoError(t, err)
	require.Empty(t, topics)
	spawn(t, "publish", "z").kill()
	intPublisher(t, "robot/lidar")
	intPublisher(t, "b")
	topics, err = shmpubsub.List()
	require.NoError(t, err)
	require.Equal(t, []string{"b", "robot/lidar", "z"}, topics)
	require.NoError(t, shmpubsub.Remove("z"))
}

func TestList_SaysThatThereIsNoDirectory(t *testing.T) {
	_, err := shmpubsub.List(shmpubsub.InDir(domain(t) + "/none"))
	require.ErrorIs(t, err, shmpubsub.ErrOpen)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestInspect_DescribesALivePublisher(t *testing.T) {
	domain(t)
	start := time.Now().Add(-time.Second)
	p := made[*shmpubsub.FloatPublisher](t)(shmpubsub.NewFloatPublisher("x", 5, shmpubsub.WithRetain()))
	info, err := shmpubsub.Inspect("x")
	require.NoError(t, err)
	require.WithinRange(t, info.Created, start, time.Now().Add(time.Second))
	info.Created = time.Time{}
	want := shmpubsub.Info{
		Topic: "x", Path: fileOf("x"), Type: "float", Depth: 5, Bytes: 2 * page.Size(), PID: os.Getpid(), UID: uint32(os.Geteuid()),
		Trusted: true, Alive: true, Retain: true,
	}
	require.Equal(t, want, info)

	for range 3 {
		require.NoError(t, p.Publish(1))
	}
	info, err = shmpubsub.Inspect("x")
	require.NoError(t, err)
	require.Equal(t, uint64(3), info.Published)
	require.Positive(t, info.Age)
	require.Less(t, info.Age, time.Minute)
	require.NoError(t, p.Close())
	require.NoError(t, shmpubsub.Remove("x"))
}

func TestWithBridged_MarksTheTopicOfThatPublisherOnly(t *testing.T) {
	domain(t)
	bridged := func() bool {
		info, err := shmpubsub.Inspect("x")
		require.NoError(t, err)
		return info.Bridged
	}
	for _, marked := range []bool{false, true, false} {
		opts := []shmpubsub.PublisherOption{shmpubsub.WithRetain()}
		if marked {
			opts = append(opts, shmpubsub.WithBridged())
		}
		p := made[*shmpubsub.IntPublisher](t)(shmpubsub.NewIntPublisher("x", 4, opts...))
		require.Equal(t, marked, bridged())
		require.NoError(t, p.Publish(1))
		require.NoError(t, p.Close())
		require.Equal(t, marked, bridged())
	}
	require.NoError(t, shmpubsub.Remove("x"))
}

func TestInspect_TellsTheRateOfTheValuesThatAreKept(t *testing.T) {
	domain(t)
	p := made[*shmpubsub.IntPublisher](t)(shmpubsub.NewIntPublisher("x", 4, shmpubsub.WithRetain()))
	rate := func() float64 {
		info, err := shmpubsub.Inspect("x")
		require.NoError(t, err)
		return info.Rate
	}
	require.Zero(t, rate())
	for k := range 9 {
		require.NoError(t, p.Publish(int64(k)))
		if k == 0 {
			require.Zero(t, rate())
		}
	}
	s := made[*shmpubsub.IntSubscriber](t)(shmpubsub.NewIntSubscriber("x", 0, shmpubsub.WithHistory(4)))
	var times []int64
	for range 4 {
		sample, err := s.RecvSample(t.Context())
		require.NoError(t, err)
		times = append(times, sample.Time)
	}
	require.InEpsilon(t, 3e9/float64(times[3]-times[0]), rate(), 1e-9)
	require.NoError(t, p.PublishMany([]int64{1, 2, 3, 4}))
	require.Zero(t, rate(), "one time")
	require.NoError(t, p.Close())
	require.Zero(t, rate(), "nobody publishes")

	q := made[*shmpubsub.IntPublisher](t)(shmpubsub.NewIntPublisher("x", 4, shmpubsub.WithRetain()))
	require.NoError(t, q.Publish(5))
	require.Zero(t, rate(), "value 1 is that of the publisher before")
	require.NoError(t, q.Publish(6))
	require.Positive(t, rate())
	require.NoError(t, q.Close())
	require.NoError(t, shmpubsub.Remove("x"))
}

func TestInspect_DescribesADeadPublisher(t *testing.T) {
	domain(t)
	child := spawn(t, "publish", "x")
	child.kill()
	info, err := shmpubsub.Inspect("x")
	require.NoError(t, err)
	require.False(t, info.Alive)
	require.Equal(t, child.cmd.Process.Pid, info.PID)
	require.Equal(t, uint64(1), info.Published)
	require.NoError(t, shmpubsub.Remove("x"))
	_, err = shmpubsub.Inspect("x")
	require.ErrorIs(t, err, shmpubsub.ErrNoPublisher)
}

func TestTopics_WithGarbageFilesAreNamedExplainedAndRemoved(t *testing.T) {
	for name, content := range map[string][]byte{
		"empty": nil,
		"short": []byte("garbage"),
		"zeros": make([]byte, 1<<16),
	} {
		t.Run(name, func(t *testing.T) {
			domain(t)
			require.NoError(t, os.WriteFile(fileOf("x"), content, 0o600))
			topics, err := shmpubsub.List()
			require.NoError(t, err)
			require.Equal(t, []string{"x"}, topics)
			_, err = shmpubsub.Inspect("x")
			require.ErrorIs(t, err, shmpubsub.ErrOpen)
			require.ErrorIs(t, err, shmpubsub.ErrLayout)
			require.Regexp(t, `^Failed to open shared memory: open "x": found .*; expected .*; remove `+fileOf("x"), err.Error())
			require.NoError(t, shmpubsub.Remove("x"))
		})
	}
}

func TestInspect_SaysThatTheRingIsDamaged(t *testing.T) {
	domain(t)
	intPublisher(t, "x")
	overwrite(t, "x", headAt, 7)
	_, err := shmpubsub.Inspect("x")
	require.ErrorIs(t, err, shmpubsub.ErrLayout)
}

func TestMapping_LocatesTheTopicInThisProcess(t *testing.T) {
	domain(t)
	p := made[*shmpubsub.BoolPublisher](t)(shmpubsub.NewBoolPublisher("x", 5))
	m, err := p.Mapping()
	require.NoError(t, err)
	require.NotZero(t, m.Page)
	require.NotZero(t, m.Address)
	require.Zero(t, m.Address%4096)
	require.Zero(t, m.Pool)
	path, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(m.FD))
	require.NoError(t, err)
	open, err := os.Stat("/proc/self/fd/" + strconv.Itoa(m.FD))
	require.NoError(t, err)
	named, err := os.Stat(fileOf("x"))
	require.NoError(t, err)
	require.True(t, os.SameFile(open, named), path)
	require.EqualValues(t, []uint64{page.Size(), slotsAt, stride, 6}, []uint64{m.Size, m.First, m.Stride, m.Slots})
}
