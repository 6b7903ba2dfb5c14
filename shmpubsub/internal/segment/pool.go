package segment

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/killpoint"
)

// mapPool maps the chunks through a descriptor of their own, which has no lock: arrays in them may outlive the publisher,
// in forked children too, and must not make it seem alive. The pages are mapped at once, as the first writes would
// otherwise take many times as long as later ones.
func (d *draft) mapPool() error {
	if !d.header.Pooled {
		return nil
	}
	fd, err := openRetry(unix.AT_FDCWD, d.linkAs, unix.O_RDWR|unix.O_CLOEXEC, 0)
	killpoint.Here()
	if err != nil {
		return fmt.Errorf("open the new file again: %w", err)
	}
	defer func() { _ = unix.Close(fd); killpoint.Here() }()
	size := d.header.FileSize - d.header.ChunksOffset
	if d.pool, err = mapRegion(fd, d.header.ChunksOffset, size, unix.PROT_READ|unix.PROT_WRITE); err != nil {
		return fmt.Errorf("map %d bytes: %w", size, err)
	}
	err = retry(func() error { return unix.Madvise(d.pool, unix.MADV_POPULATE_WRITE) })
	killpoint.Here()
	if err != nil && !errors.Is(err, unix.EINVAL) { // before Linux 5.14
		return fmt.Errorf("populate %d bytes: %w", size, err)
	}
	return nil
}
