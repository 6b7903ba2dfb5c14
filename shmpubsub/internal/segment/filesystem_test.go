package segment

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/page"
)

// filter makes a system call fail with errno in this process, permanently, if its third argument has all bits of
// mask.
func filter(call uint32, mask uint32, errno unix.Errno) error {
	const number, third = 0, 32 // offsets in struct seccomp_data
	program := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: number},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: call, Jf: 4},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: third},
		{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: mask},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: mask, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(errno)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	loaded := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	// TSYNC: for all threads, the goroutine may go on in another one.
	_, _, err := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&loaded)))
	if err != 0 {
		return err
	}
	return nil
}

func forbid(t *testing.T, call uint32, mask uint32, errno unix.Errno) {
	t.Helper()
	if err := filter(call, mask, errno); err != nil {
		t.Skipf("cannot filter system calls: %v", err)
	}
}

// createsByName checks Create with a draft that needs a name of its own.
func createsByName(t *testing.T) {
	dir := domain(t)
	s := specOf(dir, "x")
	debris, fresh := filepath.Join(dir, draftPrefix+"OLD"), filepath.Join(dir, draftPrefix+"NEW")
	require.NoError(t, os.WriteFile(debris, nil, 0o600))
	require.NoError(t, os.Chtimes(debris, time.Time{}, time.Now().Add(-2*draftAge)))
	require.NoError(t, os.WriteFile(fresh, nil, 0o600))

	createDead(t, s)
	o := create(t, s)
	require.Equal(t, os.Getpid(), o.Replaced)
	require.NoFileExists(t, debris, "a crashed creator's draft")
	require.FileExists(t, fresh, "a draft that may be at work")
	require.NoError(t, os.Remove(fresh))
	requireOneOwner(t, s, o)

	_, err := Create(s)
	require.ErrorIs(t, err, ErrExists)
	requireOneOwner(t, s, o)
	require.NoError(t, o.Close())
	require.Empty(t, names(t, dir))
}

func TestCreate_WorksOnAFileSystemWithoutUnnamedFiles(t *testing.T) {
	if !goesOnInChild(t, nil) {
		return
	}
	forbid(t, unix.SYS_OPENAT, unix.O_TMPFILE, unix.EOPNOTSUPP)
	_, err := unix.Open(domain(t), unix.O_TMPFILE|unix.O_RDWR, 0o600)
	require.ErrorIs(t, err, unix.EOPNOTSUPP)
	createsByName(t)
}

func TestCreate_WorksWithoutProc(t *testing.T) {
	if !goesOnInChild(t, ownMounts()) {
		return
	}
	mount(t, "/proc", "size=4k", 0)
	require.NoFileExists(t, "/proc/self/fd/0")
	createsByName(t)
}

func TestCreate_ReservesSpaceOnAFileSystemWithoutFallocate(t *testing.T) {
	if !goesOnInChild(t, ownMounts()) {
		return
	}
	dir := filepath.Join(domain(t), "small")
	require.NoError(t, os.Mkdir(dir, 0o700))
	defer func() { require.NoError(t, os.Remove(dir)) }()
	mount(t, dir, "size=288k", 0)
	defer func() { require.NoError(t, unix.Unmount(dir, unix.MNT_DETACH)) }()
	forbid(t, unix.SYS_FALLOCATE, 0, unix.EOPNOTSUPP)

	s := specOf(dir, "x")
	s.Depth = 5000
	o := create(t, s)
	var st unix.Stat_t
	require.NoError(t, unix.Fstat(o.fd, &st))
	require.Equal(t, int64(o.FileSize), st.Size)
	require.EqualValues(t, o.Bytes(), st.Blocks*512)
	require.NoError(t, o.Close())

	s.Depth = 10_000 // of the last 64 KiB written, half fit
	_, err := Create(s)
	require.ErrorIs(t, err, ErrCreate)
	require.ErrorIs(t, err, unix.ENOSPC)
	require.Empty(t, names(t, dir))
}

func TestCreate_SaysHowMuchSpaceThereIs(t *testing.T) {
	if !goesOnInChild(t, ownMounts()) {
		return
	}
	dir := filepath.Join(domain(t), "small")
	require.NoError(t, os.Mkdir(dir, 0o700))
	defer func() { require.NoError(t, os.Remove(dir)) }()
	mount(t, dir, "size=192k", 0)
	defer func() { require.NoError(t, unix.Unmount(dir, unix.MNT_DETACH)) }()

	s := specOf(dir, "x")
	s.Depth = 10_000
	_, err := Create(s)
	require.ErrorIs(t, err, ErrCreate)
	require.ErrorIs(t, err, unix.ENOSPC)
	require.EqualError(t, err, fmt.Sprintf(`Failed to create shared memory: create "x": reserve %[1]d bytes: no space left on device; `+
		`found 196608 bytes free in %[2]s; expected %[1]d bytes; use fewer buffers, remove what is stale, `+
		`or enlarge it (Docker gives 64 MB without --shm-size=1g)`, bytesOf(s.Depth), dir))
	require.Empty(t, names(t, dir))

	// A full file system does not matter afterwards: the space is reserved.
	s.Depth = 100
	o := create(t, s)
	require.ErrorIs(t, os.WriteFile(filepath.Join(dir, "filler"), make([]byte, 1<<18), 0o600), unix.ENOSPC)
	for _, region := range []region{o.memory.page, o.memory.data} {
		for at := range region {
			region[at]++
		}
	}
	o.memory.retire()
	require.NoError(t, o.Close())
}

