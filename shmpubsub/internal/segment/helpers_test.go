package segment

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/descriptor"
)

// domainEnv carries a test's directory to the process in which the test goes on (goesOnInChild).
const domainEnv = "SEGMENT_TEST_DOMAIN"

// domain makes a directory for one test, which must be empty again at its end.
func domain(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv(domainEnv); dir != "" {
		return dir
	}
	dir, err := os.MkdirTemp("/dev/shm", "shm_pub_sub-gotest-")
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.Empty(t, names(t, dir), "left in shared memory")
		require.NoError(t, os.RemoveAll(dir))
	})
	return dir
}

func names(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func specOf(dir, topic string) Spec {
	return Spec{Dir: dir, Topic: topic, Type: descriptor.Int, Depth: 3, Mode: 0o600}
}

func create(t testing.TB, s Spec) *Owned {
	t.Helper()
	o, err := Create(s)
	require.NoError(t, err)
	return o
}

// abandon ends o like a kill -9 of its process: the lock goes, the file stays.
func abandon(o *Owned) {
	o.pool.unmap()
	o.memory.unmap()
	_ = unix.Close(o.fd)
}

// createDead leaves a killed publisher's file.
func createDead(t testing.TB, s Spec) string {
	t.Helper()
	o := create(t, s)
	abandon(o)
	return o.path
}

func pathOf(t testing.TB, dir, topic string) string {
	t.Helper()
	file, err := FileName(topic)
	require.NoError(t, err)
	return filepath.Join(dir, file)
}

// inTime returns work's result, or fails the test instead of hanging it.
func inTime(t testing.TB, work func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- work() }()
	select {
	case err := <-done:
		return err
	case <-time.After(10 * time.Second):
		require.FailNow(t, "it hangs")
		return nil
	}
}

// goesOnInChild runs the calling test again in a separate process, in which it returns true; in this process it returns
// false, with the child's result. It is for tests that make irreversible changes: mounts, user ids, system call filters.
// The test's directory is made here, before.
func goesOnInChild(t *testing.T, attr *syscall.SysProcAttr, before ...func(dir string)) bool {
	t.Helper()
	if os.Getenv(domainEnv) != "" {
		return true
	}
	cmd := again(t, "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=60s")
	dir := domain(t)
	for _, do := range before {
		do(dir)
	}
	cmd.Env = childEnv(domainEnv + "=" + dir)
	cmd.SysProcAttr = attr
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Skipf("cannot start a process with %+v: %v", attr, err)
	}
	require.NoError(t, err, "%s", out)
	if strings.Contains(string(out), "--- SKIP") {
		t.Skipf("%s", out)
	}
	require.Contains(t, string(out), "--- PASS: "+t.Name())
	return false
}

// again returns a command that runs this program another time, by the same emulator if there is one.
func again(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	path, err := os.Executable()
	require.NoError(t, err)
	if emulator := os.Getenv(emulatorEnv); emulator != "" {
		return exec.Command(emulator, append([]string{path}, args...)...)
	}
	return exec.Command(path, args...)
}

// ownMounts gives a child its own mount table, through a user namespace if necessary.
func ownMounts() *syscall.SysProcAttr {
	if os.Geteuid() == 0 {
		return &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS}
	}
	return &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}},
	}
}

func mount(t *testing.T, dir, options string, flags uintptr) {
	t.Helper()
	if err := unix.Mount("none", dir, "tmpfs", flags, options); err != nil {
		t.Skipf("cannot mount a tmpfs: %v", err)
	}
}
