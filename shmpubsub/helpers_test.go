package shmpubsub_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
)

// emulatorEnv names the program that runs this one, if it is built for another processor.
const emulatorEnv = "SHM_PUB_SUB_EMULATOR"

// notEmulated skips a test of what an emulator does not have.
func notEmulated(t testing.TB, what string) {
	t.Helper()
	if emulator := os.Getenv(emulatorEnv); emulator != "" {
		t.Skipf("%s has no %s", emulator, what)
	}
}

// domain gives a test its own directory, which must be empty again at its end.
func domain(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "shm_pub_sub-gotest-")
	require.NoError(t, err)
	t.Cleanup(func() {
		left, err := os.ReadDir(dir)
		assert.NoError(t, err)
		assert.Empty(t, left, "left in shared memory")
		require.NoError(t, os.RemoveAll(dir))
	})
	t.Setenv(shmpubsub.DirEnv, dir)
	return dir
}

// fileOf returns the path of a topic whose name needs no encoding.
func fileOf(topic string) string {
	return filepath.Join(os.Getenv(shmpubsub.DirEnv), "shm_pub_sub."+topic)
}

// made returns a constructor's result, which is closed at the test's end.
func made[E io.Closer](t testing.TB) func(E, error) E {
	t.Helper()
	return func(e E, err error) E {
		t.Helper()
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, e.Close()) })
		return e
	}
}

func intPublisher(t testing.TB, topic string, opts ...shmpubsub.PublisherOption) *shmpubsub.IntPublisher {
	t.Helper()
	return made[*shmpubsub.IntPublisher](t)(shmpubsub.NewIntPublisher(topic, 3, opts...))
}

func intSubscriber(t testing.TB, topic string, opts ...shmpubsub.SubscriberOption) *shmpubsub.IntSubscriber {
	t.Helper()
	return made[*shmpubsub.IntSubscriber](t)(shmpubsub.NewIntSubscriber(topic, -1, opts...))
}

// requireReads checks the next read.
func requireReads[T any](t testing.TB, s *shmpubsub.Subscriber[T], value T, ok bool) {
	t.Helper()
	got, gotOK := s.Subscribe()
	require.Equal(t, ok, gotOK)
	require.Equal(t, value, got)
	require.NoError(t, s.Err())
}

// requireSoon waits for a condition, with a deadline that no healthy machine misses.
func requireSoon(t testing.TB, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !condition(); time.Sleep(time.Millisecond) {
		require.True(t, time.Now().Before(deadline), "not in half a minute")
	}
}

// someoneWaits reports whether the bit in a topic's wait word is set.
func someoneWaits(t testing.TB, topic string) bool {
	t.Helper()
	return wordOf(t, topic)&1 != 0
}

// wordOf returns a topic's wait word.
func wordOf(t testing.TB, topic string) uint32 {
	t.Helper()
	f, err := os.Open(fileOf(topic))
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	var word [4]byte
	_, err = io.ReadFull(f, word[:])
	require.NoError(t, err)
	return binary.LittleEndian.Uint32(word[:])
}

// overwrite changes 8 bytes of a topic's file behind its publisher's back.
func overwrite(t testing.TB, topic string, at int64, value uint64) {
	t.Helper()
	f, err := os.OpenFile(fileOf(topic), os.O_RDWR, 0)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	_, err = f.WriteAt(binary.LittleEndian.AppendUint64(nil, value), at)
	require.NoError(t, err)
}

// The parts of the memory layout that tests damage.
const (
	headerAt      = 65536
	slotsNumberAt = headerAt + 40
	fileSizeAt    = headerAt + 48
	headAt        = headerAt + 128
	slotsAt       = headerAt + 256
	stride        = 32
	stampAt       = 8 // in a slot
)

// slotOf returns the offset of value k in a topic of depth 3.
func slotOf(k int64) int64 { return slotsAt + k%4*stride }

const roleEnv = "SHMPUBSUB_TEST_ROLE"

