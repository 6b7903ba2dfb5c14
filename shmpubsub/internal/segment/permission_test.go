package segment

import (
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/descriptor"
)

const nobody = 65534

// becomeNobody gives up root's rights, which no permission bit stops, but not the test's directory.
func becomeNobody(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	require.NoError(t, os.Chown(domain(t), nobody, nobody))
	require.NoError(t, syscall.Setgid(nobody))
	require.NoError(t, syscall.Setuid(nobody))
}

func mine(path string, mode int) string {
	return fmt.Sprintf("this process is user %d; %s is user %d's and group %d's with mode %#o; run as the user who owns it, ",
		os.Geteuid(), path, os.Geteuid(), os.Getegid(), mode)
}

func TestCreate_SaysWhoMayWriteTheDirectory(t *testing.T) {
	if !goesOnInChild(t, nil) {
		return
	}
	becomeNobody(t)
	dir := domain(t)
	require.NoError(t, os.Chmod(dir, 0o500))
	defer func() { require.NoError(t, os.Chmod(dir, 0o700)) }()
	_, err := Create(specOf(dir, "x"))
	require.ErrorIs(t, err, ErrCreate)
	require.ErrorIs(t, err, unix.EACCES)
	require.ErrorContains(t, err, mine(dir, 0o500))
}

func TestAttach_SaysWhoMayReadTheFile(t *testing.T) {
	if !goesOnInChild(t, nil) {
		return
	}
	becomeNobody(t)
	s := specOf(domain(t), "x")
	o := create(t, s)
	require.NoError(t, os.Chmod(o.path, 0o200))
	_, err := Attach(s.Dir, "x", descriptor.Int, Trust{})
	require.ErrorIs(t, err, ErrOpen)
	require.ErrorIs(t, err, unix.EACCES)
	require.ErrorContains(t, err, mine(o.path, 0o200))
	_, err = Create(s)
	require.ErrorIs(t, err, ErrCreate)
	require.ErrorIs(t, err, unix.EACCES)
	require.ErrorContains(t, err, mine(o.path, 0o200))
	require.NoError(t, o.Close())
}

func TestAttach_NeedsNoMoreThanTheReadBit(t *testing.T) {
	if !goesOnInChild(t, nil) {
		return
	}
	becomeNobody(t)
	s := specOf(domain(t), "x")
	o := create(t, s)
	require.NoError(t, os.Chmod(o.path, 0o400))
	v := attach(t, s)
	require.False(t, v.Dead)
	require.NoError(t, o.Close())
	require.True(t, v.Retired())
}

func TestClose_RetiresAFileThatItMayNotUnlink(t *testing.T) {
	if !goesOnInChild(t, nil) {
		return
	}
	becomeNobody(t)
	s := specOf(domain(t), "x")
	o := create(t, s)
	v := attach(t, s)
	require.NoError(t, os.Chmod(s.Dir, 0o500))
	err := o.Close()
	require.NoError(t, os.Chmod(s.Dir, 0o700))
	require.ErrorIs(t, err, unix.EACCES)
	require.ErrorContains(t, err, "remove "+o.path)

	require.True(t, v.Retired())
	require.True(t, attach(t, s).Dead)
	o = create(t, s)
	requireOneOwner(t, s, o)
	require.NoError(t, o.Close())
}

func TestCreate_SaysWhoseADeadPublishersFileIs(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: two users")
	}
	if !goesOnInChild(t, nil) {
		return
	}
	s := specOf(domain(t), "x")
	s.Mode = 0o666
	path := createDead(t, s)
	require.NoError(t, os.Chmod(s.Dir, 0o777|os.ModeSticky))
	require.NoError(t, syscall.Setresuid(-1, nobody, -1))
	defer func() {
		require.NoError(t, syscall.Setresuid(-1, 0, -1))
		require.NoError(t, Remove(s.Dir, "x"))
	}()
	_, err := Create(s)
	require.ErrorIs(t, err, ErrCreate)
	require.ErrorIs(t, err, unix.EPERM)
	require.ErrorContains(t, err, fmt.Sprintf("this process is user %d; %s is user 0's and group 0's with mode 0666; ", nobody, path))
	require.True(t, attach(t, s).Dead)
}
