package segment

import (
	"fmt"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/memlimit"
)

// lookEvery is how many bytes this process may reserve between two checks of the memory limit. A check takes half as
// long as filling 1 MiB of a tmpfs (0.2 of 0.4 ms). So every large topic is checked, of topics of 8 KiB every 128th,
// and the overshoot is within what memlimit leaves for the program.
const lookEvery = 1 << 20

// unlooked is the number of bytes reserved since the last check that found room.
var unlooked atomic.Uint64

// systemRoot has /proc and the cgroups. Only tests change it.
var systemRoot = "/"

// checkMemory returns an error instead of an OOM kill: a tmpfs may be larger than the memory that its pages are charged
// to.
func checkMemory(fd int, size uint64) error {
	if unlooked.Add(size) < lookEvery {
		return nil
	}
	var st unix.Statfs_t
	if err := unix.Fstatfs(fd, &st); err != nil || st.Type != unix.TMPFS_MAGIC && uint32(st.Type) != unix.RAMFS_MAGIC {
		return nil // the pages of a disk's file can be written back
	}
	if st.Blocks > 0 && size > st.Bavail*uint64(st.Bsize) {
		return unix.ENOSPC // fallocate notices only after taking all of the space
	}
	if room, ok := memlimit.Find(systemRoot); ok && size > room.Bytes {
		return &memoryError{room}
	}
	unlooked.Store(0)
	return nil
}

// memoryError is a file system with more space than there is memory.
type memoryError struct {
	room memlimit.Room
}

func (e *memoryError) Error() string { return "more than the memory that is left" }
func (e *memoryError) Unwrap() error { return unix.ENOSPC }

func (e *memoryError) remedy(need string) string {
	found := fmt.Sprintf("found memory for a topic of %d bytes", e.room.Bytes)
	if e.room.Where == "" {
		return fmt.Sprintf("%s in this machine of %d; expected %s; use fewer buffers, or end programs that take memory", found, e.room.Limit, need)
	}
	return fmt.Sprintf("%s within the limit of %d of cgroup %s; expected %s; use fewer buffers, remove what is stale, or raise the limit "+
		"(docker run --memory=1g, resources.limits.memory in Kubernetes, MemoryMax= in systemd)", found, e.room.Limit, e.room.Where, need)
}
