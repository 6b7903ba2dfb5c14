package segment

import (
	"fmt"
	"os"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/descriptor"
	"shm_pub_sub/shmpubsub/internal/ring"
)

// Users who need not exist, and one whom every machine has.
const (
	alice, bob = 61001, 61002
	daemon     = 1
)

// asRoot reports whether the test goes on here, in a process of its own that root may give other user ids, in a directory
// where anyone can create files.
func asRoot(t *testing.T) bool {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: several users")
	}
	if !goesOnInChild(t, nil) {
		return false
	}
	require.NoError(t, os.Unsetenv("SUDO_UID"))
	require.NoError(t, os.Chmod(domain(t), 0o777|os.ModeSticky))
	return true
}

// as does work as another effective user, in every thread.
func as(t *testing.T, uid int, work func()) {
	t.Helper()
	require.NoError(t, syscall.Setresuid(-1, uid, -1))
	defer func() { require.NoError(t, syscall.Setresuid(-1, 0, -1)) }()
	work()
}

func trusting(t *testing.T, users ...string) Trust {
	t.Helper()
	trust, err := NewTrust(users)
	require.NoError(t, err)
	return trust
}

// kinds are what somebody can put at a topic's name.
var kinds = map[string]func(path string) error{
	"a file":          func(p string) error { return os.WriteFile(p, make([]byte, 8192), 0o644) },
	"a FIFO":          func(p string) error { return unix.Mkfifo(p, 0o666) },
	"a symbolic link": func(p string) error { return os.Symlink("/dev/zero", p) },
	"a socket":        func(p string) error { return unix.Mknod(p, unix.S_IFSOCK|0o666, 0) },
	"a directory":     func(p string) error { return os.Mkdir(p, 0o777) },
}

// put puts one of the kinds there, of a user's.
func put(t *testing.T, path, kind string, uid int) {
	t.Helper()
	require.NoError(t, kinds[kind](path))
	require.NoError(t, os.Lchown(path, uid, uid))
}

func TestTrust_IsByOwnerAndByDirectory(t *testing.T) {
	if !asRoot(t) {
		return
	}
	s := specOf(domain(t), "x")
	o := create(t, s)
	defer func() { require.NoError(t, o.Close()) }()
	for _, c := range []struct {
		rule                 string
		me, owner, directory int
		mode                 os.FileMode
		users                []string
		trusted              bool
	}{
		{"one's own", alice, alice, bob, 0o777, nil, true},
		{"root's", alice, 0, bob, 0o777, nil, true},
		{"another user's", alice, bob, 0, 0o1777, nil, false},
		{"another user's, for root", 0, bob, 0, 0o1777, nil, false},
		{"a named user's", alice, bob, 0, 0o1777, []string{"7", fmt.Sprint(bob)}, true},
		{"one not named", alice, bob, 0, 0o1777, []string{"7"}, false},
		{"anyone's", alice, bob, 0, 0o1777, []string{Anyone}, true},
		{"sudo's user's, for root", 0, bob, 0, 0o1777, []string{"sudo:61002"}, true},
		{"sudo's user's, for another", alice, bob, 0, 0o1777, []string{"sudo:61002"}, false},
		{"in root's directory", alice, bob, 0, 0o755, nil, true},
		{"in one's own directory", alice, bob, alice, 0o755, nil, true},
		{"in a directory of a group", alice, bob, 0, 0o2775, nil, true},
		{"in a directory that others may write to", alice, bob, alice, 0o757, nil, false},
		{"in the directory of a third", alice, bob, daemon, 0o755, nil, false},
		{"in the directory of one who is trusted", alice, bob, daemon, 0o755, []string{"daemon"}, true},
		{"in the directory of sudo's user", 0, bob, daemon, 0o755, []string{"sudo:1"}, true},
	} {
		require.NoError(t, os.Chmod(o.path, 0o644))
		require.NoError(t, os.Chown(o.path, c.owner, 0))
		require.NoError(t, os.Chown(s.Dir, c.directory, 0))
		require.NoError(t, unix.Chmod(s.Dir, uint32(c.mode)))
		as(t, c.me, func() {
			trust := trusting(t, c.users...)
			v, err := Attach(s.Dir, "x", descriptor.Int, trust)
			if c.trusted {
				require.NoError(t, err, c.rule)
				v.Close()
			} else {
				require.ErrorIs(t, err, ErrUntrusted, c.rule)
				require.ErrorIs(t, err, ErrOpen, c.rule)
			}
			info, err := Inspect(s.Dir, "x", trust)
			require.NoError(t, err, c.rule)
			require.Equal(t, c.trusted, info.Trusted, c.rule)
			require.EqualValues(t, c.owner, info.UID, c.rule)
			require.True(t, info.Alive)
		})
	}
}