func TestCreate_SaysThatTheFileSystemIsReadOnly(t *testing.T) {
	if !goesOnInChild(t, ownMounts()) {
		return
	}
	dir := filepath.Join(domain(t), "fixed")
	require.NoError(t, os.Mkdir(dir, 0o700))
	defer func() { require.NoError(t, os.Remove(dir)) }()
	mount(t, dir, "size=64k", unix.MS_RDONLY)
	defer func() { require.NoError(t, unix.Unmount(dir, unix.MNT_DETACH)) }()
	_, err := Create(specOf(dir, "x"))
	require.ErrorIs(t, err, ErrCreate)
	require.ErrorIs(t, err, unix.EROFS)
	require.ErrorContains(t, err, "expected a writable file system at "+dir+"; name a directory on one, by SHM_PUB_SUB_DIR or directory=")
}

// What a crashed take-over left does not make creating fail, and is removed.
func TestCreate_RemovesWhatAKilledTakeOverLeft(t *testing.T) {
	if !goesOnInChild(t, ownMounts()) {
		return
	}
	dir := filepath.Join(domain(t), "small")
	require.NoError(t, os.Mkdir(dir, 0o700))
	defer func() { require.NoError(t, os.Remove(dir)) }()
	mount(t, dir, fmt.Sprintf("size=%d", 6*page.Size()), 0)
	defer func() { require.NoError(t, unix.Unmount(dir, unix.MNT_DETACH)) }()

	s := specOf(dir, "x") // of 2 pages
	for _, s.Retain = range []bool{true, false} {
		debris := successorOf(createDead(t, s))
		require.NoError(t, os.WriteFile(debris, make([]byte, 4*page.Size()), 0o600))
		o := create(t, s)
		requireOneOwner(t, s, o)
		require.Equal(t, s.Retain, o.Replaced != 0, "only what is retained was in the way until then")
		abandon(o)
		require.NoError(t, Remove(dir, "x"))
	}
}

func TestCreate_SaysThatFilesMayNotBeSoBig(t *testing.T) {
	if !goesOnInChild(t, nil) {
		return
	}
	s := specOf(domain(t), "x")
	limit := unix.Rlimit{Cur: uint64(fileSize), Max: uint64(fileSize)}
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_FSIZE, &limit))
	o := create(t, s)
	require.NoError(t, o.Close())

	s.Depth = 10_000
	_, err := Create(s) // and no SIGXFSZ, of which this process would die
	require.ErrorIs(t, err, ErrCreate)
	require.ErrorIs(t, err, unix.EFBIG)
	require.ErrorContains(t, err, fmt.Sprintf("expected %d bytes to be allowed for a file, by this process's limit (ulimit -f)",
		HeaderOffset+bytesOf(s.Depth)-page.Size()))
	require.Empty(t, names(t, s.Dir))
}

func TestCreate_SaysThatThereIsNoInode(t *testing.T) {
	if !goesOnInChild(t, ownMounts()) {
		return
	}
	dir := filepath.Join(domain(t), "few")
	require.NoError(t, os.Mkdir(dir, 0o700))
	defer func() { require.NoError(t, os.Remove(dir)) }()
	mount(t, dir, "size=1m,nr_inodes=2", 0)
	defer func() { require.NoError(t, unix.Unmount(dir, unix.MNT_DETACH)) }()
	o := create(t, specOf(dir, "x"))
	_, err := Create(specOf(dir, "y"))
	require.ErrorIs(t, err, ErrCreate)
	require.ErrorIs(t, err, unix.ENOSPC)
	require.ErrorContains(t, err, "; found no inode free in "+dir+"; remove what is stale")
	require.NoError(t, o.Close())
}

func TestCreate_SaysWhoseQuotaIsUsedUp(t *testing.T) {
	if !goesOnInChild(t, nil) {
		return
	}
	dir := domain(t)
	forbid(t, unix.SYS_FALLOCATE, 0, unix.EDQUOT)
	_, err := Create(specOf(dir, "x"))
	require.ErrorIs(t, err, ErrCreate)
	require.ErrorIs(t, err, unix.EDQUOT)
	require.ErrorContains(t, err, fmt.Sprintf("expected %d bytes within the disk quota of user ", 2*page.Size()))
	require.Empty(t, names(t, dir))
}
