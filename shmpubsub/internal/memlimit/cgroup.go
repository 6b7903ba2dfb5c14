package memlimit

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// hierarchy is a mounted tree of cgroups, of version 1's memory controller or of version 2, with this process's
// group in it.
type hierarchy struct {
	mount string // directory
	group string // below mount, "" or with a slash in front
	read  func(group string, swap *uint64) (free, limit uint64, ok bool)
}

// groups returns the directories from the mount point down to the process's own: each one limits all below.
func (h hierarchy) groups() []string {
	found, dir := []string{h.mount}, h.mount
	for name := range strings.SplitSeq(strings.Trim(h.group, "/"), "/") {
		if name != "" {
			dir = filepath.Join(dir, name)
			found = append(found, dir)
		}
	}
	return found
}

// hierarchies finds the hierarchies that may limit memory: cgroups(7), proc_pid_mountinfo(5). A machine has one or
// both; the one without the memory controller has no files to read.
func hierarchies(root string) []hierarchy {
	one, two := ownGroups(filepath.Join(root, "proc/self/cgroup"))
	var found []hierarchy
	mounts, _ := os.ReadFile(filepath.Join(root, "proc/self/mountinfo"))
	for line := range bytes.Lines(mounts) {
		before, after, _ := strings.Cut(string(line), " - ")
		place, what := strings.Fields(before), strings.Fields(after)
		if len(place) < 5 || len(what) < 1 {
			continue
		}
		mount := hierarchy{mount: filepath.Join(root, unescape(place[4]))}
		options := strings.Split(what[len(what)-1], ",")
		switch {
		case what[0] == "cgroup2":
			mount.group, mount.read = below(unescape(place[3]), two), readV2
		case what[0] == "cgroup" && slices.Contains(options, "memory"):
			mount.group, mount.read = below(unescape(place[3]), one), readV1
		default:
			continue
		}
		found = append(found, mount)
	}
	return found
}

// ownGroups returns this process's cgroup of version 1's memory controller, and that of version 2.
func ownGroups(path string) (one, two string) {
	text, _ := os.ReadFile(path)
	for line := range bytes.Lines(text) {
		parts := strings.SplitN(strings.TrimSuffix(string(line), "\n"), ":", 3)
		switch {
		case len(parts) < 3:
		case parts[0] == "0":
			two = parts[2]
		case slices.Contains(strings.Split(parts[1], ","), "memory"):
			one = parts[2]
		}
	}
	return one, two
}

// below returns group relative to the mounted directory. A container's may lie outside: then its own group is the
// mount point.
func below(mounted, group string) string {
	rest, ok := strings.CutPrefix(group, strings.TrimSuffix(mounted, "/"))
	if !ok || rest != "" && rest[0] != '/' || strings.HasPrefix(group, "/..") {
		return ""
	}
	return rest
}

// readV2 returns the free bytes of a group of version 2, and its limit. swap is the free swap space of the groups
// above, which the group's own limit may reduce.
func readV2(group string, swap *uint64) (free, limit uint64, ok bool) {
	if most, ok := readNumber(group, "memory.swap.max"); ok {
		used, _ := readNumber(group, "memory.swap.current")
		*swap = min(*swap, sub(most, used))
	}
	limit, ok = readNumber(group, "memory.max")
	if !ok {
		return 0, 0, false
	}
	used, ok := readNumber(group, "memory.current")
	stat := readFields(filepath.Join(group, "memory.stat"))
	used = sub(used, stat["inactive_file"]+stat["active_file"]+stat["slab_reclaimable"])
	return sub(limit, used) + *swap, limit, ok
}

// noLimit is about version 1's value for no limit: the largest multiple of a page.
const noLimit = 1 << 62

// readV1 is readV2 for version 1, which can also limit the sum of memory and swap.
func readV1(group string, swap *uint64) (free, limit uint64, ok bool) {
	free, limit, ok = unused(group, "memory.limit_in_bytes", "memory.usage_in_bytes")
	free += *swap
	if both, of, limited := unused(group, "memory.memsw.limit_in_bytes", "memory.memsw.usage_in_bytes"); limited && (!ok || both < free) {
		return both, of, true
	}
	return free, limit, ok
}

// unused returns the bytes below a limit of version 1, caches not counted.
func unused(group, limitFile, usageFile string) (free, limit uint64, ok bool) {
	limit, ok = readNumber(group, limitFile)
	if !ok || limit >= noLimit {
		return 0, 0, false
	}
	used, ok := readNumber(group, usageFile)
	stat := readFields(filepath.Join(group, "memory.stat"))
	return sub(limit, sub(used, stat["total_inactive_file"]+stat["total_active_file"])), limit, ok
}

// readNumber reads a file of one number. It is false for "max", or if there is no such file.
func readNumber(group, name string) (uint64, bool) {
	text, err := os.ReadFile(filepath.Join(group, name))
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}

// unescape undoes the octal escapes of mountinfo.
func unescape(path string) string {
	if !strings.Contains(path, `\`) {
		return path
	}
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c == '\\' && i+3 < len(path) {
			if n, err := strconv.ParseUint(path[i+1:i+4], 8, 8); err == nil {
				c = byte(n)
				i += 3
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}