// inNamespace has the test go on in a user namespace in which root has the uid inside, and nobody else has any, with a
// retained topic of root's, "mine", and one of somebody else's, "theirs".
func inNamespace(t *testing.T, inside int) bool {
	t.Helper()
	if os.Getenv(domainEnv) == "" && os.Geteuid() != 0 {
		t.Skip("needs root: several users")
	}
	return goesOnInChild(t, &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: inside, HostID: 0, Size: 1}},
	}, func(dir string) {
		require.NoError(t, os.Chmod(dir, 0o777|os.ModeSticky))
		for topic, owner := range map[string]int{"mine": 0, "theirs": bob} {
			path := leave(t, specOf(dir, topic), 0o644, owner)
			t.Cleanup(func() { require.NoError(t, os.Remove(path)) })
		}
	})
}

func TestTrust_IsNobodysWhoHasNoUIDInThisNamespace(t *testing.T) {
	if !inNamespace(t, 0) {
		return
	}
	v, err := Attach(domain(t), "mine", descriptor.Int, Trust{})
	require.NoError(t, err)
	v.Close()
	for _, users := range [][]string{nil, {"65534"}} {
		_, err = Attach(domain(t), "theirs", descriptor.Int, trusting(t, users...))
		require.ErrorIs(t, err, ErrUntrusted)
		require.ErrorContains(t, err, "found a file of a user that this user namespace does not map (65534) in ")
		require.ErrorContains(t, err, `; pass trust="any" or set SHM_PUB_SUB_TRUST=any`)
	}
	v, err = Attach(domain(t), "theirs", descriptor.Int, trusting(t, Anyone))
	require.NoError(t, err)
	v.Close()
}

func TestTrust_OfNobodyIsOfHisOwnFilesWhereOthersLookLikeHis(t *testing.T) {
	if !inNamespace(t, nobody) {
		return
	}
	require.Equal(t, nobody, os.Geteuid())
	v, err := Attach(domain(t), "mine", descriptor.Int, Trust{})
	require.NoError(t, err)
	v.Close()
	_, err = Attach(domain(t), "theirs", descriptor.Int, Trust{})
	require.ErrorIs(t, err, ErrUntrusted)
}

func TestAttach_SaysWhoseWhatItFoundIs(t *testing.T) {
	if !asRoot(t) {
		return
	}
	dir := domain(t)
	path := pathOf(t, dir, "x")
	for kind := range kinds {
		put(t, path, kind, bob)
		for me, expected := range map[int]string{0: "root", alice: "user 61001 or root", daemon: "daemon or root"} {
			as(t, me, func() {
				err := inTime(t, func() error { _, err := Attach(dir, "x", descriptor.Int, Trust{}); return err })
				require.EqualError(t, err, `Failed to open shared memory: open "x": found `+kind+` of user 61002 in `+dir+
					`, where anyone can create files; expected one of `+expected+`; pass trust=61002 or set SHM_PUB_SUB_TRUST=61002`)
				if _, inspected := Inspect(dir, "x", Trust{}); kind != "a file" {
					require.EqualError(t, inspected, err.Error())
				}
			})
		}
		require.NoError(t, os.Remove(path))
	}
	put(t, path, "a file", daemon)
	require.NoError(t, os.Chmod(path, 0)) // its owner still shows
	_, err := Attach(dir, "x", descriptor.Int, trusting(t, fmt.Sprint(bob), "sudo:61001"))
	require.ErrorContains(t, err, "found a file of user daemon (1) in "+dir+
		`, where anyone can create files; expected one of user 61002, user 61001 or root; pass trust="daemon" or set SHM_PUB_SUB_TRUST=daemon`)
	require.NoError(t, os.Remove(path))
}

func TestAttach_DoesNotWaitForWhoHasALeaseOnTheFile(t *testing.T) {
	if !asRoot(t) {
		return
	}
	dir := domain(t)
	path := pathOf(t, dir, "x")
	put(t, path, "a file", bob)
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0)
	require.NoError(t, err)
	_, err = unix.FcntlInt(uintptr(fd), unix.F_SETLEASE, unix.F_WRLCK)
	require.NoError(t, err)
	err = inTime(t, func() error { _, err := Attach(dir, "x", descriptor.Int, Trust{}); return err })
	require.ErrorIs(t, err, ErrUntrusted)
	require.NoError(t, unix.Close(fd))
	require.NoError(t, os.Remove(path))
}

