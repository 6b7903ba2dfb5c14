package segment

import (
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/descriptor"
)

const sameFile = "a reader's of the same file"

// What a daemon does to a library: it closes all descriptors, and opens others, which get the numbers. Each fate takes a
// descriptor from its holder and returns a check that the number's new file is untouched.
var fates = map[string]func(t *testing.T, dir string, fd int) (untouched func()){
	"closed": func(t *testing.T, _ string, fd int) func() {
		require.NoError(t, unix.Close(fd))
		return func() {}
	},
	"a plain file's": func(t *testing.T, _ string, fd int) func() {
		file, err := os.CreateTemp(t.TempDir(), "plain")
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, file.Close()) })
		lock := unix.Flock_t{Type: unix.F_WRLCK, Len: 1}
		require.NoError(t, unix.FcntlFlock(file.Fd(), unix.F_OFD_SETLK, &lock))
		return moveTo(t, int(file.Fd()), fd, file.Name())
	},
	"another publisher's": func(t *testing.T, dir string, fd int) func() {
		other := create(t, specOf(dir, "another"))
		t.Cleanup(func() { require.NoError(t, other.Close()) })
		return moveTo(t, other.fd, fd, other.path)
	},
	sameFile: func(t *testing.T, dir string, fd int) func() {
		reader, err := unix.Open(pathOf(t, dir, "topic"), unix.O_RDONLY|unix.O_CLOEXEC, 0)
		require.NoError(t, err)
		untouched := moveTo(t, reader, fd, "")
		require.NoError(t, unix.Close(reader))
		return untouched
	},
}

// moveTo also gives an unrelated open file the number fd. The check is that it is still open, and its byte 0, on which it
// has a lock if it has a name, is still locked.
func moveTo(t *testing.T, stranger, fd int, path string) (untouched func()) {
	require.NoError(t, unix.Dup3(stranger, fd, unix.O_CLOEXEC))
	var before unix.Stat_t
	require.NoError(t, unix.Fstat(fd, &before))
	return func() {
		var now unix.Stat_t
		require.NoError(t, unix.Fstat(fd, &now), "closed")
		require.Equal(t, identityOf(&before), identityOf(&now))
		if path != "" {
			asking, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
			require.NoError(t, err)
			locked, err := held(asking, 0)
			require.NoError(t, err)
			require.True(t, locked, "unlocked")
			require.NoError(t, unix.Close(asking))
		}
		require.NoError(t, unix.Close(fd))
	}
}

func eachFate(t *testing.T, test func(t *testing.T, dir string, lose func(fd int) func()), except ...string) {
	for fate, lose := range fates {
		if slices.Contains(except, fate) {
			continue
		}
		t.Run(fate, func(t *testing.T) {
			dir := domain(t)
			test(t, dir, func(fd int) func() { return lose(t, dir, fd) })
		})
	}
}

func TestOwned_WithoutItsDescriptorLivesUntilItsEndAndTakesNobodyElses(t *testing.T) {
	for _, retain := range []bool{false, true} {
		eachFate(t, func(t *testing.T, dir string, lose func(int) func()) {
			spec := specOf(dir, "topic")
			spec.Retain = retain
			o := create(t, spec)
			untouched := lose(o.fd)
			_, err := Create(spec)
			require.ErrorIs(t, err, ErrExists, "the mapping holds the lock")
			v, err := Attach(dir, "topic", descriptor.Int, Trust{})
			require.NoError(t, err)
			alive, err := v.Alive()
			require.NoError(t, err)
			require.True(t, alive)

			require.NoError(t, o.Close())
			alive, err = v.Alive()
			require.NoError(t, err)
			require.False(t, alive)
			require.Equal(t, retain, v.Current(), "what is retained keeps its name, and nothing else does")
			v.Close()
			untouched()
			if retain {
				require.NoError(t, Remove(dir, "topic"))
			}
		})
	}
}

func TestOwned_WithoutItsDescriptorLeavesTheFileOfItsSuccessor(t *testing.T) {
	eachFate(t, func(t *testing.T, dir string, lose func(int) func()) {
		o := create(t, specOf(dir, "topic"))
		untouched := lose(o.fd)
		require.NoError(t, os.Remove(o.path)) // by hand
		successor := create(t, specOf(dir, "topic"))
		require.NoError(t, o.Close())
		_, err := Create(specOf(dir, "topic"))
		require.ErrorIs(t, err, ErrExists)
		require.NoError(t, successor.Close())
		untouched()
	})
}

// Another reader's descriptor of the same file serves as well, and cannot be distinguished from the view's own.
func TestView_WithoutItsDescriptorChecksItsOwnPublisherAndClosesNothingElse(t *testing.T) {
	for _, killed := range []bool{false, true} {
		eachFate(t, func(t *testing.T, dir string, lose func(int) func()) {
			o := create(t, specOf(dir, "topic"))
			v, err := Attach(dir, "topic", descriptor.Int, Trust{})
			require.NoError(t, err)
			untouched := lose(v.fd)
			for range 2 {
				alive, err := v.Alive()
				require.NoError(t, err)
				require.True(t, alive)
				require.True(t, v.Current())
			}
			page, err := v.WaitPage()
			require.NoError(t, err)
			page.Release()
			if killed {
				abandon(o)
			} else {
				require.NoError(t, o.Close())
			}
			alive, err := v.Alive()
			require.NoError(t, err)
			require.False(t, alive)
			require.Equal(t, killed, v.Current())
			v.Close()
			untouched()
			if killed {
				require.NoError(t, Remove(dir, "topic"))
			}
		}, sameFile)
	}
}

// Another mapping of the same file may have the number, and its lock byte: a sweep through it would take the living for
// dead.
func TestPinPage_WithoutItsDescriptorLeavesThePinsAndTheDescriptorOfAnother(t *testing.T) {
	s := pooledSpec(t, domain(t), 10)
	o := create(t, s)
	defer func() { require.NoError(t, o.Close()) }()
	mine, others := openPins(t, s), openPins(t, s)
	untouched := moveTo(t, others.file.FD(), mine.file.FD(), "")
	entry, ok := others.Claim(3, true)
	require.True(t, ok)
	require.False(t, mine.Sweep())
	require.Equal(t, others.Byte(), int(others.page.pins(o.Header)[entry].Load()>>32), "a living reader's pin")
	byte := others.Byte()
	mine.Close()
	untouched()
	third := openPins(t, s)
	got, err := third.TryLock(byte)
	require.NoError(t, err)
	require.False(t, got, "the other mapping's lock")
	third.Close()
	others.Clear(entry)
	others.Close()
}

// A publisher and a subscriber of one program.
func TestOwned_WithoutItsDescriptorLeavesThatOfPins(t *testing.T) {
	s := pooledSpec(t, domain(t), 10)
	o := create(t, s)
	pins := openPins(t, s)
	untouched := moveTo(t, pins.file.FD(), o.fd, "")
	require.NoError(t, o.Close())
	untouched()
	pins.Close()
}

func openPins(t *testing.T, s Spec) *PinPage {
	p, err := attach(t, s).OpenPins()
	require.NoError(t, err)
	return p
}
