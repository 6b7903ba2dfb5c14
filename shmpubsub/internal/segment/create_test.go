package segment

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/descriptor"
	"shm_pub_sub/shmpubsub/internal/page"
)

func TestCreate_MakesOneFileOfTheModeAskedForWhateverTheUmask(t *testing.T) {
	dir := domain(t)
	defer unix.Umask(unix.Umask(0o077))
	for _, mode := range []uint32{0o600, 0o640, 0o644, 0o666} {
		s := specOf(dir, "a/b")
		s.Mode = mode
		o := create(t, s)
		require.Equal(t, []string{"shm_pub_sub.a%2Fb"}, names(t, dir))
		info, err := os.Lstat(o.path)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(mode), info.Mode())
		require.NoError(t, o.Close())
	}
}

func TestCreate_ReservesAllSpace(t *testing.T) {
	s := specOf(domain(t), "big")
	s.Depth = 10_000
	o := create(t, s)
	defer func() { require.NoError(t, o.Close()) }()
	var st unix.Stat_t
	require.NoError(t, unix.Stat(o.path, &st))
	require.Equal(t, int64(o.FileSize), st.Size)
	require.EqualValues(t, o.Bytes(), st.Blocks*512, "and not the hole")
	require.EqualValues(t, o.FileSize-HeaderOffset+page.Size(), o.Bytes())
	require.Equal(t, bytesOf(s.Depth), o.Bytes())
}

func TestCreate_RefusesSpecsThatMakeNoSense(t *testing.T) {
	dir := domain(t)
	for name, c := range map[string]struct {
		change func(*Spec)
		want   error
		text   string
	}{
		"depth 0":          {func(s *Spec) { s.Depth = 0 }, ErrDepth, `topic "x": found 0; expected 1 to `},
		"depth -1":         {func(s *Spec) { s.Depth = -1 }, ErrDepth, `topic "x": found -1; expected 1 to `},
		"depth huge":       {func(s *Spec) { s.Depth = MaxDepth + 1 }, ErrDepth, `topic "x": found `},
		"no mode":          {func(s *Spec) { s.Mode = 0 }, ErrMode, `topic "x": found 0; expected read and write for the owner (0600)`},
		"mode without w":   {func(s *Spec) { s.Mode = 0o400 }, ErrMode, `topic "x": found 0400; expected`},
		"executable":       {func(s *Spec) { s.Mode = 0o755 }, ErrMode, `topic "x": found 0755; expected`},
		"set-user-id":      {func(s *Spec) { s.Mode = 0o4600 }, ErrMode, `topic "x": found 04600; expected`},
		"empty name":       {func(s *Spec) { s.Topic = "" }, ErrName, `topic name "": found`},
		"NUL in the name":  {func(s *Spec) { s.Topic = "\x00" }, ErrName, `topic name "\x00": found`},
		"no such dir":      {func(s *Spec) { s.Dir += "/none" }, ErrCreate, `create "x": `},
		"dir is no dir":    {func(s *Spec) { s.Dir = "/dev/null" }, ErrCreate, "expected /dev/null to be a directory"},
		"beyond all space": {func(s *Spec) { s.Depth = MaxDepth }, ErrCreate, "bytes; use fewer buffers, remove what is stale, or enlarge it"},
	} {
		t.Run(name, func(t *testing.T) {
			s := specOf(dir, "x")
			c.change(&s)
			if s.Depth == MaxDepth && free(dir) == "0 bytes" {
				t.Skip("the file system has no limit")
			}
			_, err := Create(s)
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, c.text)
			require.Empty(t, names(t, dir))
		})
	}
}

func TestCreate_SaysWhoHoldsTheTopic(t *testing.T) {
	s := specOf(domain(t), "x")
	o := create(t, s)
	defer func() { require.NoError(t, o.Close()) }()
	_, err := Create(s)
	require.ErrorIs(t, err, ErrExists)
	require.EqualError(t, err, fmt.Sprintf(`Shared memory already exists: create "x": found a live publisher, process %d (int, 3 buffers); `+
		`expected none; close that one or use another name`, os.Getpid()))
}

