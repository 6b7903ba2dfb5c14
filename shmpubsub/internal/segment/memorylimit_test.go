package segment

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/page"
)

// limitMemory puts this process into a machine whose cgroup leaves it some bytes.
func limitMemory(t *testing.T) (set func(current string)) {
	root := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	write("proc/self/mountinfo", "31 23 0:28 / /groups rw - cgroup2 cgroup2 rw\n")
	write("proc/self/cgroup", "0::/robot\n")
	write("groups/robot/memory.max", "67108864\n")
	systemRoot = root
	unlooked.Store(0)
	t.Cleanup(func() { systemRoot = "/"; unlooked.Store(0) })
	return func(current string) { write("groups/robot/memory.current", current) }
}

func TestCreate_RefusesATopicBeyondTheMemoryLimit(t *testing.T) {
	setCurrent := limitMemory(t)
	setCurrent("7108864")
	s := specOf(domain(t), "big")
	s.Depth = 2_000_000
	_, err := Create(s)
	require.ErrorIs(t, err, ErrCreate)
	require.ErrorIs(t, err, unix.ENOSPC)
	require.ErrorContains(t, err, fmt.Sprintf("within the limit of 67108864 of cgroup %s; expected %d bytes",
		filepath.Join(systemRoot, "groups/robot"), bytesOf(s.Depth)))
	s.Depth = 1_000_000
	require.NoError(t, create(t, s).Close())
}

func TestCreate_LooksAtTheMemoryLimitOnceAMiBOfSmallTopics(t *testing.T) {
	setCurrent := limitMemory(t)
	setCurrent("67108864")
	dir, made := domain(t), 0
	for ; made < 1000; made++ {
		o, err := Create(specOf(dir, "x"))
		if err != nil {
			require.ErrorContains(t, err, "found memory for a topic of 0 bytes")
			break
		}
		require.NoError(t, o.Close())
	}
	require.EqualValues(t, lookEvery/(2*page.Size())-1, made)
	_, err := Create(specOf(dir, "x"))
	require.ErrorIs(t, err, ErrCreate, "again, while there is no room")
	setCurrent("0")
	require.NoError(t, create(t, specOf(dir, "x")).Close())
}

func TestCreate_RemovesADeadPublishersTopicThatIsInTheWayOfMemory(t *testing.T) {
	setCurrent := limitMemory(t)
	s := specOf(domain(t), "big")
	s.Depth = 1_000_000
	setCurrent("0")
	path := createDead(t, s)
	setCurrent("67108864")
	_, err := Create(s)
	require.ErrorIs(t, err, ErrCreate)
	require.NoFileExists(t, path, "it was given up for room")
}

func TestCreate_LeavesADiskToTheKernel(t *testing.T) {
	setCurrent := limitMemory(t)
	setCurrent("67108864")
	dir := t.TempDir()
	var st unix.Statfs_t
	require.NoError(t, unix.Statfs(dir, &st))
	if st.Type == unix.TMPFS_MAGIC || st.Type == unix.RAMFS_MAGIC {
		t.Skip("the temporary directory is in memory")
	}
	s := specOf(dir, "big")
	s.Depth = 100_000
	require.NoError(t, create(t, s).Close())
}
