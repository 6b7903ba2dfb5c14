package segment

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// roleEnv turns the test binary into another process of a test; the arguments are the role's.
const roleEnv = "SEGMENT_TEST_ROLE"

// emulatorEnv names the program that runs this one, if it is built for another processor.
const emulatorEnv = "SHM_PUB_SUB_EMULATOR"

// notEmulated skips a test of what an emulator does not have.
func notEmulated(t testing.TB, what string) {
	t.Helper()
	if emulator := os.Getenv(emulatorEnv); emulator != "" {
		t.Skipf("%s has no %s", emulator, what)
	}
}

var roles = map[string]func(args []string, lines *bufio.Scanner) error{
	"lock":   lockUntilEnd,
	"create": createOnDemand,
}

func TestMain(m *testing.M) {
	role, ok := roles[os.Getenv(roleEnv)]
	if !ok {
		os.Exit(m.Run())
	}
	// Standard input ends with the parent, however that ends: no child outlives its test.
	if err := role(os.Args[1:], bufio.NewScanner(os.Stdin)); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// lockUntilEnd locks one byte of a file until its input ends or it is killed.
func lockUntilEnd(args []string, lines *bufio.Scanner) error {
	fd, err := unix.Open(args[0], unix.O_RDWR, 0)
	if err != nil {
		return err
	}
	for at := range int64(2) {
		if !strings.Contains(args[1], fmt.Sprint(at)) {
			continue
		}
		if ok, err := tryLock(fd, at); err != nil || !ok {
			return fmt.Errorf("byte %d: %v, %w", at, ok, err)
		}
	}
	fmt.Println("locked")
	lines.Scan()
	return nil
}

// createOnDemand creates each topic named by a line, prints the result, and closes it at the next line.
func createOnDemand(args []string, lines *bufio.Scanner) error {
	for lines.Scan() {
		o, err := Create(specOf(args[0], lines.Text()))
		switch {
		case err == nil:
			fmt.Println("owner")
		case errors.Is(err, ErrExists):
			fmt.Println("exists")
		default:
			return err
		}
		if lines.Scan(); o != nil && lines.Text() == "close" {
			if err := o.Close(); err != nil {
				return err
			}
		} else if o != nil {
			abandon(o)
		}
	}
	return nil
}

// childEnv adds to the environment; the race detector's second of sleep at exit is not wanted.
func childEnv(more string) []string {
	return append(os.Environ(), "GORACE=atexit_sleep_ms=0", more)
}

type child struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
}

func start(t *testing.T, role string, args ...string) *child {
	t.Helper()
	cmd := again(t, args...)
	cmd.Env = childEnv(roleEnv + "=" + role)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	c := &child{cmd: cmd, in: in, lines: bufio.NewScanner(out)}
	t.Cleanup(c.kill)
	return c
}

func (c *child) kill() {
	if c.cmd.ProcessState == nil {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
	}
}

func (c *child) say(t *testing.T, line string) {
	t.Helper()
	_, err := fmt.Fprintln(c.in, line)
	require.NoError(t, err)
}

func (c *child) hear(t *testing.T) string {
	t.Helper()
	require.True(t, c.lines.Scan(), "the child ended")
	return c.lines.Text()
}
