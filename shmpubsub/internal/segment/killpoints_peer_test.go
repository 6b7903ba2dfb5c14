//go:build killpoints

package segment_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub"
	"shm_pub_sub/shmpubsub/internal/killpoint"
	"shm_pub_sub/shmpubsub/internal/segment"
)

func init() { segment.Roles["peer"] = peerRole }

// peerRole executes commands on topic x, one a line, and answers each with a line.
func peerRole(args []string, lines *bufio.Scanner) error {
	p := &peerState{dir: shmpubsub.InDir(args[0]), in: args[0], lines: lines}
	for lines.Scan() {
		fmt.Println(p.do(strings.Fields(lines.Text())))
	}
	return nil
}

type peerState struct {
	dir        shmpubsub.Option
	in         string
	lines      *bufio.Scanner
	publisher  *shmpubsub.IntPublisher
	subscriber *shmpubsub.IntSubscriber
	sites      []string // reached since it was armed
	frames     frames
}

func (p *peerState) do(command []string) string {
	var number, second int
	if len(command) > 1 {
		_, _ = fmt.Sscan(strings.Join(command[1:], " "), &number, &second)
	}
	var err error
	switch command[0] {
	case "without":
		err = without(command[1])
	case "create":
		options := []shmpubsub.PublisherOption{p.dir}
		if command[len(command)-1] == "retain" {
			options = append(options, shmpubsub.WithRetain())
		}
		p.publisher, err = shmpubsub.NewIntPublisher("x", number, options...)
	case "create-text":
		_, err = createText(p.in, number, command[len(command)-1] == "retain")
	case "frames": // frames, command, number
		_, _ = fmt.Sscan(strings.Join(command[2:], " "), &number)
		return p.frames.do(p.dir, command[1], uint64(number))
	case "publish":
		err = p.publisher.Publish(int64(number))
	case "close":
		err = p.publisher.Close()
	case "remove":
		err = shmpubsub.Remove("x", p.dir)
	case "read":
		return p.read()
	case "publish-many":
		err = p.publisher.PublishMany([]int64{1, 2, 3})
	case "subscribe":
		p.subscriber, err = shmpubsub.NewIntSubscriber("x", -1, p.dir)
	case "receive":
		return p.receive(time.Duration(number) * time.Millisecond)
	case "select":
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(number)*time.Millisecond)
		defer cancel()
		_, err = shmpubsub.Select(ctx, p.subscriber)
	case "die":
		killpoint.Reached = func(site string) {
			if site == command[1] {
				die()
			}
		}
	case "arm":
		p.arm(number, second)
	case "watch":
		p.watch()
	case "sites":
		killpoint.Reached = nil
		return strings.Join(p.sites, " ")
	}
	switch {
	case errors.Is(err, shmpubsub.ErrExists):
		return "exists"
	case errors.Is(err, shmpubsub.ErrNoPublisher):
		return "none"
	case err != nil:
		return "error: " + err.Error()
	}
	return "ok"
}

// read returns what a new subscriber reads.
func (p *peerState) read() string {
	s, err := shmpubsub.NewIntSubscriber("x", -1, p.dir)
	if errors.Is(err, shmpubsub.ErrType) {
		return "another type"
	} else if err != nil {
		return "error: " + err.Error()
	}
	v, ok := s.Subscribe()
	if err := errors.Join(s.Err(), s.Close()); err != nil {
		return "error: " + err.Error()
	}
	return fmt.Sprint(v, ok)
}

// receive returns what its subscriber receives before the time is up.
func (p *peerState) receive(within time.Duration) string {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	v, err := p.subscriber.Recv(ctx)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(v)
}

// die ends this process like kill -9.
func die() {
	_ = unix.Kill(os.Getpid(), unix.SIGKILL)
	select {}
}

// arm makes this process stop at one of the points that it reaches from now on, until a command resumes it, and kill
// itself at another one, or the same. Point 0 is none.
func (p *peerState) arm(stop, kill int) {
	p.sites = nil
	killpoint.Reached = func(site string) {
		p.sites = append(p.sites, site)
		if len(p.sites) == stop {
			fmt.Println("stopped")
			p.lines.Scan()
		}
		if len(p.sites) == kill {
			die()
		}
	}
}

// watch makes this process report once that it waits for a lock: it has tried to get one twice in a row.
func (p *peerState) watch() {
	last := ""
	killpoint.Reached = func(site string) {
		if site == last && strings.HasPrefix(site, "segment/lock.go") {
			fmt.Println("waits")
			killpoint.Reached = nil
		}
		last = site
	}
}

// without takes something from this process that some machines lack.
func without(what string) error {
	switch what {
	case "unnamed-files":
		return segment.Filter(unix.SYS_OPENAT, unix.O_TMPFILE, unix.EOPNOTSUPP)
	case "fallocate":
		return segment.Filter(unix.SYS_FALLOCATE, 0, unix.EOPNOTSUPP)
	case "proc": // in a mount table of its own
		return unix.Mount("none", "/proc", "tmpfs", 0, "size=4k")
	}
	return fmt.Errorf("no way to be without %s", what)
}

// peer is the test's side of such a process.
type peer struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	answers chan string // closed at its end
	ended   time.Time   // when answers was closed
}

func startPeer(t *testing.T, dir string, without string) *peer {
	t.Helper()
	cmd := segment.Again(t, dir)
	cmd.Env = segment.ChildEnv(segment.RoleEnv + "=peer")
	cmd.Stderr = os.Stderr
	if without == "proc" {
		cmd.SysProcAttr = segment.OwnMounts()
	}
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	p := &peer{cmd: cmd, in: in, answers: make(chan string)}
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			p.answers <- lines.Text()
		}
		p.ended = time.Now()
		close(p.answers)
	}()
	t.Cleanup(p.end)
	if without != "" {
		require.Equal(t, "ok", p.ask(t, "without "+without))
	}
	return p
}

// end ends the process like kill -9, if it has not ended yet.
func (p *peer) end() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		for range p.answers { // Wait closes the pipe
			continue
		}
		_ = p.cmd.Wait()
	}
}

// deadline is far longer than anything here takes: nothing hangs.
const deadline = 20 * time.Second

// ask gives a command and returns the answer; "" if the process was killed.
func (p *peer) ask(t *testing.T, command string) string {
	t.Helper()
	p.say(t, command)
	return p.hear(t)
}

func (p *peer) say(t *testing.T, line string) {
	t.Helper()
	_, err := fmt.Fprintln(p.in, line)
	require.NoError(t, err)
}

func (p *peer) hear(t *testing.T) string {
	t.Helper()
	select {
	case answer, more := <-p.answers:
		if !more {
			_ = p.cmd.Wait()
			status := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
			require.Equal(t, unix.SIGKILL, status.Signal(), "it ended by itself: %v", p.cmd.ProcessState)
			return ""
		}
		return answer
	case <-time.After(deadline):
		require.FailNow(t, "it hangs")
		return ""
	}
}
