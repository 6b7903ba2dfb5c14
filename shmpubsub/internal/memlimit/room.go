// Package memlimit finds how much memory files in a tmpfs may still take before the kernel's OOM killer ends a
// process: by the limits of this process's cgroups, and of the machine.
package memlimit

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strconv"
)

// Room is the room within the tightest limit.
type Room struct {
	Bytes uint64 `json:"bytes"` // of the largest file that fits
	Limit uint64 `json:"limit"` // bytes
	Where string `json:"where"` // the cgroup's directory; "" is the machine's memory and swap
}

// Find returns the room below the root directory, "/" except in tests. It is false if no limit is known.
//
// Memory that the kernel can reclaim or swap out counts as free, so a file that does not fit certainly ends in an OOM
// kill. One that fits may still, if other processes take memory at the same time.
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

// The cost of a file besides its pages: the kernel's index of them and page tables, 0.5 % when measured; and some
// memory for the program to go on.
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
