package forks

import (
	"os"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// join makes words such as the fork handlers have, until the test's end.
func join(t *testing.T) *Shared {
	m, err := unix.Mmap(-1, 0, pageSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	require.NoError(t, err)
	s := (*Shared)(unsafe.Pointer(unsafe.SliceData(m)))
	Join(uintptr(unsafe.Pointer(s)))
	t.Cleanup(func() {
		shared.Store(nil)
		for p := s.first.Load(); p != nil; {
			next := p.next.Load()
			require.NoError(t, unix.Munmap(unsafe.Slice((*byte)(unsafe.Pointer(p)), pageSize)))
			p = next
		}
		require.NoError(t, unix.Munmap(m))
	})
	return s
}

// held returns the descriptors that a child would close.
func (s *Shared) held() map[int]int {
	found := map[int]int{}
	for p := s.first.Load(); p != nil; p = p.next.Load() {
		for i := range p.slots {
			if fd := int(p.slots[i].fd.Load()) - 1; fd >= 0 {
				found[fd]++
			}
		}
	}
	return found
}

func open(t *testing.T) *File {
	f, err := Open(func() (int, error) { return unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0) })
	require.NoError(t, err)
	return f
}

// The C side asserts the same of struct fork_shared and what it points at.
func TestShared_IsLaidOutAsInC(t *testing.T) {
	require.EqualValues(t, 16, unsafe.Sizeof(Shared{}))
	require.EqualValues(t, 8, unsafe.Offsetof(Shared{}.first))
	require.EqualValues(t, 24, unsafe.Sizeof(slot{}))
	require.EqualValues(t, 8, unsafe.Offsetof(slot{}.dev))
	require.EqualValues(t, 8, unsafe.Offsetof(page{}.slots))
	require.Equal(t, 170, slotsPerPage)
	require.LessOrEqual(t, unsafe.Sizeof(page{}), uintptr(pageSize))
}

func TestOpen_EntersEachFileIntoATableThatGrows(t *testing.T) {
	s := join(t)
	const many = 2*slotsPerPage + 1
	want := map[int]int{}
	files := make([]*File, many)
	for i := range files {
		files[i] = open(t)
		want[files[i].FD()] = 1
	}
	require.Equal(t, want, s.held())
	for _, f := range files {
		f.Close()
		delete(want, f.FD())
		require.Equal(t, want, s.held())
	}
}

func TestClose_LeavesAnotherFileUnderTheNumberOpen(t *testing.T) {
	s := join(t)
	f := open(t)
	require.NoError(t, unix.Close(f.FD()))
	other, err := os.Open(t.TempDir())
	require.NoError(t, err)
	defer func() { _ = other.Close() }()
	if int(other.Fd()) != f.FD() {
		require.NoError(t, unix.Dup3(int(other.Fd()), f.FD(), unix.O_CLOEXEC))
		defer func() { _ = unix.Close(f.FD()) }()
	}
	f.Close()
	require.Empty(t, s.held())
	_, err = unix.FcntlInt(uintptr(f.FD()), unix.F_GETFD, 0)
	require.NoError(t, err)
}

func TestStep_WaitsForAForkThatIsUnderWay(t *testing.T) {
	s := join(t)
	s.forking.Store(1)
	var over atomic.Bool
	done := make(chan bool)
	go Step(func() { done <- over.Load() })
	time.AfterFunc(10*time.Millisecond, func() {
		over.Store(true)
		s.forking.Store(0)
	})
	require.True(t, <-done, "it went on during the fork")
	require.Eventually(t, func() bool { return s.steps.Load() == 0 }, 10*time.Second, time.Millisecond)
}

func TestStep_GoesOnBesideAForkThatDoesNotEnd(t *testing.T) {
	s := join(t)
	s.forking.Store(1)
	began := time.Now()
	Step(func() { require.EqualValues(t, 1, s.steps.Load()) })
	require.GreaterOrEqual(t, time.Since(began), maxWait)
	require.Zero(t, s.steps.Load())
}
