package segment

import (
	"errors"

	"golang.org/x/sys/unix"
)

// identity is the file that a descriptor was opened for. A program that closes all descriptors, as daemons do, may
// have other files under the numbers afterwards. A mapping of the file keeps its inode number from being used again.
type identity struct {
	dev, ino uint64
}

func identityOf(st *unix.Stat_t) identity { return identity{uint64(st.Dev), st.Ino} }

// isOf reports whether fd has the file open.
func (i identity) isOf(fd int) bool {
	var st unix.Stat_t
	return unix.Fstat(fd, &st) == nil && identityOf(&st) == i
}

// isAt reports whether path names the file.
func (i identity) isAt(path string) (bool, error) {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); errors.Is(err, unix.ENOENT) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	return identityOf(&st) == i, nil
}