func TestNewTrust_RefusesUsersWhomNobodyKnows(t *testing.T) {
	for _, user := range []string{"no such user", "", "-1", "4294967295", "1e3"} {
		_, err := NewTrust([]string{user})
		require.ErrorIs(t, err, ErrTrust)
		require.ErrorContains(t, err, fmt.Sprintf(`found user %q; expected a uid, the name of a user of this machine, or "any"`, user))
	}
	t.Setenv(TrustEnv, " root,, 7 ,any")
	trust, err := DefaultTrust()
	require.NoError(t, err)
	require.Equal(t, Trust{any: true, users: []uint32{0, 7}}, trust)
	t.Setenv(TrustEnv, "root,no such user")
	_, err = DefaultTrust()
	require.ErrorContains(t, err, `SHM_PUB_SUB_TRUST: invalid trust: found user "no such user"`)
}

// unchanged returns a function that fails the test unless the file at path, by now perhaps without a name, is as it was.
func unchanged(t *testing.T, path string) func() {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	look := func() (unix.Stat_t, []byte) {
		var st unix.Stat_t
		require.NoError(t, unix.Fstat(int(file.Fd()), &st))
		b := make([]byte, st.Size)
		_, err := file.ReadAt(b, 0)
		require.NoError(t, err)
		st.Nlink, st.Ctim, st.Atim = 0, unix.Timespec{}, unix.Timespec{}
		return st, b
	}
	before, bytes := look()
	return func() {
		after, now := look()
		require.Equal(t, before, after)
		require.Equal(t, bytes, now)
		require.NoError(t, file.Close())
	}
}

// leave leaves the file of a user's killed publisher, with a value that it retains.
func leave(t *testing.T, s Spec, mode os.FileMode, uid int) string {
	t.Helper()
	s.Retain = true
	o := create(t, s)
	w := ring.NewWriter(o.Ring())
	w.Write([]uint64{7}, 1)
	abandon(o)
	require.NoError(t, os.Chmod(o.path, mode))
	require.NoError(t, os.Chown(o.path, uid, uid))
	return o.path
}

func TestCreate_TakesOverAStrangersFileByItsNameAlone(t *testing.T) {
	if !asRoot(t) {
		return
	}
	s := specOf(domain(t), "x")
	same := unchanged(t, leave(t, s, 0o644, bob))
	o := create(t, s)
	require.Zero(t, o.memory.head().Load(), "its value is not carried over")
	same()
	requireOneOwner(t, s, o)
	require.NoError(t, o.Close())

	leave(t, s, 0o644, bob)
	s.Trust = trusting(t, fmt.Sprint(bob))
	v, err := Attach(s.Dir, "x", descriptor.Int, s.Trust)
	require.NoError(t, err)
	o = create(t, s)
	require.EqualValues(t, 1, o.memory.head().Load(), "a trusted user's is")
	require.True(t, v.Retired(), "and its subscribers are notified")
	v.Close()
	require.NoError(t, o.Close())

	for kind := range kinds {
		put(t, o.path, kind, bob)
		s.Trust = Trust{}
		if kind == "a directory" { // for rename(2)
			_, err := Create(s)
			require.ErrorIs(t, err, ErrCreate)
			require.ErrorContains(t, err, "found a directory of user 61002 in the way, "+o.path)
			require.ErrorContains(t, err, "; expected none; have user 61002 or root remove it, or use another name")
			require.NoError(t, os.Remove(o.path))
			continue
		}
		again := create(t, s)
		requireOneOwner(t, s, again)
		require.NoError(t, again.Close())
	}
}

// Not sticky: the kernel lets alice replace bob's file, though she may not write to it and so cannot lock it against others
// like her.
func TestCreate_TakesOverAFileThatItMayOnlyRead(t *testing.T) {
	if !asRoot(t) {
		return
	}
	s := specOf(domain(t), "x")
	require.NoError(t, os.Chmod(s.Dir, 0o777))
	for _, kind := range []string{"a dead publisher's", "a FIFO", "a symbolic link"} {
		for range 50 {
			if kind == "a dead publisher's" {
				leave(t, s, 0o644, bob)
			} else {
				put(t, pathOf(t, s.Dir, "x"), kind, bob)
			}
			as(t, alice, func() {
				const many = 4
				owned := make(chan *Owned, many)
				var all sync.WaitGroup
				for range many {
					all.Go(func() {
						if o, err := Create(s); err == nil {
							owned <- o
						} else {
							assert.ErrorIs(t, err, ErrExists)
						}
					})
				}
				all.Wait()
				require.Len(t, owned, 1, kind)
				o := <-owned
				requireOneOwner(t, s, o)
				require.NoError(t, o.Close())
			})
		}
	}
}

