// Package memlimit tells how much memory files in a tmpfs may still take before the kernel's OOM killer ends a
// process: by this process's cgroups, and by the machine.
package memlimit

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strconv"
)

// Room is what the tightest of the limits leaves.
type Room struct {
	Bytes uint64 `json:"bytes"` // of the largest file that fits
	Limit uint64 `json:"limit"` // bytes
	Where string `json:"where"` // the cgroup's directory; "" is the machine's memory and swap
}

// Find returns the room below the root directory, "/" save in tests. It is false where nothing says.
//
// What the kernel can reclaim or swap out counts as free, so a file that does not fit certainly ends in
// an OOM kill. One that fits need not, if other processes take memory at the same time.
func Find(root string) (Room, bool) {
	machine := readFields(filepath.Join(root, "proc/meminfo"))
	found := Room{Bytes: math.MaxUint64}
	swap := machine["SwapFree:"] << 10
	if available, ok := machine["MemAvailable:"]; ok {
		found = Room{largest(available<<10 + swap), machine["MemTotal:"] << 10, ""}
	}
	for _, h := range hierarchies(root) {
		left := swap
		for _, group := range h.groups() {
			free, limit, ok := h.read(group, &left)
			if room := largest(free); ok && room < found.Bytes {
				found = Room{room, limit, group}
			}
		}
	}
	return found, found.Bytes != math.MaxUint64
}

// What a file costs beside its pages: the kernel's index of them and the page tables of who maps them, 0.5 %
// when measured; and the program that has it needs some memory to go on.
const (
	share  = 128
	margin = 1 << 20
)

// largest returns the size of the largest file for which there is room in free bytes.
func largest(free uint64) uint64 {
	return sub(free, margin) / (share + 1) * share
}

// sub returns a - b, or 0.
func sub(a, b uint64) uint64 { return a - min(a, b) }

// readFields returns the numbers of a file such as memory.stat or /proc/meminfo, by name.
func readFields(path string) map[string]uint64 {
	text, _ := os.ReadFile(path)
	fields := map[string]uint64{}
	for line := range bytes.Lines(text) {
		if words := bytes.Fields(line); len(words) >= 2 {
			if n, err := strconv.ParseUint(string(words[1]), 10, 64); err == nil {
				fields[string(words[0])] = n
			}
		}
	}
	return fields
}
