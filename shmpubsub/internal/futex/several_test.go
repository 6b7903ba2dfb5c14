package futex

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// sharedWords are so many words in two mappings of one file.
func sharedWords(t *testing.T, n int) (mine, theirs []*atomic.Uint32) {
	t.Helper()
	for range n {
		m, s := sharedWord(t)
		mine, theirs = append(mine, m), append(theirs, s)
	}
	return mine, theirs
}

// sleeping waits until a thread is in futex_waitv.
func sleeping(t *testing.T, thread int) {
	t.Helper()
	inCall(t, thread, fmt.Sprint(unix.SYS_FUTEX_WAITV, " "))
}

// needsWaitv skips the test on a kernel without futex_waitv.
func needsWaitv(t *testing.T) {
	t.Helper()
	var up Flag
	up.up.Store(1)
	var words Several
	words.AddFlag(&up)
	if err := words.Wait(0); err != nil {
		t.Skipf("futex_waitv: %v", err)
	}
}

// awaitAny is a waiter on all words, which it announces, and on a flag. It says which thread before it sleeps.
func awaitAny(words []*atomic.Uint32, flag *Flag, thread chan<- int) chan error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		var several Several
		if flag != nil {
			several.AddFlag(flag)
		}
		for _, word := range words {
			several.Add(word, Announce(word))
		}
		thread <- unix.Gettid()
		done <- several.Wait(time.Minute)
	}()
	return done
}

func TestSeveral_IsWokenByWhoeverWakesOneOfTheWords(t *testing.T) {
	needsWaitv(t)
	for name, wake := range map[string]func(word *atomic.Uint32, flag *Flag){
		"a publisher":               func(word *atomic.Uint32, _ *Flag) { Notify(word) },
		"an interruption":           func(word *atomic.Uint32, _ *Flag) { Interrupt(word, WaiterBitOf(3)) },
		"another waiter's":          func(word *atomic.Uint32, _ *Flag) { Interrupt(word, WaiterBitOf(4)) },
		"the flag, without a write": func(_ *atomic.Uint32, flag *Flag) { flag.Raise() },
	} {
		t.Run(name, func(t *testing.T) {
			mine, theirs := sharedWords(t, MaxWords-1)
			for _, n := range []int{1, 2, MaxWords - 1} {
				flag, thread := new(Flag), make(chan int, 1)
				done := awaitAny(theirs[:n], flag, thread)
				sleeping(t, <-thread)
				for _, word := range mine[:n] {
					require.Equal(t, uint32(waiting), word.Load()&waiting)
				}
				before := mine[n-1].Load()
				wake(mine[n-1], flag)
				require.NoError(t, <-done)
				require.Equal(t, flag.up.Load() != 0, mine[n-1].Load() == before)
			}
		})
	}
}

func TestSeveral_DoesNotSleepIfOneWordHasMovedOn(t *testing.T) {
	needsWaitv(t)
	for name, change := range map[string]func(word *atomic.Uint32, flag *Flag){
		"a publisher":     func(word *atomic.Uint32, _ *Flag) { Notify(word) },
		"an interruption": func(word *atomic.Uint32, _ *Flag) { Interrupt(word, WaiterBitOf(3)) },
		"the flag":        func(_ *atomic.Uint32, flag *Flag) { flag.Raise() },
	} {
		t.Run(name, func(t *testing.T) {
			_, words := sharedWords(t, 3)
			flag := new(Flag)
			var several Several
			for _, word := range words {
				several.Add(word, Announce(word))
			}
			several.AddFlag(flag)
			change(words[2], flag)
			start := time.Now()
			require.NoError(t, several.Wait(time.Minute))
			require.Less(t, time.Since(start), 30*time.Second)
		})
	}
}

func TestSeveral_EndsWithItsSlice(t *testing.T) {
	needsWaitv(t)
	_, words := sharedWords(t, 2)
	var several Several
	for _, word := range words {
		several.Add(word, Announce(word))
	}
	for _, d := range []time.Duration{-time.Hour, 0, time.Millisecond, 30 * time.Millisecond} {
		start := time.Now()
		require.NoError(t, several.Wait(d))
		require.GreaterOrEqual(t, time.Since(start), max(d, 0)-time.Millisecond)
	}
	several.Reset()
	several.Add(words[0], words[0].Load()&^1) // another value
	require.NoError(t, several.Wait(time.Hour))
}

func TestSeveral_TakesAsManyWordsAsTheKernel(t *testing.T) {
	needsWaitv(t)
	_, words := sharedWords(t, MaxWords)
	var several Several
	for _, word := range words {
		require.False(t, several.Full())
		several.Add(word, Announce(word))
	}
	require.True(t, several.Full())
	require.NoError(t, several.Wait(0))
	several.Add(words[0], words[0].Load())
	require.ErrorIs(t, several.Wait(0), unix.EINVAL)
}

func TestSeveral_SaysThatItCannotSleep(t *testing.T) {
	needsWaitv(t)
	page, err := unix.Mmap(-1, 0, 4096, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON)
	require.NoError(t, err)
	defer func() { require.NoError(t, unix.Munmap(page)) }()
	var several Several
	several.Add((*atomic.Uint32)(unsafe.Pointer(unsafe.SliceData(page))), 1)
	require.ErrorIs(t, several.Wait(time.Hour), unix.EFAULT)
}

func TestSeveral_AllocatesNothingOnceItHasRoom(t *testing.T) {
	needsWaitv(t)
	_, words := sharedWords(t, 3)
	several, flag := new(Several), new(Flag)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		several.Reset()
		several.AddFlag(flag)
		for _, word := range words {
			several.Add(word, Announce(word))
		}
		_ = several.Wait(time.Microsecond)
	}))
}

// A waiter on three words by itself, which changes and interruptions of all three hit at any moment.
func TestSeveral_LosesNoWakeUp(t *testing.T) {
	needsWaitv(t)
	const words, values = 3, 3000
	mine, theirs := sharedWords(t, words)
	var heads [words]atomic.Uint64
	var stop atomic.Bool
	interrupted := make(chan struct{})
	go func() {
		defer close(interrupted)
		for n := uint32(0); !stop.Load(); n++ {
			Interrupt(mine[n%words], WaiterBitOf(n))
			runtime.Gosched()
		}
	}()
	seen := make(chan error)
	go func() {
		for next := uint64(0); next < values; {
			var several Several
			for _, word := range theirs {
				several.Add(word, Announce(word))
			}
			if heads[next%words].Load() > next/words {
				next++
				seen <- nil
				continue
			}
			slept := time.Now()
			if err := several.Wait(20 * time.Second); err != nil || time.Since(slept) > 10*time.Second {
				seen <- fmt.Errorf("it slept for %v; %v", time.Since(slept), err)
				return
			}
		}
	}()
	for k := range uint64(values) {
		heads[k%words].Add(1)
		Notify(mine[k%words])
		require.NoError(t, <-seen)
	}
	stop.Store(true)
	<-interrupted
}
