package shmpubsub_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
)

// letRead lets a process that gave up writing read a topic.
func letRead(t *testing.T, topic string) {
	t.Helper()
	require.NoError(t, os.Chmod(os.Getenv(shmpubsub.DirEnv), 0o755))
	mode := os.FileMode(0o644) // to be read by nobody, but root's
	if os.Geteuid() != 0 {
		mode = 0o400
	}
	require.NoError(t, os.Chmod(fileOf(topic), mode))
}

// borrowOnDemand borrows a frame at each line of its input, until the next line, and prints its number in the beginning and
// at the end; then those of all frames that it has not received yet.
func borrowOnDemand(args []string) error {
	if err := giveUpWriting(args[1:]); err != nil {
		return err
	}
	s, err := shmpubsub.NewSubscriber(args[0], frame{})
	if err != nil {
		return err
	}
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if !s.Borrow(func(f *frame) {
			fmt.Println(f[0])
			lines.Scan()
			fmt.Println(f[0], *f == *frameOf(f[0]))
		}) {
			return fmt.Errorf("nothing to borrow: %w", s.Err())
		}
		for s.Err() == nil {
			var f frame
			ended, cancel := context.WithCancel(context.Background())
			cancel()
			if s.RecvInto(ended, &f) != nil {
				break
			}
			fmt.Println(f[0], f == *frameOf(f[0]))
		}
		fmt.Println("none left")
	}
	return s.Close()
}

// Values that another user publishes for everybody to read: there is nothing to pin them with.
func TestBorrow_CopiesWithoutThePermissionToWrite(t *testing.T) {
	domain(t)
	p := framePublisher(t, "x", 3)
	letRead(t, "x")
	require.NoError(t, p.Publish(*frameOf(1)))
	child := spawn(t, "borrow", "x", "read only")
	ask := func() {
		t.Helper()
		_, err := io.WriteString(child.in, "\n")
		require.NoError(t, err)
	}
	ask()
	require.Equal(t, "1", child.hear(t))
	for n := range uint64(9) {
		require.NoError(t, p.Publish(*frameOf(n + 2)))
	}
	before, err := os.ReadFile(fileOf("x"))
	require.NoError(t, err)
	require.Equal(t, make([]byte, 4096), before[:4096], "page 0")
	ask()
	for _, want := range []string{"1 true", "8 true", "9 true", "10 true", "none left"} {
		require.Equal(t, want, child.hear(t))
	}
	child.end(t)
}