func TestCreate_SaysWhoHasTheTopic(t *testing.T) {
	if !asRoot(t) {
		return
	}
	s := specOf(domain(t), "x")
	o := create(t, s)
	require.NoError(t, os.Chmod(o.path, 0o644))
	require.NoError(t, os.Chown(o.path, bob, bob))
	for _, me := range []int{0, alice} {
		as(t, me, func() {
			_, err := Create(s)
			require.ErrorIs(t, err, ErrExists)
			require.ErrorContains(t, err, fmt.Sprintf("found a live publisher, process %d of user 61002 (int, 3 buffers); ", os.Getpid()))
		})
	}
	require.NoError(t, os.Chmod(o.path, 0))
	as(t, alice, func() { // nobody can tell whether the publisher lives
		_, err := Create(s)
		require.ErrorIs(t, err, ErrCreate)
		require.ErrorIs(t, err, unix.EACCES)
		require.ErrorContains(t, err, "found a file of user 61002 in the way, "+o.path)
	})
	abandon(o)
	require.NoError(t, os.Chmod(o.path, 0o666))
	as(t, alice, func() {
		_, err := Create(s)
		require.ErrorIs(t, err, ErrCreate)
		require.ErrorIs(t, err, unix.EPERM)
		require.ErrorContains(t, err, "found a file of user 61002 in the way, "+o.path+
			": replace the dead publisher's file: operation not permitted; expected none; have user 61002 or root remove it, or use another name")
		err = Remove(s.Dir, "x")
		require.ErrorIs(t, err, ErrOpen)
		require.ErrorContains(t, err, fmt.Sprintf("this process is user %d; %s is user %d's and group %[3]d's with mode 0666", alice, o.path, bob))
		require.Equal(t, []string{"shm_pub_sub.x"}, names(t, s.Dir))
	})
	require.NoError(t, Remove(s.Dir, "x"))
}

func TestCreate_SaysWhoseFileIsInTheWayOfATakeOver(t *testing.T) {
	if !asRoot(t) {
		return
	}
	s := specOf(domain(t), "x")
	path := leave(t, s, 0o600, alice)
	for kind := range kinds {
		put(t, successorOf(path), kind, bob)
		as(t, alice, func() {
			_, err := Create(s)
			require.ErrorIs(t, err, ErrCreate)
			require.ErrorContains(t, err, "found "+kind+" of user 61002 in the way, "+successorOf(path)+": ")
			require.ErrorContains(t, err, "; expected none; have user 61002 or root remove it, or use another name")
		})
		require.NoError(t, os.Remove(successorOf(path)))
	}
	require.NoError(t, os.Remove(path))
}

func TestRemove_NeedsNoTrustAndWritesNothing(t *testing.T) {
	if !asRoot(t) {
		return
	}
	s := specOf(domain(t), "x")
	path := leave(t, s, 0o600, bob)
	same := unchanged(t, path)
	require.NoError(t, Remove(s.Dir, "x"))
	same()
	require.Empty(t, names(t, s.Dir))
	require.NoError(t, os.Chmod(s.Dir, 0o777))
	leave(t, s, 0o644, bob)
	as(t, alice, func() { require.NoError(t, Remove(s.Dir, "x")) })
	put(t, path, "a FIFO", bob)
	require.ErrorContains(t, Remove(s.Dir, "x"), "found a FIFO; expected a regular file; remove "+path)
	require.NoError(t, os.Remove(path))
}

// A user who locks byte 1 of a file delays its replacement, for a second at most; then the error says whose file it is.
func TestCreate_SaysWhoseFileCannotBeLocked(t *testing.T) {
	if !asRoot(t) {
		return
	}
	s := specOf(domain(t), "x")
	path := leave(t, s, 0o644, bob)
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0)
	require.NoError(t, err)
	locked, err := tryLock(fd, takeoverByte)
	require.NoError(t, err)
	require.True(t, locked)
	err = inTime(t, func() error { _, err := Create(s); return err })
	require.ErrorIs(t, err, ErrCreate)
	require.ErrorContains(t, err, "found a file of user 61002 in the way, "+path+": found another process that has been replacing it")
	require.NoError(t, unix.Close(fd))
	require.NoError(t, Remove(s.Dir, "x"))
}

func TestCreate_WaitsForAnotherWhoReplacesWhatCannotBeLocked(t *testing.T) {
	if !asRoot(t) {
		return
	}
	s := specOf(domain(t), "x")
	require.NoError(t, os.Chmod(s.Dir, 0o777))
	dir, err := unix.Open(s.Dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	require.NoError(t, err)
	defer func() { require.NoError(t, unix.Close(dir)) }()
	for _, kind := range []string{"a file", "a FIFO"} { // this user may read the file and not write it
		put(t, pathOf(t, s.Dir, "x"), kind, bob)
		require.NoError(t, unix.Flock(dir, unix.LOCK_SH))
		as(t, alice, func() {
			err := inTime(t, func() error { _, err := Create(s); return err })
			require.ErrorIs(t, err, errStuck, kind)
			require.NoError(t, unix.Flock(dir, unix.LOCK_UN))
			o := create(t, s)
			requireOneOwner(t, s, o)
			require.NoError(t, o.Close())
		})
	}
}
