package segment

import (
	"errors"
	"fmt"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/futex"
	"shm_pub_sub/shmpubsub/internal/page"
)

// ErrNotPermitted says that this process may not write a topic's wait page.
var ErrNotPermitted = errors.New("no permission to wait")

// WaitPage is page 0 of a topic's file, the only one that a subscriber maps writable. It is a separate mapping, which is
// unmapped with its last user, so that sleepers may outlive the View. The caller serialises its users' calls.
type WaitPage struct {
	memory region
	users  int
}

// Word returns the eventcount.
func (p *WaitPage) Word() *atomic.Uint32 { return p.memory.wait() }

// Release ends one use.
func (p *WaitPage) Release() {
	if p.users--; p.users == 0 {
		p.memory.unmap()
		p.memory = nil
	}
}

// WaitPage maps the file's wait page at the first call. Every caller is a user, which must release it. It reports
// ErrNotPermitted if this process may only read, which it remembers, and another error if the name no longer points at
// the file.
func (v *View) WaitPage() (*WaitPage, error) {
	if v.unwritable {
		return nil, ErrNotPermitted
	}
	if v.waitPage == nil {
		m, err := v.mapWaitPage()
		if errors.Is(err, unix.EACCES) || errors.Is(err, unix.EROFS) || errors.Is(err, unix.EPERM) {
			v.unwritable = true
			return nil, ErrNotPermitted
		}
		if err != nil {
			return nil, err
		}
		v.waitPage = &WaitPage{memory: m, users: 1}
	}
	v.waitPage.users++
	return v.waitPage, nil
}

// Interrupt makes the waiters with that bit, which sleep on the wait page, look again.
func (v *View) Interrupt(bit futex.WaiterBit) {
	if v.waitPage != nil && v.waitPage.users > 1 {
		futex.Interrupt(v.waitPage.Word(), bit)
	}
}

// mapWaitPage opens the file again, by its name, for writing.
func (v *View) mapWaitPage() (region, error) {
	e, err := openTopic(v.path, unix.O_RDWR)
	if err != nil {
		return nil, err
	}
	defer e.close()
	if identityOf(&e.file) != v.id { // whose owner was not checked
		return nil, errGone
	}
	m, err := mapRegion(e.fd, 0, page.Size(), unix.PROT_READ|unix.PROT_WRITE)
	if err != nil {
		return nil, fmt.Errorf("map the wait page: %w", err)
	}
	return m, nil
}
