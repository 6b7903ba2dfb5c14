package memlimit

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const mib = 1 << 20

const (
	meminfo = "MemTotal: 16777216 kB\nMemFree: 1 kB\nMemAvailable: 8388608 kB\nSwapFree: 0 kB\n"
	v2      = "31 23 0:28 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n"
	v1      = "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n35 31 0:32 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
)

// tree makes a machine's files in a folder.
func tree(t *testing.T, files map[string]string) string {
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return root
}

// with returns the files of a machine with its mounts and this process's groups, and more.
func with(mounts, groups string, more map[string]string) map[string]string {
	files := map[string]string{"proc/meminfo": meminfo, "proc/self/mountinfo": mounts, "proc/self/cgroup": groups}
	for name, text := range more {
		files[name] = text
	}
	return files
}

func TestFind_TakesTheTightestLimit(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		free  uint64 // before what a file costs beside its pages
		limit uint64
		where string
	}{
		"the machine's where no group limits": {
			with(v2, "0::/user.slice\n", map[string]string{"sys/fs/cgroup/user.slice/memory.max": "max\n", "sys/fs/cgroup/user.slice/memory.current": "5\n"}),
			8192 * mib, 16384 * mib, "",
		},
		"swap is room": {
			map[string]string{"proc/meminfo": meminfo + "SwapFree: 1048576 kB\n"},
			9216 * mib, 16384 * mib, "",
		},
		"its own group": {
			with(v2, "0::/a/b\n", map[string]string{"sys/fs/cgroup/a/b/memory.max": "134217728\n", "sys/fs/cgroup/a/b/memory.current": "34217728\n"}),
			100000000, 128 * mib, "sys/fs/cgroup/a/b",
		},
		"a group above": {
			with(v2, "0::/a/b\n", map[string]string{
				"sys/fs/cgroup/a/memory.max": "67108864\n", "sys/fs/cgroup/a/memory.current": "7108864\n",
				"sys/fs/cgroup/a/b/memory.max": "134217728\n", "sys/fs/cgroup/a/b/memory.current": "0\n",
			}),
			60000000, 64 * mib, "sys/fs/cgroup/a",
		},
		"caches can be reclaimed": {
			with(v2, "0::/a\n", map[string]string{
				"sys/fs/cgroup/a/memory.max": "67108864\n", "sys/fs/cgroup/a/memory.current": "67108864\n",
				"sys/fs/cgroup/a/memory.stat": "anon 3\ninactive_anon 7\ninactive_file 1000000\nactive_file 2000000\nslab_reclaimable 3000000\n",
			}),
			6000000, 64 * mib, "sys/fs/cgroup/a",
		},
		"swap within its limit, and within the one above": {
			map[string]string{
				"proc/meminfo": meminfo + "SwapFree: 1048576 kB\n", "proc/self/mountinfo": v2, "proc/self/cgroup": "0::/a/b\n",
				"sys/fs/cgroup/a/memory.swap.max": "9000000\n", "sys/fs/cgroup/a/memory.swap.current": "4000000\n",
				"sys/fs/cgroup/a/b/memory.swap.max": "max\n", "sys/fs/cgroup/a/b/memory.swap.current": "0\n",
				"sys/fs/cgroup/a/b/memory.max": "67108864\n", "sys/fs/cgroup/a/b/memory.current": "67108864\n",
			},
			5000000, 64 * mib, "sys/fs/cgroup/a/b",
		},
		"a container that sees its own group as the root": {
			with(v2, "0::/\n", map[string]string{"sys/fs/cgroup/memory.max": "67108864\n", "sys/fs/cgroup/memory.current": "0\n"}),
			64 * mib, 64 * mib, "sys/fs/cgroup",
		},
		"a process moved out of the group that it sees": {
			with(v2, "0::/../other\n", map[string]string{"sys/fs/cgroup/memory.max": "67108864\n", "sys/fs/cgroup/memory.current": "0\n"}),
			64 * mib, 64 * mib, "sys/fs/cgroup",
		},
		"a container with a part of the tree mounted": {
			with("35 31 0:32 /docker/1a /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n", "4:memory:/docker/1a/sub\n", map[string]string{
				"sys/fs/cgroup/memory/sub/memory.limit_in_bytes": "67108864\n", "sys/fs/cgroup/memory/sub/memory.usage_in_bytes": "7108864\n",
			}),
			60000000, 64 * mib, "sys/fs/cgroup/memory/sub",
		},
		"version 1": {
			with(v1, "9:name=systemd:/x\n4:cpu,memory:/a\n0::/\n", map[string]string{
				"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n", "sys/fs/cgroup/memory/memory.usage_in_bytes": "99\n",
				"sys/fs/cgroup/memory/a/memory.limit_in_bytes": "67108864\n", "sys/fs/cgroup/memory/a/memory.usage_in_bytes": "60000000\n",
				"sys/fs/cgroup/memory/a/memory.stat": "inactive_file 1\ntotal_inactive_file 100000\ntotal_active_file 200000\n",
			}),
			7408864, 64 * mib, "sys/fs/cgroup/memory/a",
		},
		"version 1's limit of memory and swap": {
			map[string]string{
				"proc/meminfo": meminfo + "SwapFree: 1048576 kB\n", "proc/self/mountinfo": v1, "proc/self/cgroup": "4:memory:/a\n",
				"sys/fs/cgroup/memory/a/memory.limit_in_bytes": "67108864\n", "sys/fs/cgroup/memory/a/memory.usage_in_bytes": "0\n",
				"sys/fs/cgroup/memory/a/memory.memsw.limit_in_bytes": "70000000\n", "sys/fs/cgroup/memory/a/memory.memsw.usage_in_bytes": "10000000\n",
			},
			60000000, 70000000, "sys/fs/cgroup/memory/a",
		},
		"both versions, one with the controller": {
			with(v1+"41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n", "4:memory:/a\n0::/b\n", map[string]string{
				"sys/fs/cgroup/memory/a/memory.limit_in_bytes": "67108864\n", "sys/fs/cgroup/memory/a/memory.usage_in_bytes": "0\n",
				"sys/fs/cgroup/unified/b/cgroup.procs": "1\n",
			}),
			64 * mib, 64 * mib, "sys/fs/cgroup/memory/a",
		},
		"a mount point with a space": {
			with("31 23 0:28 / /my\\040groups rw - cgroup2 cgroup2 rw\n", "0::/a\n", map[string]string{"my groups/a/memory.max": "67108864\n", "my groups/a/memory.current": "0\n"}),
			64 * mib, 64 * mib, "my groups/a",
		},
	} {
		t.Run(name, func(t *testing.T) {
			root := tree(t, c.files)
			room, ok := Find(root)
			require.True(t, ok)
			where := c.where
			if where != "" {
				where = filepath.Join(root, where)
			}
			require.Equal(t, Room{largest(c.free), c.limit, where}, room)
		})
	}
}

