package shmpubsub_test

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub"
)

func TestPublishAndSubscribe_AllocateNothing(t *testing.T) {
	allocatesNothing(t, bools)
	allocatesNothing(t, ints)
	allocatesNothing(t, floats)
}

func allocatesNothing[T any](t *testing.T, k kind[T]) {
	t.Run("type="+k.name, func(t *testing.T) {
		domain(t)
		p := made[*shmpubsub.Publisher[T]](t)(k.publisher("x", 3))
		s := made[*shmpubsub.Subscriber[T]](t)(k.subscriber("x", k.def))
		require.Zero(t, testing.AllocsPerRun(1000, func() { _, _ = s.Subscribe() }))
		require.Zero(t, testing.AllocsPerRun(1000, func() { _ = p.Publish(k.values[0]) }))
		require.Zero(t, testing.AllocsPerRun(1000, func() { _, _ = s.Subscribe() }))
	})
}

// calls is how many publishes and how many reads a traced thread makes.
const calls = 200_000

// measureOnDemand makes the calls in a separate thread, between two system calls that the tracer recognises, in an
// otherwise idle runtime.
func measureOnDemand([]string) error {
	debug.SetGCPercent(-1)
	runtime.LockOSThread()
	p, err := shmpubsub.NewIntPublisher("x", 3)
	if err != nil {
		return err
	}
	s, err := shmpubsub.NewIntSubscriber("x", -1)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	fmt.Println(unix.Gettid())
	var start string
	if _, err := fmt.Scanln(&start); err != nil { // nobody measures
		return errors.Join(s.Close(), p.Close())
	}
	mark()
	for i := range int64(calls) {
		_ = p.Publish(i)
		if v, ok := s.Subscribe(); !ok || v != i {
			return fmt.Errorf("published %d, read %d, %v", i, v, ok)
		}
	}
	mark()
	return errors.Join(s.Close(), p.Close())
}

// mark is a system call that nothing else makes.
func mark() { _, _, _ = unix.RawSyscall(unix.SYS_PERSONALITY, 0xffffffff, 0, 0) }

// The kernel counts: ptrace(2) stops the thread at each of its system calls.
func TestPublishAndSubscribe_MakeNoSystemCall(t *testing.T) {
	notEmulated(t, "system calls of its own to count")
	domain(t)
	child := spawn(t, "measure")
	thread, err := strconv.Atoi(child.hear(t))
	require.NoError(t, err)

	runtime.LockOSThread() // only the tracing thread may ask
	defer runtime.UnlockOSThread()
	const options = unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_EXITKILL
	if _, _, err := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_SEIZE, uintptr(thread), 0, options, 0, 0); err != 0 {
		child.end(t)
		t.Skipf("cannot trace a child: %v", err)
	}
	require.NoError(t, unix.PtraceInterrupt(thread))
	_, err = fmt.Fprintln(child.in, "start")
	require.NoError(t, err)

	marks, counted := 0, map[uint64]int{}
	for marks < 2 {
		var status unix.WaitStatus
		_, err := unix.Wait4(thread, &status, unix.WALL, nil)
		if err == unix.EINTR {
			continue
		}
		require.NoError(t, err)
		require.True(t, status.Stopped(), "the child ended: %v", status)
		signal := 0
		switch stop := status.StopSignal(); {
		case stop == unix.SIGTRAP|0x80: // at a system call
			number, entering := systemCall(t, thread)
			switch {
			case entering && number == unix.SYS_PERSONALITY:
				marks++
			case entering && marks == 1:
				counted[number]++
			}
		case stop != unix.SIGTRAP:
			signal = int(stop)
		}
		if marks == 2 {
			require.NoError(t, unix.PtraceDetach(thread))
		} else {
			require.NoError(t, unix.PtraceSyscall(thread, signal))
		}
	}
	child.end(t)

	total := 0
	for _, n := range counted {
		total += n
	}
	t.Logf("%d publishes and reads; system calls by number: %v", 2*calls, counted)
	// A read checks the publisher once in 0.1 s, and Go's scheduler may interfere at any time.
	require.Less(t, total, calls/100)
}

// systemCall returns the number of the call at which a thread has stopped, and whether it is entering it.
func systemCall(t *testing.T, thread int) (number uint64, entering bool) {
	t.Helper()
	var info struct { // struct ptrace_syscall_info, ptrace(2)
		op    uint8
		_     uint32 // arch
		_, _  uint64 // instruction pointer, stack pointer
		entry struct {
			number uint64
			_      [6]uint64 // arguments
		}
	}
	_, _, err := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_GET_SYSCALL_INFO, uintptr(thread), unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0)
	require.Zero(t, err, "PTRACE_GET_SYSCALL_INFO: %v", err)
	return info.entry.number, info.op == unix.PTRACE_SYSCALL_INFO_ENTRY
}
