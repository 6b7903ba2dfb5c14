//go:build killpoints

package segment_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub"
	"shm_pub_sub/shmpubsub/internal/segment"
)

// world is one run of a scenario, in its own directory.
type world struct {
	scenario
	walk      *walk
	dir       string
	in        shmpubsub.Option
	old       *shmpubsub.IntSubscriber   // made first
	float     *shmpubsub.FloatSubscriber // of a topic of floats, if there was one
	text      string                     // what a new subscriber of text reads while the topic has text; "": not asked
	foreign   error                      // why the original file cannot be read as a topic of ints
	victim    *peer
	rival     *shmpubsub.IntPublisher // another publisher, which lives
	successor *peer                   // the next publisher
	came      bool                    // it is that already
	removed   bool                    // before it comes, what is left is removed
}

func (k *walk) newWorld(t *testing.T, s scenario) *world {
	t.Helper()
	dir, err := os.MkdirTemp(segment.Domain(t), "")
	require.NoError(t, err)
	w := &world{scenario: s, walk: k, dir: dir, in: shmpubsub.InDir(dir)}
	t.Cleanup(func() {
		k.skip(t.Skipped())
		assert.NoError(t, os.RemoveAll(dir))
	})
	if s.pages > 0 {
		segment.Mount(t, dir, fmt.Sprintf("size=%dk", 4*s.pages), 0)
		t.Cleanup(func() { assert.NoError(t, unix.Unmount(dir, unix.MNT_DETACH)) })
	}
	w.old, err = shmpubsub.NewIntSubscriber("x", -1, w.in)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, w.old.Close()) })
	for _, leave := range s.found {
		leave(t, w)
	}
	return w
}

func (k *walk) skip(skipped bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.skipped = k.skipped || skipped
}

func (w *world) path(t *testing.T) string {
	t.Helper()
	file, err := segment.FileName("x")
	require.NoError(t, err)
	return filepath.Join(w.dir, file)
}

// start brings the victim to the beginning of the scenario.
func (w *world) start(t *testing.T, stop, kill int) {
	t.Helper()
	w.victim, w.successor = startPeer(t, w.dir, w.without), startPeer(t, w.dir, w.without)
	for _, command := range w.before {
		require.Equal(t, "ok", w.victim.ask(t, command), command)
	}
	if w.waits {
		waiter(t, w)
	}
	require.Equal(t, "ok", w.victim.ask(t, fmt.Sprint("arm ", stop, " ", kill)))
	w.read(t, w.old) // it will not ask after the publisher for as long as it may
}

// kill has the victim act until it is killed, and returns how many of its actions it has ended.
func (w *world) kill(t *testing.T, stop, kill int, meanwhile func()) (done int) {
	t.Helper()
	w.start(t, stop, kill)
	for _, command := range w.act {
		answer := w.victim.ask(t, command)
		if answer == "stopped" {
			meanwhile()
			answer = w.victim.ask(t, "go on")
		}
		if answer == "" {
			return done
		}
		require.Equal(t, "ok", answer, command)
		done++
	}
	require.FailNow(t, "it did not come to the point")
	return done
}

// verify checks all guarantees after the victim's death, after done of its actions.
func (w *world) verify(t *testing.T, done int) {
	t.Helper()
	next := w.successor
	if w.rival != nil {
		require.Equal(t, "55 true", w.read(t, w.old))
		require.Equal(t, "55 true", next.ask(t, "read"))
		require.NoError(t, w.rival.Close())
		require.NoFileExists(t, w.path(t))
	}
	now := w.settle(t, done)
	if w.counted {
		w.checkCount(t, now, done)
	}
	if w.removed {
		now = w.remove(t)
	}
	if !w.came {
		require.Equal(t, "ok", next.ask(t, "create 2"))
	}
	w.requireRead(t, next, now)
	require.Equal(t, "ok", next.ask(t, "publish 77"))
	w.follow(t, now, "77 true")
	w.requireRead(t, next, "77 true")
	require.Equal(t, "ok", next.ask(t, "close"))
	w.requireRead(t, next, nothing)
	w.requireNothingLeft(t)
}

const (
	promised = 100 * time.Millisecond // until a death shows
	slack    = 2 * time.Second        // on a machine that has much else to do
)

