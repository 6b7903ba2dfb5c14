package futex

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestNotify_ChangesNothingWhereNobodyWaits(t *testing.T) {
	for _, w := range []uint32{0, 2, 1 << 31, ^uint32(1)} {
		var word atomic.Uint32
		word.Store(w)
		Notify(&word)
		require.Equal(t, w, word.Load())
	}
}

func TestNotify_MovesTheEpochOnAndClearsTheWaitingBit(t *testing.T) {
	for before, after := range map[uint32]uint32{1: 2, 3: 4, 2<<1 | 1: 3 << 1, 1<<31 | 1: 1<<31 | 2, ^uint32(0): 0} {
		var word atomic.Uint32
		word.Store(before)
		Notify(&word)
		require.Equal(t, after, word.Load())
		Notify(&word)
		require.Equal(t, after, word.Load(), "once is enough")
	}
}

func TestNotify_AllocatesNothing(t *testing.T) {
	var word atomic.Uint32
	require.Zero(t, testing.AllocsPerRun(1000, func() { Notify(&word) }))
	require.Zero(t, testing.AllocsPerRun(1000, func() { word.Store(1); Notify(&word) }))
}

// sharedWord lies in a file that two mappings share, as a publisher's and a subscriber's do: a
// FUTEX_PRIVATE_FLAG on either side would never meet the other.
func sharedWord(t *testing.T) (mine, theirs *atomic.Uint32) {
	t.Helper()
	fd, err := unix.MemfdCreate("wait", unix.MFD_CLOEXEC)
	require.NoError(t, err)
	defer func() { _ = unix.Close(fd) }()
	require.NoError(t, unix.Ftruncate(fd, 4096))
	var words [2]*atomic.Uint32
	for i := range words {
		page, err := unix.Mmap(fd, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, unix.Munmap(page)) })
		words[i] = (*atomic.Uint32)(unsafe.Pointer(&page[0]))
	}
	return words[0], words[1]
}

// await is a waiter as the protocol has it, in one thread, that waits for the word to move on. It says which
// thread before it sleeps.
func await(word *atomic.Uint32, whose WaiterBit, thread chan<- int) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	announced := Announce(word)
	thread <- unix.Gettid()
	for limit := time.Now().Add(30 * time.Second); word.Load() == announced; {
		if err := Wait(word, announced, whose, time.Until(limit)); err != nil {
			return err
		}
		if time.Now().After(limit) {
			return errors.New("it slept for half a minute")
		}
	}
	return nil
}

// asleep waits until a thread sleeps on word.
func asleep(t *testing.T, thread int, word *atomic.Uint32) {
	t.Helper()
	number := unix.SYS_FUTEX
	if os.Getenv("SHM_PUB_SUB_EMULATOR") != "" {
		number = 202 // of the x86-64 kernel that runs the emulator
	}
	inCall(t, thread, fmt.Sprintf("%d %p ", number, word))
}

// inCall waits until a thread is in a system call with this number and, if given, these arguments.
func inCall(t *testing.T, thread int, call string) {
	t.Helper()
	path := fmt.Sprintf("/proc/self/task/%d/syscall", thread)
	if _, err := os.ReadFile(path); err != nil {
		t.Skipf("cannot see what a thread waits for: %v", err)
	}
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		found, err := os.ReadFile(path)
		require.NoError(c, err)
		require.True(c, strings.HasPrefix(string(found), call), "%s", found)
	}, 20*time.Second, time.Millisecond)
}

func TestNotify_WakesEverybodyWhoSleeps(t *testing.T) {
	const waiters = 3
	mine, theirs := sharedWord(t)
	mine.Store(7 << 1)
	woken := make(chan error, waiters)
	for range waiters {
		thread := make(chan int, 1)
		go func() { woken <- await(theirs, WaiterBitOf(0), thread) }()
		asleep(t, <-thread, theirs)
	}
	require.Equal(t, uint32(7<<1|waiting), mine.Load())
	Notify(mine)
	for range waiters {
		select {
		case err := <-woken:
			require.NoError(t, err)
		case <-time.After(20 * time.Second):
			require.FailNow(t, "a waiter sleeps on")
		}
	}
	require.Equal(t, uint32(8<<1), mine.Load())
}

func TestNotify_LosesNoWakeUp(t *testing.T) {
	const rounds, waiters = 300, 2
	mine, theirs := sharedWord(t)
	for range rounds {
		woken := make(chan error, waiters)
		for range waiters {
			thread := make(chan int, 1)
			go func() { woken <- await(theirs, WaiterBitOf(0), thread) }()
			<-thread // its bit is set; whether it sleeps already is left to chance
		}
		Notify(mine)
		for range waiters {
			select {
			case err := <-woken:
				require.NoError(t, err)
			case <-time.After(20 * time.Second):
				require.FailNow(t, "a waiter sleeps on")
			}
		}
	}
}
