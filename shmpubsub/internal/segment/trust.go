package segment

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Trust is the set of users whose files this process maps. Anyone who may write a file can put values there, and end the
// processes that map it, with SIGBUS, by truncating it. So in a directory where anyone can create files the owner of a
// topic's file counts, as for the kernel's fs.protected_regular. A file is trusted if its owner is
//
//	(a) the effective user or root,
//	(b) if the effective user is root: the user who called sudo,
//	(c) a user named by the program or TrustEnv,
//	(d) anyone, if the directory belongs to one of these and others may not write to it.
//
// The owner comes from fstat(2) on the open descriptor, before anything of the file is read or mapped, and is compared
// with geteuid(2) of that moment. The zero value is (a) and (d).
type Trust struct {
	any   bool
	users []uint32 // (c)
	sudo  uint32   // (b); 0: nobody but root
}

// TrustEnv is the environment variable with the users to trust, separated by commas.
const TrustEnv = "SHM_PUB_SUB_TRUST"

// sudoPrefix occurs in no user's name.
const sudoPrefix = "sudo:"

// Anyone stands for all users, including those that this user namespace does not map, which nothing else trusts.
const Anyone = "any"

// DefaultTrust returns the trust that the environment sets.
func DefaultTrust() (Trust, error) {
	users := []string{sudoPrefix + os.Getenv("SUDO_UID")}
	for user := range strings.SplitSeq(os.Getenv(TrustEnv), ",") {
		if user = strings.TrimSpace(user); user != "" {
			users = append(users, user)
		}
	}
	t, err := NewTrust(users)
	if err != nil {
		return Trust{}, fmt.Errorf("%s: %w", TrustEnv, err)
	}
	return t, nil
}

// NewTrust trusts users, by name, by uid or Anyone. sudoPrefix and a uid is (b); without a valid uid it is nobody.
func NewTrust(users []string) (Trust, error) {
	var t Trust
	for _, user := range users {
		if user == Anyone {
			t.any = true
			continue
		}
		if sudo, is := strings.CutPrefix(user, sudoPrefix); is {
			uid, _ := strconv.ParseUint(sudo, 10, 32)
			t.sudo = uint32(uid)
			continue
		}
		uid, err := uidOf(user)
		if err != nil {
			return Trust{}, err
		}
		t.users = append(t.users, uid)
	}
	return t, nil
}

// user reports whether a user is trusted, by (a), (b) or (c).
func (t Trust) user(uid uint32) bool {
	if t.any || mayBeUnmapped(uid) {
		return t.any
	}
	me := uint32(os.Geteuid())
	return uid == me || uid == 0 || me == 0 && uid == t.sudo || slices.Contains(t.users, uid)
}

// covers reports whether e is trusted.
func (t Trust) covers(e entry) bool {
	return t.user(e.file.Uid) || e.dir.Mode&unix.S_IWOTH == 0 && t.user(e.dir.Uid) || e.isCertainlyMine()
}

// isCertainlyMine reports whether e belongs to the effective user, if that has the uid that stands for unmapped users
// too: only an owner may set the flag.
func (e entry) isCertainlyMine() bool {
	if e.fd < 0 || !mayBeUnmapped(e.file.Uid) || int(e.file.Uid) != os.Geteuid() {
		return false
	}
	flags, err := unix.FcntlInt(uintptr(e.fd), unix.F_GETFL, 0)
	if err == nil {
		_, err = unix.FcntlInt(uintptr(e.fd), unix.F_SETFL, flags|unix.O_NOATIME)
	}
	return err == nil
}

// check returns err, the result of opening e at path, or an *UntrustedError if something untrusted exists there, even if
// it has other faults.
func (t Trust) check(path string, e entry, err error) error {
	if !e.known() || t.covers(e) {
		return err
	}
	return &UntrustedError{entry: e, path: path, trust: t}
}

// UntrustedError is an untrusted file, or something else, under a topic's name. Its text is made on demand.
type UntrustedError struct {
	Topic string
	entry entry
	path  string
	trust Trust
}

func (e *UntrustedError) Error() string {
	return fmt.Sprintf("%v: open %q: %s", ErrOpen, e.Topic, e.Found())
}

func (e *UntrustedError) Unwrap() []error { return []error{ErrOpen, ErrUntrusted} }

// Found returns what was found, what was expected and what to do.
func (e *UntrustedError) Found() string {
	dir := filepath.Dir(e.path)
	uid := e.entry.file.Uid
	why := "where anyone can create files"
	if e.entry.dir.Mode&unix.S_IWOTH == 0 {
		why = "a directory of " + userText(e.entry.dir.Uid)
	}
	remedy := fmt.Sprintf("pass trust=%q or set %s=%[1]s", nameOrUID(uid), TrustEnv)
	switch {
	case mayBeUnmapped(uid):
		remedy = fmt.Sprintf("pass trust=%q or set %s=%[1]s", Anyone, TrustEnv)
	case userName(uid) == "":
		remedy = fmt.Sprintf("pass trust=%d or set %s=%[1]d", uid, TrustEnv)
	}
	return fmt.Sprintf("found %s of %s in %s, %s; expected one of %s; %s",
		e.entry.kind(), userText(uid), dir, why, e.trust.expected(), remedy)
}

// expected lists the users that are trusted.
func (t Trust) expected() string {
	me := uint32(os.Geteuid())
	uids := append([]uint32{me}, t.users...)
	if me == 0 {
		uids = append(uids, t.sudo)
	}
	var names []string
	for _, uid := range uids {
		if name := userShort(uid); uid != 0 && !mayBeUnmapped(uid) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "root"
	}
	return strings.Join(names, ", ") + " or root"
}

// blockedError is another user's file, or something else, that a publisher cannot replace.
type blockedError struct {
	entry entry
	path  string
	err   error
}

func (e *blockedError) Error() string {
	return fmt.Sprintf("found %s of %s in the way, %s: %v; expected none", e.entry.kind(), userText(e.entry.file.Uid), e.path, e.err)
}

func (e *blockedError) Unwrap() error { return e.err }

func (e *blockedError) remedy() string {
	who := userShort(e.entry.file.Uid)
	if e.entry.file.Uid != 0 {
		who += " or root"
	}
	return fmt.Sprintf("have %s remove it, or use another name", who)
}