// settle waits until the victim's death has shown, and returns what is read from then on.
func (w *world) settle(t *testing.T, done int) string {
	t.Helper()
	may := w.may(done)
	for {
		asked := time.Now()
		before, late := w.read(t, w.old), w.lateRead(t)
		if w.mortal {
			require.Contains(t, append(may, nothing), before)
			require.Equal(t, nothing, late, "it is dead")
		} else {
			require.Contains(t, may, before)
			require.Contains(t, may, late)
		}
		if before == late {
			w.walk.took(time.Since(w.victim.ended))
			return before
		}
		require.Less(t, asked.Sub(w.victim.ended), promised+slack, "%s is read, and %s by a new subscriber", before, late)
		time.Sleep(time.Millisecond)
	}
}

// follow waits until the old subscriber reads what was published. That is at once, unless a take-over
// was killed before it could retire the file, with a retained value, that the subscriber has.
func (w *world) follow(t *testing.T, now, next string) {
	t.Helper()
	for {
		asked := time.Now()
		if v := w.read(t, w.old); v == next {
			return
		} else {
			require.Equal(t, now, v)
		}
		require.NotEqual(t, nothing, now, "there is no other file to read from")
		require.Less(t, asked.Sub(w.victim.ended), promised+slack)
		time.Sleep(time.Millisecond)
	}
}

func (k *walk) took(d time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.worst = max(k.worst, d)
}

// lateRead returns what a subscriber that is made now reads.
func (w *world) lateRead(t *testing.T) string {
	t.Helper()
	s, err := shmpubsub.NewIntSubscriber("x", -1, w.in)
	if w.foreign != nil && errors.Is(err, w.foreign) {
		if w.text != "" {
			w.requireText(t)
		}
		if w.float != nil {
			v, ok := w.float.Subscribe()
			require.Equal(t, "1.5 true", fmt.Sprint(v, ok))
		}
		return nothing
	}
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	return w.read(t, s)
}

// read returns what a subscriber reads, "5 true".
func (w *world) read(t *testing.T, s *shmpubsub.IntSubscriber) string {
	t.Helper()
	v, ok := s.Subscribe()
	if err := s.Err(); err != nil {
		require.ErrorIs(t, err, w.foreign)
	}
	return fmt.Sprint(v, ok)
}

// requireRead checks what is read by the old subscriber, and by one of another process that is made now.
func (w *world) requireRead(t *testing.T, next *peer, want string) {
	t.Helper()
	require.Equal(t, want, w.read(t, w.old))
	require.Equal(t, want, next.ask(t, "read"))
}

// checkCount checks that the head names the last whole value, in the dead publisher's file too.
func (w *world) checkCount(t *testing.T, now string, done int) {
	t.Helper()
	info, err := shmpubsub.Inspect("x", w.in)
	require.NoError(t, err)
	require.Contains(t, []int{done, done + 1}, int(info.Published))
	if !w.mortal {
		require.Equal(t, reading(int(info.Published)), now)
	}
}

// remove removes what the victim left, and checks that this is all of it.
func (w *world) remove(t *testing.T) string {
	t.Helper()
	want := "none"
	if _, err := os.Lstat(w.path(t)); err == nil {
		want = "ok"
	}
	require.Equal(t, want, w.successor.ask(t, "remove"))
	w.follow(t, w.read(t, w.old), nothing)
	require.Subset(t, w.drafts(t), segment.Names(t, w.dir))
	return nothing
}

// requireNothingLeft checks that the directory is empty, but for a draft that had to have a name and may
// be at work for all that others know; and that the next creator clears it away when it is old.
func (w *world) requireNothingLeft(t *testing.T) {
	t.Helper()
	drafts := w.drafts(t)
	require.Equal(t, drafts, segment.Names(t, w.dir))
	if drafts == nil {
		return
	}
	require.Contains(t, []string{"unnamed-files", "proc"}, w.without)
	require.Len(t, drafts, 1)
	w.age(t, filepath.Join(w.dir, drafts[0]))
	require.Equal(t, "ok", w.successor.ask(t, "create 2"))
	require.Equal(t, "ok", w.successor.ask(t, "close"))
	require.Empty(t, segment.Names(t, w.dir))
}

func (w *world) drafts(t *testing.T) (drafts []string) {
	t.Helper()
	for _, name := range segment.Names(t, w.dir) {
		if strings.HasPrefix(name, segment.DraftPrefix+"#") {
			drafts = append(drafts, name)
		}
	}
	return drafts
}
