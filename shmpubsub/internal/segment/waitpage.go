package segment

import (
	"errors"
	"fmt"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/futex"
)

// ErrNotPermitted says that this process may not write a topic's wait page.
var ErrNotPermitted = errors.New("no permission to wait")

// WaitPage is page 0 of a topic's file, the only one that a subscriber maps writable, mapped by itself. It
// is a mapping of its own so that who sleeps on it may outlive the View: it is unmapped with its last
// user. Its users' calls are serialised by their caller.
type WaitPage struct {
	memory memory
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

// WaitPage maps the file's wait page at the first call, and counts its caller as a user, who must release
// it. It reports ErrNotPermitted, again without asking, where this process may read only, and another
// error where the name does not lead to the file any more.
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

// Interrupt has those of one owner who sleep on the wait page look again.
func (v *View) Interrupt(whose futex.WaiterBit) {
	if v.waitPage != nil && v.waitPage.users > 1 {
		futex.Interrupt(v.waitPage.Word(), whose)
	}
}

// mapWaitPage opens the file again, by its name: the descriptor there is may only read.
func (v *View) mapWaitPage() (memory, error) {
	e, err := openTopic(v.path, unix.O_RDWR)
	if err != nil {
		return nil, err
	}
	defer e.close()
	if identityOf(&e.file) != v.id { // and nobody has vouched for that one
		return nil, errGone
	}
	m, err := mapFile(e.fd, HeaderOffset, unix.PROT_READ|unix.PROT_WRITE)
	if err != nil {
		return nil, fmt.Errorf("map the wait page: %w", err)
	}
	return m, nil
}
