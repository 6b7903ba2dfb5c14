package shmpubsub_test

import (
	"io/fs"
	"math"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub"
)

func TestWithMode_SetsThePermissionBitsWhateverTheUmask(t *testing.T) {
	domain(t)
	defer unix.Umask(unix.Umask(0o077))
	mode := func(opts ...shmpubsub.PublisherOption) fs.FileMode {
		p, err := shmpubsub.NewIntPublisher("x", 1, opts...)
		require.NoError(t, err)
		info, err := os.Stat(fileOf("x"))
		require.NoError(t, err)
		require.NoError(t, p.Close())
		return info.Mode()
	}
	require.Equal(t, fs.FileMode(0o600), mode())
	require.Equal(t, fs.FileMode(0o644), mode(shmpubsub.WithMode(0o644)))
	require.Equal(t, fs.FileMode(0o666), mode(shmpubsub.WithMode(0o666)))
	unix.Umask(0)
	require.Equal(t, fs.FileMode(0o600), mode())
}

func TestWithMaxAge_TurnsOldValuesIntoTheDefault(t *testing.T) {
	domain(t)
	p := intPublisher(t, "x")
	fresh := intSubscriber(t, "x", shmpubsub.WithMaxAge(5*time.Second))
	patient := intSubscriber(t, "x", shmpubsub.WithMaxAge(time.Hour))
	endless := intSubscriber(t, "x", shmpubsub.WithMaxAge(math.MaxInt64))
	any := intSubscriber(t, "x")
	require.NoError(t, p.Publish(1))
	var now unix.Timespec
	require.NoError(t, unix.ClockGettime(unix.CLOCK_MONOTONIC, &now))
	overwrite(t, "x", slotOf(1)+stampAt, uint64(now.Nano()-int64(10*time.Second))) // as if it were ten seconds later
	requireReads(t, fresh, -1, false)
	requireReads(t, patient, 1, true)
	requireReads(t, endless, 1, true)
	requireReads(t, any, 1, true)
	require.NoError(t, p.Publish(2))
	for _, s := range []*shmpubsub.IntSubscriber{patient, endless, any} {
		requireReads(t, s, 2, true)
	}
}

func TestWithMaxAge_GuardsAgainstAPublisherThatHangs(t *testing.T) {
	domain(t)
	p := intPublisher(t, "x")
	s := intSubscriber(t, "x", shmpubsub.WithMaxAge(20*time.Millisecond))
	require.NoError(t, p.Publish(1))
	requireSoon(t, func() bool { _, ok := s.Subscribe(); return !ok })
	requireReads(t, s, -1, false)
	requireSoon(t, func() bool { // goes on
		require.NoError(t, p.Publish(2))
		v, ok := s.Subscribe()
		return ok && v == 2
	})
}

func TestWithMaxAge_LimitsRetainedValuesToo(t *testing.T) {
	domain(t)
	p := intPublisher(t, "x", shmpubsub.WithRetain())
	require.NoError(t, p.Publish(1))
	require.NoError(t, p.Close())
	s := intSubscriber(t, "x", shmpubsub.WithMaxAge(time.Millisecond))
	requireSoon(t, func() bool { _, ok := s.Subscribe(); return !ok })
	requireReads(t, intSubscriber(t, "x"), 1, true)
	require.NoError(t, shmpubsub.Remove("x"))
}

func TestInDir_PutsEverythingThere(t *testing.T) {
	elsewhere := domain(t)
	domain(t)
	in := shmpubsub.InDir(elsewhere)
	p := intPublisher(t, "x", in)
	topics, err := shmpubsub.List()
	require.NoError(t, err)
	require.Empty(t, topics)
	topics, err = shmpubsub.List(in)
	require.NoError(t, err)
	require.Equal(t, []string{"x"}, topics)
	info, err := shmpubsub.Inspect("x", in)
	require.NoError(t, err)
	require.Equal(t, elsewhere+"/shm_pub_sub.x", info.Path)
	require.ErrorIs(t, shmpubsub.Remove("x"), shmpubsub.ErrNoPublisher)
	require.ErrorIs(t, shmpubsub.Remove("x", in), shmpubsub.ErrExists)
	require.NoError(t, p.Close())
}

func TestDefaultDir_IsUsedWithoutTheEnvironmentVariable(t *testing.T) {
	t.Setenv(shmpubsub.DirEnv, "")
	_, err := shmpubsub.Inspect("shm_pub_sub test: no such topic")
	require.ErrorIs(t, err, shmpubsub.ErrNoPublisher)
	require.Equal(t, "/dev/shm", shmpubsub.DefaultDir)
}
