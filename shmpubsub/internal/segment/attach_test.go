package segment

import (
	"encoding/binary"
	"os"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/descriptor"
	"shm_pub_sub/shmpubsub/internal/page"
)

func attach(t *testing.T, s Spec) *View {
	t.Helper()
	var v *View
	require.NoError(t, inTime(t, func() (err error) {
		v, err = Attach(s.Dir, s.Topic, s.Type, Trust{})
		return err
	}))
	t.Cleanup(v.Close)
	return v
}

func TestAttach_FindsALivePublisher(t *testing.T) {
	s := specOf(domain(t), "x")
	o := create(t, s)
	v := attach(t, s)
	require.Equal(t, o.Header, v.Header)
	require.False(t, v.Dead)
	require.False(t, v.Retired())
	require.True(t, v.Current())
	alive, err := v.Alive()
	require.NoError(t, err)
	require.True(t, alive)

	require.NoError(t, o.Close())
	require.True(t, v.Retired())
	require.False(t, v.Current())
	alive, err = v.Alive()
	require.NoError(t, err)
	require.False(t, alive)
	_, err = Attach(s.Dir, s.Topic, s.Type, Trust{})
	require.ErrorIs(t, err, ErrNoPublisher)
}

func TestAttach_MapsTheDataReadOnly(t *testing.T) {
	s := specOf(domain(t), "x")
	o := create(t, s)
	defer func() { require.NoError(t, o.Close()) }()
	v := attach(t, s)
	// read(2) from a pipe returns an error instead of the SIGSEGV of a store.
	var pipe [2]int
	require.NoError(t, unix.Pipe2(pipe[:], unix.O_CLOEXEC))
	defer func() { _ = unix.Close(pipe[0]); _ = unix.Close(pipe[1]) }()
	_, err := unix.Write(pipe[1], []byte{1})
	require.NoError(t, err)
	_, err = unix.Read(pipe[0], v.memory.data[HeadOffset:HeadOffset+1])
	require.ErrorIs(t, err, unix.EFAULT)
}

func TestAttach_TellsADeadPublishersFile(t *testing.T) {
	s := specOf(domain(t), "x")
	createDead(t, s)
	v := attach(t, s)
	require.True(t, v.Dead)
	require.True(t, v.Current())
	o := create(t, s)
	require.True(t, v.Retired())
	require.False(t, v.Current())
	require.Equal(t, os.Getpid(), o.Replaced)
	require.NoError(t, o.Close())
}

func TestAttach_ReadsARetainedTopicWithoutItsPublisher(t *testing.T) {
	s := specOf(domain(t), "x")
	s.Retain = true
	require.NoError(t, create(t, s).Close())
	require.False(t, attach(t, s).Dead)
	require.NoError(t, Remove(s.Dir, "x"))
}

func TestAttach_DoesNotMindTheTypeOfADeadPublisher(t *testing.T) {
	s := specOf(domain(t), "x")
	createDead(t, s)
	s.Type = descriptor.Float
	require.True(t, attach(t, s).Dead)
	require.NoError(t, Remove(s.Dir, "x"))
}

// A publisher that cannot unlink its file, as its directory became read-only, still retires it.
func TestAttach_TakesAFileThatWasRetiredInPlaceForADeadPublishers(t *testing.T) {
	for _, retain := range []bool{false, true} {
		s := specOf(domain(t), "x")
		s.Retain = retain
		o := create(t, s)
		o.memory.retire()
		require.True(t, attach(t, s).Dead)
		require.NoError(t, o.unlink())
		abandon(o)
	}
}

func TestAttach_RefusesAnotherType(t *testing.T) {
	s := specOf(domain(t), "x")
	o := create(t, s)
	defer func() { require.NoError(t, o.Close()) }()
	_, err := Attach(s.Dir, "x", descriptor.Bool, Trust{})
	require.ErrorIs(t, err, ErrType)
	require.ErrorContains(t, err, `open "x": found a topic of type int (publisher: process `)
	require.ErrorContains(t, err, `; expected bool; use the publisher's type or another name`)
}

// fileSize is that of a topic of a few scalars.
var fileSize = HeaderOffset + int64(page.Size())

// bytesOf returns what a topic takes that keeps depth scalars, whose slots have 32 bytes.
func bytesOf(depth int) uint64 {
	return page.Size() + roundUp(firstSlot-HeaderOffset+uint64(depth+1)*32, page.Size())
}

const versionOneText = "found layout version 1; expected version 3 (another release of the library made it); remove "

// versionOne returns the beginning of a file of layout version 1.
func versionOne(size int) []byte {
	b := make([]byte, size)
	headerOf(descriptor.Int, 3, true).encode(b[firstHeader:])
	binary.LittleEndian.PutUint32(b[firstHeader+versionOffset:], 1)
	return b
}

