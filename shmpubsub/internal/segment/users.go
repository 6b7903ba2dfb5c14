package segment

import (
	"fmt"
	"math"
	"os"
	"os/user"
	"strconv"
	"strings"
	"sync"
)

// foreignUID is the uid that stat(2) gives for every user that this process's user namespace does not map, as int64;
// -1 if it maps all of them, as the initial one does. A mapped user may have that uid too. A process with Go has
// threads, and so cannot change its user namespace.
var foreignUID = sync.OnceValue(func() int64 {
	if m, err := os.ReadFile("/proc/self/uid_map"); err == nil && mapsAll(string(m)) {
		return -1
	}
	const usual = 65534
	text, err := os.ReadFile("/proc/sys/kernel/overflowuid")
	if err != nil {
		return usual
	}
	uid, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 32)
	if err != nil {
		return usual
	}
	return int64(uid)
})

// mapsAll reports whether a uid_map (user_namespaces(7)) has every uid except -1.
func mapsAll(uidMap string) bool {
	var total uint64
	for line := range strings.Lines(uidMap) {
		var inside, outside, count uint64
		if _, err := fmt.Sscan(line, &inside, &outside, &count); err != nil {
			return false
		}
		total += count
	}
	return total == math.MaxUint32
}

// mayBeUnmapped reports whether uid, from stat(2), may stand for a user that this user namespace does not map.
func mayBeUnmapped(uid uint32) bool { return int64(uid) == foreignUID() }

// A cache: a directory service may be slow.
var (
	userIDs   sync.Map // string -> uint32
	userNames sync.Map // uint32 -> string; "": none
)

// uidOf returns the uid of a user by name or number.
func uidOf(name string) (uint32, error) {
	if uid, err := strconv.ParseUint(name, 10, 32); err == nil && uid < math.MaxUint32 {
		return uint32(uid), nil
	}
	if uid, known := userIDs.Load(name); known {
		return uid.(uint32), nil
	}
	found, err := user.Lookup(name)
	if err != nil {
		return 0, fmt.Errorf("%w: found user %q; expected a uid, the name of a user of this machine, or \"any\"", ErrTrust, name)
	}
	uid, err := strconv.ParseUint(found.Uid, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%w: user %q has the uid %q", ErrTrust, name, found.Uid)
	}
	userIDs.Store(name, uint32(uid))
	return uint32(uid), nil
}

func userName(uid uint32) string {
	if name, known := userNames.Load(uid); known {
		return name.(string)
	}
	name := ""
	if found, err := user.LookupId(strconv.FormatUint(uint64(uid), 10)); err == nil {
		name = found.Username
	}
	userNames.Store(uid, name)
	return name
}

// nameOrUID returns a user in the form that trust= and SHM_PUB_SUB_TRUST take.
func nameOrUID(uid uint32) string {
	if name := userName(uid); name != "" {
		return name
	}
	return strconv.FormatUint(uint64(uid), 10)
}

// userShort names a user in a list.
func userShort(uid uint32) string {
	if name := userName(uid); name != "" {
		return name
	}
	return fmt.Sprintf("user %d", uid)
}

// userText names a user in a sentence.
func userText(uid uint32) string {
	name := userName(uid)
	switch {
	case mayBeUnmapped(uid):
		return fmt.Sprintf("a user that this user namespace does not map (%d)", uid)
	case name == "":
		return fmt.Sprintf("user %d", uid)
	}
	return fmt.Sprintf("user %s (%d)", name, uid)
}