// TestMain runs the tests, with a domain for the examples, or is another process of a test.
func TestMain(m *testing.M) {
	if role, ok := roles[os.Getenv(roleEnv)]; ok {
		if err := role(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	dir, err := os.MkdirTemp("/dev/shm", "shm_pub_sub-gotest-")
	if err == nil {
		err = os.Setenv(shmpubsub.DirEnv, dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := os.Remove(dir); err != nil {
		fmt.Fprintln(os.Stderr, "left in shared memory:", err)
		code = 1
	}
	os.Exit(code)
}

var roles = map[string]func(args []string) error{
	"publish": publishUntilEnd,
	"count":   countUntilEnd,
	"measure": measureOnDemand,
	"receive": receiveUntilEnd,
	"select":  selectUntilEnd,
	"echo":    echoUntilEnd,
	"cat":     catUntilEnd,
	"borrow":  borrowOnDemand,
}

// publishUntilEnd publishes one value, and lives until its standard input ends.
func publishUntilEnd(args []string) error {
	p, err := shmpubsub.NewIntPublisher(args[0], 3, optionsOf(args[1:])...)
	if err != nil {
		return err
	}
	if err := p.Publish(42); err != nil {
		return err
	}
	return errors.Join(liveOn(), p.Close())
}

// countUntilEnd publishes 1, 2, 3, ... as fast as it can.
func countUntilEnd(args []string) error {
	p, err := shmpubsub.NewIntPublisher(args[0], 1)
	if err != nil {
		return err
	}
	go func() {
		for k := int64(1); p.Publish(k) == nil; k++ {
			continue
		}
	}()
	return errors.Join(liveOn(), p.Close())
}

// receiveUntilEnd prints each value of its topic that it receives; on request as a user who may not write the file.
func receiveUntilEnd(args []string) error {
	if err := giveUpWriting(args[1:]); err != nil {
		return err
	}
	s, err := shmpubsub.NewIntSubscriber(args[0], -1)
	if err != nil {
		return err
	}
	go func() {
		for v := range s.Values(context.Background()) {
			fmt.Println(v)
		}
	}()
	return errors.Join(liveOn(), s.Close())
}

// giveUpWriting makes the process, on request, one of a user who may not write root's files.
func giveUpWriting(args []string) error {
	if len(args) > 0 && args[0] == "read only" && os.Geteuid() == 0 {
		return syscall.Setuid(65534)
	}
	return nil
}

func optionsOf(args []string) (opts []shmpubsub.PublisherOption) {
	for _, arg := range args {
		if arg == "retain" {
			opts = append(opts, shmpubsub.WithRetain())
		}
	}
	return opts
}

// liveOn reports that all is ready, and waits for the end of its input: at the latest when the parent dies.
func liveOn() error {
	fmt.Println("ready")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	raw io.Reader // out's
	out *bufio.Scanner
}

// spawn starts a process in a role and waits until it is ready.
func spawn(t testing.TB, role string, args ...string) *process {
	t.Helper()
	path, err := os.Executable()
	require.NoError(t, err)
	if emulator := os.Getenv(emulatorEnv); emulator != "" {
		path, args = emulator, append([]string{path}, args...)
	}
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), roleEnv+"="+role, "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	p := &process{cmd: cmd, in: in, raw: out, out: bufio.NewScanner(out)}
	t.Cleanup(p.kill)
	require.Equal(t, "ready", p.hear(t))
	return p
}

func (p *process) hear(t testing.TB) string {
	t.Helper()
	require.True(t, p.out.Scan(), "the process ended")
	return p.out.Text()
}

// end makes the process close what it has, and end.
func (p *process) end(t testing.TB) {
	t.Helper()
	require.NoError(t, p.in.Close())
	require.NoError(t, p.cmd.Wait())
}

// kill ends the process by SIGKILL and waits for its end.
func (p *process) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}

// asBools changes the type of a topic's elements behind its publisher's back, to one as long.
func asBools(t testing.TB, topic, from, to string) {
	t.Helper()
	content, err := os.ReadFile(fileOf(topic))
	require.NoError(t, err)
	at := bytes.Index(content, []byte(`"dtype":"<`+from+`"`))
	require.Positive(t, at)
	f, err := os.OpenFile(fileOf(topic), os.O_RDWR, 0)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	_, err = f.WriteAt([]byte(`"dtype":"<`+to+`"`), int64(at))
	require.NoError(t, err)
}