// damaged are files that no publisher makes, by their fault.
var damaged = map[string]struct {
	put  func(path string) error
	text string
}{
	"empty":     {func(p string) error { return os.WriteFile(p, nil, 0o600) }, "found 0 bytes; expected at least 65792; remove "},
	"one byte":  {func(p string) error { return os.WriteFile(p, []byte("x"), 0o600) }, "found 1 bytes"},
	"zeros":     {func(p string) error { return os.WriteFile(p, make([]byte, fileSize), 0o600) }, "found magic"},
	"directory": {func(p string) error { return os.Mkdir(p, 0o700) }, "found a directory; expected a regular file; remove "},
	"FIFO":      {func(p string) error { return unix.Mkfifo(p, 0o600) }, "found a FIFO; expected a regular file; remove "},
	"symlink":   {func(p string) error { return os.Symlink("/dev/zero", p) }, "found a symbolic link; expected a regular file"},
	"socket":    {func(p string) error { return unix.Mknod(p, unix.S_IFSOCK|0o600, 0) }, "found a socket; expected a regular file"},
	"truncated": {
		func(p string) error {
			return os.WriteFile(p, append(make([]byte, HeaderOffset), headerBytes(headerOf(descriptor.Int, 3, true))...), 0o600)
		}, "found 65792 bytes, which hold 0 slots; expected room for 4, as its header says",
	},
	"a newer version": {
		func(p string) error {
			b := make([]byte, fileSize)
			headerOf(descriptor.Int, 3, true).encode(b[HeaderOffset:])
			binary.LittleEndian.PutUint32(b[HeaderOffset+versionOffset:], 4)
			return os.WriteFile(p, b, 0o600)
		}, "found layout version 4; expected version 3 (another release of the library made it); remove ",
	},
	"version 1":            {func(p string) error { return os.WriteFile(p, versionOne(8192), 0o600) }, versionOneText},
	"a large version 1":    {func(p string) error { return os.WriteFile(p, versionOne(1<<17), 0o600) }, versionOneText},
	"version 1, truncated": {func(p string) error { return os.WriteFile(p, versionOne(8192)[:4112], 0o600) }, versionOneText},
}

func TestAttach_RefusesDamagedFiles(t *testing.T) {
	for kind, c := range damaged {
		t.Run(kind, func(t *testing.T) {
			dir := domain(t)
			path := pathOf(t, dir, "x")
			require.NoError(t, c.put(path))
			err := inTime(t, func() error { _, err := Attach(dir, "x", descriptor.Int, Trust{}); return err })
			require.ErrorIs(t, err, ErrOpen)
			require.ErrorIs(t, err, ErrLayout)
			require.ErrorContains(t, err, `Failed to open shared memory: open "x": `+c.text)
			require.ErrorContains(t, err, "remove "+path)
			err = inTime(t, func() error { _, err := Inspect(dir, "x", Trust{}); return err })
			require.ErrorIs(t, err, ErrLayout)
			topics, err := List(dir)
			require.NoError(t, err)
			require.Equal(t, []string{"x"}, topics)
			require.NoError(t, os.Remove(path))
		})
	}
}

func TestRemove_TakesDamagedRegularFilesAlone(t *testing.T) {
	for kind, c := range damaged {
		t.Run(kind, func(t *testing.T) {
			dir := domain(t)
			path := pathOf(t, dir, "x")
			require.NoError(t, c.put(path))
			info, err := os.Lstat(path)
			require.NoError(t, err)
			err = inTime(t, func() error { return Remove(dir, "x") })
			if info.Mode().IsRegular() {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, ErrOpen)
			require.NoError(t, os.Remove(path))
		})
	}
}

func TestInspect_SaysThatTheRingIsDamaged(t *testing.T) {
	s := specOf(domain(t), "x")
	o := create(t, s)
	defer func() { require.NoError(t, o.Close()) }()
	o.memory.head().Store(7)
	_, err := Inspect(s.Dir, "x", Trust{})
	require.ErrorIs(t, err, ErrOpen)
	require.ErrorIs(t, err, ErrLayout)
}

// x/sys keeps a list of unix.Mmap's mappings. One that C unmaps would stay in it, with an address that another mapping
// soon has.
func TestRelease_HandsOverWhatNobodyElseKnowsOf(t *testing.T) {
	s := specOf(domain(t), "x")
	o := create(t, s)
	defer func() { require.NoError(t, o.Close()) }()
	v := attach(t, s)
	read, size, fd := v.Release()
	defer func() { _ = unix.Close(fd) }()
	require.Equal(t, o.Mapping().Size, size)
	for _, address := range []uintptr{o.Mapping().Address, read} {
		m := unsafe.Slice((*byte)(unsafe.Add(nil, address)), size)
		require.ErrorIs(t, unix.Munmap(m), unix.EINVAL)
	}
	require.NoError(t, unix.MunmapPtr(unsafe.Add(nil, read), uintptr(size)))
}

func TestClose_LeavesANameThatIsAnothersAlone(t *testing.T) {
	s := specOf(domain(t), "x")
	first := create(t, s)
	require.NoError(t, os.Remove(first.path)) // by hand
	second := create(t, s)
	require.NoError(t, first.Close())
	v := attach(t, s)
	alive, err := v.Alive()
	require.NoError(t, err)
	require.True(t, alive)
	require.NoError(t, second.Close())
}
