package segment

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub/internal/futex"
	"shm_pub_sub/shmpubsub/internal/page"
)

func waitPage(t *testing.T, v *View) *WaitPage {
	t.Helper()
	p, err := v.WaitPage()
	require.NoError(t, err)
	return p
}

func TestWaitPage_IsThePublishersWordAndNothingElse(t *testing.T) {
	s := specOf(domain(t), "x")
	o := create(t, s)
	defer func() { require.NoError(t, o.Close()) }()
	p := waitPage(t, attach(t, s))
	defer p.Release()
	require.Len(t, p.memory, int(page.Size()))
	announced := futex.Announce(p.Word())
	require.Equal(t, announced, o.WaitWord().Load())
	futex.Notify(o.WaitWord())
	require.Equal(t, announced+1, p.Word().Load())
}

func TestWaitPage_StaysWithItsLastUser(t *testing.T) {
	s := specOf(domain(t), "x")
	o := create(t, s)
	defer func() { require.NoError(t, o.Close()) }()
	v, err := Attach(s.Dir, s.Topic, s.Type, Trust{})
	require.NoError(t, err)
	first, second := waitPage(t, v), waitPage(t, v)
	require.Same(t, first, second)
	require.Equal(t, 3, writable(t, s.Dir), "the publisher's two, and the page")
	v.Close()
	first.Release()
	woken := make(chan error)
	go func() {
		word := second.Word()
		woken <- futex.Wait(word, futex.Announce(word), futex.WaiterBitOf(0), time.Hour)
	}()
	require.Eventually(t, func() bool { return o.WaitWord().Load()&1 != 0 }, 20*time.Second, time.Millisecond)
	futex.Notify(o.WaitWord())
	require.NoError(t, <-woken)
	second.Release()
	require.Equal(t, 2, writable(t, s.Dir))
}

// writable counts this process's writable mappings of files in dir.
func writable(t *testing.T, dir string) (n int) {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	require.NoError(t, err)
	for line := range strings.Lines(string(maps)) {
		if strings.Contains(line, " rw-s ") && strings.Contains(line, dir) {
			n++
		}
	}
	return n
}

func TestWaitPage_IsNotThatOfAnotherFileUnderTheName(t *testing.T) {
	s := specOf(domain(t), "x")
	first := create(t, s)
	v := attach(t, s)
	require.NoError(t, os.Remove(first.path))
	_, err := v.WaitPage()
	require.ErrorIs(t, err, errGone)
	second := create(t, s)
	_, err = v.WaitPage()
	require.ErrorIs(t, err, errGone)
	require.NoError(t, os.Remove(second.path))
	require.NoError(t, os.Symlink("/dev/zero", first.path))
	_, err = v.WaitPage()
	require.ErrorIs(t, err, ErrLayout)
	require.NoError(t, os.Remove(first.path))
	require.NoError(t, errors.Join(first.Close(), second.Close()))
}

func TestWaitPage_NeedsTheWriteBit(t *testing.T) {
	if !goesOnInChild(t, nil) {
		return
	}
	becomeNobody(t)
	s := specOf(domain(t), "x")
	o := create(t, s)
	require.NoError(t, os.Chmod(o.path, 0o400))
	v := attach(t, s)
	_, err := v.WaitPage()
	require.ErrorIs(t, err, ErrNotPermitted)
	require.NoError(t, os.Chmod(o.path, 0o600))
	_, err = v.WaitPage()
	require.ErrorIs(t, err, ErrNotPermitted, "it asks once")
	p := waitPage(t, attach(t, s))
	p.Release()
	require.NoError(t, o.Close())
}

func TestInterrupt_TouchesTheWordOnlyWhereSomebodyUsesIt(t *testing.T) {
	s := specOf(domain(t), "x")
	o := create(t, s)
	defer func() { require.NoError(t, o.Close()) }()
	v := attach(t, s)
	v.Interrupt(futex.WaiterBitOf(0))
	p := waitPage(t, v)
	announced := futex.Announce(p.Word())
	v.Interrupt(futex.WaiterBitOf(0))
	require.Equal(t, announced+2, p.Word().Load())
	p.Release()
	v.Interrupt(futex.WaiterBitOf(0))
	require.Equal(t, announced+2, p.Word().Load())
}