func TestFind_IsFalseWhereNothingSays(t *testing.T) {
	_, ok := Find(t.TempDir())
	require.False(t, ok)
}

func TestFind_LeavesNothingWhereTheLimitIsReached(t *testing.T) {
	room, ok := Find(tree(t, with(v2, "0::/a\n", map[string]string{
		"sys/fs/cgroup/a/memory.max": "67108864\n", "sys/fs/cgroup/a/memory.current": "67108999\n",
	})))
	require.True(t, ok)
	require.Zero(t, room.Bytes)
}

func TestFind_SurvivesFilesThatSaySomethingElse(t *testing.T) {
	for _, text := range []string{"", "\n", "x", "::", "0::", "0::/\n4:memory", "a b c d e - f", " - cgroup2", "31 23 0:28 / /x rw - cgroup2", "\\04"} {
		root := tree(t, map[string]string{"proc/meminfo": text, "proc/self/mountinfo": text, "proc/self/cgroup": text})
		_, ok := Find(root)
		require.False(t, ok, "%q", text)
	}
}

func TestLargest_LeavesRoomForWhatAFileCosts(t *testing.T) {
	for _, free := range []uint64{0, 1, mib, mib + 1, 64 * mib, 1 << 40, 1 << 63} {
		require.LessOrEqual(t, largest(free), free)
		if free > 2*mib {
			require.Greater(t, largest(free), free-free/64-mib)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	for b.Loop() {
		Find("/")
	}
}
