package futex

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestAnnounce_SetsTheBitAndReturnsTheWordWithIt(t *testing.T) {
	for before, want := range map[uint32]uint32{0: 1, 1: 1, 6: 7, 7: 7, ^uint32(0): ^uint32(0), ^uint32(1): ^uint32(0)} {
		var word atomic.Uint32
		word.Store(before)
		require.Equal(t, want, Announce(&word))
		require.Equal(t, want, word.Load())
	}
}

func TestWait_DoesNotSleepOnAWordThatHasMovedOn(t *testing.T) {
	var word atomic.Uint32
	announced := Announce(&word)
	Notify(&word)
	start := time.Now()
	require.NoError(t, Wait(&word, announced, WaiterBitOf(0), time.Minute))
	announced = Announce(&word)
	Interrupt(&word, WaiterBitOf(1)) // anybody's
	require.NoError(t, Wait(&word, announced, WaiterBitOf(0), time.Minute))
	require.Less(t, time.Since(start), 30*time.Second)
}

func TestWait_EndsWithItsSlice(t *testing.T) {
	var word atomic.Uint32
	announced := Announce(&word)
	for _, d := range []time.Duration{math.MinInt64, -time.Hour, 0, time.Millisecond, 30 * time.Millisecond} {
		start := time.Now()
		require.NoError(t, Wait(&word, announced, WaiterBitOf(0), d))
		require.GreaterOrEqual(t, time.Since(start), max(d, 0)-time.Millisecond)
	}
	require.Equal(t, announced, word.Load())
}

// However long the machine has been up.
func TestDeadline_IsATimeThatTheKernelTakes(t *testing.T) {
	const boot, late = int64(0), int64(math.MaxInt64)
	for _, c := range []struct {
		now  int64
		d    time.Duration
		want int64
	}{
		{boot, 0, 0},
		{boot, time.Second, 1e9},
		{boot, -1, 0},
		{boot, math.MinInt64, 0},
		{boot, math.MaxInt64, late},
		{60e9, -time.Minute, 0},
		{60e9, -time.Hour, 0},
		{60e9, -time.Second, 59e9},
		{60e9, math.MaxInt64, late},
		{late, 1, late},
		{late, math.MaxInt64, late},
		{late, math.MinInt64, 0},
	} {
		require.Equal(t, unix.NsecToTimespec(c.want), deadline(c.now, c.d), "%+v", c)
	}
}

func TestWait_SleepsOnWhereItsTimeIsBeyondTheClocksEnd(t *testing.T) {
	mine, theirs := sharedWord(t)
	announced := Announce(theirs)
	thread, done := make(chan int, 1), make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		thread <- unix.Gettid()
		done <- Wait(theirs, announced, WaiterBitOf(0), math.MaxInt64)
	}()
	asleep(t, <-thread, theirs)
	Notify(mine)
	require.NoError(t, <-done)
}

func TestWait_SaysWhereNoWaitingIsPossible(t *testing.T) {
	page, err := unix.Mmap(-1, 0, 4096, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON)
	require.NoError(t, err)
	defer func() { require.NoError(t, unix.Munmap(page)) }()
	word := (*atomic.Uint32)(unsafe.Pointer(unsafe.SliceData(page)))
	require.ErrorIs(t, Wait(word, 1, WaiterBitOf(0), time.Hour), unix.EFAULT)
}

func TestWait_AllocatesNothing(t *testing.T) {
	var word atomic.Uint32
	require.Zero(t, testing.AllocsPerRun(100, func() {
		_ = Wait(&word, Announce(&word), WaiterBitOf(3), time.Microsecond)
		Interrupt(&word, WaiterBitOf(3))
	}))
}

// A signal ends a system call early. Go's own, by which it preempts goroutines, comes at any time.
func TestWait_TakesASignalForAWakeUp(t *testing.T) {
	mine, theirs := sharedWord(t)
	thread, done := make(chan int), make(chan error)
	go func() { done <- await(theirs, WaiterBitOf(0), thread) }()
	id := <-thread
	for range 20 {
		asleep(t, id, theirs)
		require.NoError(t, unix.Tgkill(unix.Getpid(), id, unix.SIGURG))
	}
	Notify(mine)
	require.NoError(t, <-done)
}

func TestInterrupt_WakesItsOwnWaitersAndLeavesTheOthersToNotify(t *testing.T) {
	mine, theirs := sharedWord(t)
	const own, other = 1 << 7, 1 << 8
	start := func(whose WaiterBit) chan error {
		thread, done := make(chan int), make(chan error, 1)
		go func() { done <- await(theirs, whose, thread) }()
		asleep(t, <-thread, theirs)
		return done
	}
	first, second, others := start(own), start(own), start(other)
	before := mine.Load()
	Interrupt(mine, own)
	require.NoError(t, <-first)
	require.NoError(t, <-second)
	require.Equal(t, before+2, mine.Load(), "another epoch, and somebody waits")
	select {
	case err := <-others:
		require.Fail(t, "another's waiter woke", "%v", err)
	case <-time.After(20 * time.Millisecond):
	}
	Notify(mine) // which finds it asleep in an epoch that is over
	require.NoError(t, <-others)
	require.Equal(t, before+3, mine.Load())
}

func TestInterrupt_ChangesNothingWhereNobodyWaits(t *testing.T) {
	for _, w := range []uint32{0, 2, 1 << 31, ^uint32(1)} {
		var word atomic.Uint32
		word.Store(w)
		Interrupt(&word, WaiterBitOf(5))
		require.Equal(t, w, word.Load())
	}
}

// Notifications and interruptions at the same time: each waiter is woken by what it waits for, no matter
// what the others are interrupted by.
func TestNotify_LosesNoWakeUpToInterruptions(t *testing.T) {
	mine, theirs := sharedWord(t)
	var head atomic.Uint64
	var stop atomic.Bool
	interrupted := make(chan struct{})
	go func() {
		defer close(interrupted)
		for n := uint32(0); !stop.Load(); n++ {
			Interrupt(mine, WaiterBitOf(n%2))
			runtime.Gosched()
		}
	}()
	const values, waiters = 2000, 3
	turns, late := make(chan struct{}, waiters), make(chan error, waiters)
	var all sync.WaitGroup
	for i := range uint32(waiters) {
		all.Go(func() {
			for seen := uint64(0); seen < values; {
				announced := Announce(theirs)
				if now := head.Load(); now != seen {
					seen = now
					turns <- struct{}{}
					continue
				}
				slept := time.Now()
				if err := Wait(theirs, announced, WaiterBitOf(i), 20*time.Second); err != nil || time.Since(slept) > 10*time.Second {
					late <- fmt.Errorf("it slept for %v; %v", time.Since(slept), err)
					return
				}
			}
		})
	}
	for k := uint64(1); k <= values; k++ {
		head.Store(k)
		Notify(mine)
		for range waiters {
			select {
			case <-turns:
			case err := <-late:
				assert.NoError(t, err)
			}
		}
	}
	all.Wait()
	stop.Store(true)
	<-interrupted
}
