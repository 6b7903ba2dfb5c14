package shmpubsub_test

import (
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub"
)

// readers returns this process's read-only descriptors of the topic's file.
func readers(t *testing.T, topic string) (found []int) {
	t.Helper()
	var file, st unix.Stat_t
	require.NoError(t, unix.Stat(fileOf(topic), &file))
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		require.NoError(t, err)
		if unix.Fstat(fd, &st) != nil || st.Dev != file.Dev || st.Ino != file.Ino {
			continue
		}
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
		require.NoError(t, err)
		if flags&unix.O_ACCMODE == unix.O_RDONLY {
			found = append(found, fd)
		}
	}
	return found
}

// subscriberWithoutDescriptor has taken 1 of 1, 2 and 3.
func subscriberWithoutDescriptor(t *testing.T) *shmpubsub.IntSubscriber {
	t.Helper()
	domain(t)
	p := intPublisher(t, "topic")
	require.NoError(t, p.PublishMany([]int64{1, 2, 3}))
	s := intSubscriber(t, "topic", shmpubsub.WithHistory(3))
	first, ok := s.TryRecv()
	require.True(t, ok)
	require.Equal(t, int64(1), first)
	for _, fd := range readers(t, "topic") {
		require.NoError(t, unix.Close(fd))
	}
	return s
}

func TestSubscriber_WithoutItsDescriptorOpensItAgainAndReceivesNothingTwice(t *testing.T) {
	s := subscriberWithoutDescriptor(t)
	requireSoon(t, func() bool {
		requireReads(t, s, 3, true)
		return len(readers(t, "topic")) == 1
	})
	require.Equal(t, []int64{2, 3}, s.Drain())
	require.Zero(t, s.Lost())
}

func TestSubscriber_WithoutItsDescriptorSaysSoWhenThereIsNoneLeft(t *testing.T) {
	s := subscriberWithoutDescriptor(t)
	var limit unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 0, Max: limit.Max}))
	restore := func() { require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)) }
	defer restore()
	requireSoon(t, func() bool {
		_, ok := s.Subscribe()
		require.Equal(t, ok, s.Err() == nil)
		return !ok
	})
	require.ErrorIs(t, s.Err(), shmpubsub.ErrOpen)
	require.ErrorIs(t, s.Err(), unix.EMFILE)
	restore()
	requireReads(t, s, 3, true)
	require.Equal(t, []int64{2, 3}, s.Drain())
	require.Zero(t, s.Lost())
}
