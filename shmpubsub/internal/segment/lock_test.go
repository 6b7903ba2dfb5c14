package segment

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func openFor(t *testing.T, path string, access int) int {
	t.Helper()
	fd, err := unix.Open(path, access|unix.O_CLOEXEC, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = unix.Close(fd) })
	return fd
}

func emptyFile(t *testing.T) string {
	t.Helper()
	path := domain(t) + "/file"
	fd, err := unix.Open(path, unix.O_CREAT|unix.O_RDWR, 0o600)
	require.NoError(t, err)
	require.NoError(t, unix.Close(fd))
	t.Cleanup(func() { _ = unix.Unlink(path) })
	return path
}

func requireHeld(t *testing.T, want bool, fd int, at int64) {
	t.Helper()
	got, err := held(fd, at)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestLock_ExcludesOtherOpenFilesOfTheSameProcess(t *testing.T) {
	path := emptyFile(t)
	a, b := openFor(t, path, unix.O_RDWR), openFor(t, path, unix.O_RDWR)
	ok, err := tryLock(a, ownerByte)
	require.NoError(t, err)
	require.True(t, ok)
	ok, err = tryLock(b, ownerByte)
	require.NoError(t, err)
	require.False(t, ok)
	requireHeld(t, true, b, ownerByte)
	requireHeld(t, false, a, ownerByte) // by nobody else
}

func TestLock_GuardsEachByteOnItsOwn(t *testing.T) {
	path := emptyFile(t)
	a, b := openFor(t, path, unix.O_RDWR), openFor(t, path, unix.O_RDWR)
	for fd, at := range map[int]int64{a: ownerByte, b: takeoverByte} {
		ok, err := tryLock(fd, at)
		require.NoError(t, err)
		require.True(t, ok)
	}
	requireHeld(t, true, a, takeoverByte)
	requireHeld(t, true, b, ownerByte)
}

func TestLock_CanBeAskedAfterThroughAReadOnlyDescriptor(t *testing.T) {
	path := emptyFile(t)
	reader := openFor(t, path, unix.O_RDONLY)
	requireHeld(t, false, reader, ownerByte)
	ok, err := tryLock(openFor(t, path, unix.O_RDWR), ownerByte)
	require.NoError(t, err)
	require.True(t, ok)
	requireHeld(t, true, reader, ownerByte)
	_, err = tryLock(reader, takeoverByte)
	require.ErrorIs(t, err, unix.EBADF)
}

func TestLock_GoesWithTheLastDescriptor(t *testing.T) {
	path := emptyFile(t)
	a, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0)
	require.NoError(t, err)
	_, err = tryLock(a, ownerByte)
	require.NoError(t, err)
	twin, err := unix.Dup(a)
	require.NoError(t, err)
	other := openFor(t, path, unix.O_RDONLY)
	require.NoError(t, unix.Close(a))
	requireHeld(t, true, other, ownerByte)
	require.NoError(t, unix.Close(twin))
	requireHeld(t, false, other, ownerByte)
}

func TestLock_IsSeenFromAnotherProcessUntilThatIsKilled(t *testing.T) {
	path := emptyFile(t)
	c := start(t, "lock", path, "0")
	require.Equal(t, "locked", c.hear(t))
	fd := openFor(t, path, unix.O_RDWR)
	requireHeld(t, true, fd, ownerByte)
	ok, err := tryLock(fd, ownerByte)
	require.NoError(t, err)
	require.False(t, ok)
	c.kill()
	requireHeld(t, false, fd, ownerByte)
	ok, err = tryLock(fd, ownerByte)
	require.NoError(t, err)
	require.True(t, ok)
}