func TestCreate_TakesALockedFileThatItCannotReadForALivePublishers(t *testing.T) {
	s := specOf(domain(t), "x")
	path := pathOf(t, s.Dir, "x")
	require.NoError(t, os.WriteFile(path, []byte("of another version"), 0o600))
	t.Cleanup(func() { _ = os.Remove(path) })
	c := start(t, "lock", path, "0")
	require.Equal(t, "locked", c.hear(t))
	_, err := Create(s)
	require.ErrorIs(t, err, ErrExists)
	require.ErrorContains(t, err, "its file (it has 18 bytes) locked by an unknown process")
	c.kill()
	o := create(t, s)
	require.Zero(t, o.Replaced)
	require.NoError(t, o.Close())
}

func TestCreate_ReplacesADeadPublishersFileWhateverItIs(t *testing.T) {
	for name, leave := range map[string]func(t *testing.T, s Spec){
		"same type":     func(t *testing.T, s Spec) { createDead(t, s) },
		"another type":  func(t *testing.T, s Spec) { s.Type, s.Depth = descriptor.Bool, 1000; createDead(t, s) },
		"retained":      func(t *testing.T, s Spec) { s.Retain = true; require.NoError(t, create(t, s).Close()) },
		"an empty file": func(t *testing.T, s Spec) { require.NoError(t, os.WriteFile(pathOf(t, s.Dir, s.Topic), nil, 0o600)) },
		"version 1": func(t *testing.T, s Spec) {
			require.NoError(t, os.WriteFile(pathOf(t, s.Dir, s.Topic), versionOne(8192), 0o600))
		},
		"garbage": func(t *testing.T, s Spec) {
			require.NoError(t, os.WriteFile(pathOf(t, s.Dir, s.Topic), make([]byte, 1<<17), 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := specOf(domain(t), "x")
			leave(t, s)
			o := create(t, s)
			require.Equal(t, []string{"shm_pub_sub.x"}, names(t, s.Dir))
			info, err := Inspect(s.Dir, "x", Trust{})
			require.NoError(t, err)
			require.True(t, info.Alive)
			require.Equal(t, o.Header, info.Header)
			require.NoError(t, o.Close())
		})
	}
}

func TestCreate_LeavesWhatIsNoFileAlone(t *testing.T) {
	for kind, c := range map[string]struct {
		put  func(path string) error
		text string
	}{
		"directory":        {func(p string) error { return os.Mkdir(p, 0o700) }, "found a directory; expected a regular file; remove "},
		"FIFO":             {func(p string) error { return unix.Mkfifo(p, 0o600) }, "found a FIFO; expected a regular file; remove "},
		"dangling symlink": {func(p string) error { return os.Symlink("/nonexistent", p) }, "found a symbolic link; expected"},
		"symlink":          {func(p string) error { return os.Symlink("/dev/null", p) }, "found a symbolic link; expected"},
	} {
		t.Run(kind, func(t *testing.T) {
			s := specOf(domain(t), "x")
			path := pathOf(t, s.Dir, "x")
			require.NoError(t, c.put(path))
			err := inTime(t, func() error { _, err := Create(s); return err })
			require.ErrorIs(t, err, ErrCreate)
			require.ErrorIs(t, err, ErrLayout)
			require.ErrorContains(t, err, c.text)
			require.True(t, strings.HasSuffix(err.Error(), "; remove "+path), "%v", err)
			require.NoError(t, os.Remove(path))
		})
	}
}

func TestCreate_GivesUpOnATakerThatDoesNotGoOn(t *testing.T) {
	s := specOf(domain(t), "x")
	path := createDead(t, s)
	c := start(t, "lock", path, "1")
	require.Equal(t, "locked", c.hear(t))
	_, err := Create(s)
	require.ErrorIs(t, err, ErrCreate)
	require.ErrorContains(t, err, "found another process that has been replacing it for a second; expected it to finish; resume or end that process")
	c.kill()
	require.NoError(t, create(t, s).Close())
}

func TestCreate_NamesTheVersionOfALivePublishersFile(t *testing.T) {
	s := specOf(domain(t), "x")
	path := pathOf(t, s.Dir, "x")
	require.NoError(t, os.WriteFile(path, versionOne(8192), 0o600))
	c := start(t, "lock", path, "0")
	require.Equal(t, "locked", c.hear(t))
	_, err := Create(s)
	require.ErrorIs(t, err, ErrExists)
	require.ErrorContains(t, err, "found a live publisher, its file (it has layout version 1) locked by an unknown process; expected none")
	_, err = Attach(s.Dir, "x", s.Type, Trust{})
	require.ErrorIs(t, err, ErrLayout)
	require.ErrorContains(t, err, versionOneText)
	c.kill()
	require.NoError(t, create(t, s).Close())
}
