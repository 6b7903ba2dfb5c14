//go:build killpoints

package segment_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub"
	"shm_pub_sub/shmpubsub/internal/descriptor"
	"shm_pub_sub/shmpubsub/internal/page"
	"shm_pub_sub/shmpubsub/internal/ring"
	"shm_pub_sub/shmpubsub/internal/segment"
)

// scenario is something that a process, the victim, does to topic x, and what it finds there.
type scenario struct {
	name    string
	without string // what the machine lacks, for peerState
	pages   int    // of a separate file system; 0: the common one
	found   []func(*testing.T, *world)
	before  []string // what the victim does before,
	waits   bool     // with somebody waiting then,
	act     []string // and what it is killed in
	// meanwhile happens between the victim's first point and the others, and makes it report exists.
	meanwhile func(*testing.T, *world)
	contended bool // another publisher comes, and must wait if the victim holds the take-over lock

	// may reports what can be read, besides nothing, after the victim has done that many of its actions.
	may func(done int) []string
	// mortal says that at the end nothing can be read: no value is retained.
	mortal bool
	// counted says that its values are 1, 2, 3, ...
	counted bool
}

const nothing = "-1 false"

func always(reads ...string) func(int) []string { return func(int) []string { return reads } }

// published says that the readable value is the last one whose publish returned, or the next.
func published(done int) []string {
	return []string{reading(done), reading(done + 1)}
}

func reading(value int) string {
	if value == 0 {
		return nothing
	}
	return fmt.Sprint(value, true)
}

type found = []func(*testing.T, *world)

var (
	publishing = []string{"publish 1", "publish 2", "publish 3"}
	never      = always()
)

var scenarios = []scenario{
	{name: "create", act: []string{"create 3"}, may: never, mortal: true},
	{name: "create retaining", act: []string{"create 3 retain"}, may: always(nothing)},
	{name: "create over garbage", found: found{garbage}, act: []string{"create 3"}, may: never, mortal: true},
	{name: "take over", found: found{dead}, act: []string{"create 3"}, may: never, mortal: true},
	{name: "take over with a waiter", found: found{dead, waiter}, act: []string{"create 3"}, may: never, mortal: true},
	{name: "take over after a crashed take-over", found: found{dead, debris}, act: []string{"create 3"}, may: never, mortal: true},
	{name: "take over what is retained", found: found{retained}, act: []string{"create 3 retain"}, may: always("41 true")},
	// It is lost with a publisher that does not retain.
	{name: "take over and drop what is retained", found: found{retained}, act: []string{"create 3"}, may: always("41 true", nothing)},
	{name: "take over what is retained of another type", found: found{retainedFloat}, act: []string{"create 3"}, may: never, mortal: true},

	{name: "create with chunks", found: found{text}, act: []string{"create-text 3"}, may: never, mortal: true},
	{name: "take over with chunks", found: found{dead, text}, act: []string{"create-text 3"}, may: never, mortal: true},
	{name: "take over what is retained in a chunk", found: found{retainedText}, act: []string{"create-text 3 retain"}, may: never, mortal: true},

	{name: "make room", pages: 7, found: found{deadAndLarge, debris}, act: []string{"create 3"}, may: never, mortal: true},
	{name: "make room beside what is retained", pages: 7, found: found{retained, debris}, act: []string{"create 3 retain"}, may: always("41 true")},
	{name: "create without fallocate", without: "fallocate", act: []string{"create 5000"}, may: never, mortal: true},
	{name: "create without unnamed files", without: "unnamed-files", found: found{oldDraft}, act: []string{"create 3"}, may: never, mortal: true},
	{name: "take over without unnamed files", without: "unnamed-files", found: found{dead, debris}, act: []string{"create 3"}, may: never, mortal: true},
	{name: "take over what is retained without unnamed files", without: "unnamed-files", found: found{retained}, act: []string{"create 3 retain"}, may: always("41 true")},
	{name: "create without /proc", without: "proc", act: []string{"create 3"}, may: never, mortal: true},
	{name: "take over without /proc", without: "proc", found: found{dead, waiter}, act: []string{"create 3"}, may: never, mortal: true},

	{name: "be late", act: []string{"create 3"}, meanwhile: rival, may: never, mortal: true},
	{name: "be late to take over", found: found{dead}, act: []string{"create 3"}, meanwhile: rival, may: never, mortal: true},
	{name: "be late without unnamed files", without: "unnamed-files", act: []string{"create 3"}, meanwhile: rival, may: never, mortal: true},

	{name: "publish, depth 1", before: []string{"create 1"}, waits: true, act: publishing, may: published, mortal: true, counted: true},
	{name: "publish, depth 3", before: []string{"create 3"}, act: append(publishing, "publish 4", "publish 5"), may: published, mortal: true, counted: true},
	{name: "publish retaining, depth 1", before: []string{"create 1 retain"}, act: publishing, may: published, counted: true},
	{name: "publish retaining, depth 3", before: []string{"create 3 retain"}, waits: true, act: append(publishing, "publish 4", "publish 5"), may: published, counted: true},

	{name: "publish many", before: []string{"create 2"}, waits: true, act: []string{"publish-many"}, may: always(nothing, "1 true", "2 true", "3 true"), mortal: true},

	{name: "close", before: []string{"create 3", "publish 1"}, act: []string{"close"}, may: always("1 true"), mortal: true},
	{name: "close with a waiter", before: []string{"create 1", "publish 1"}, waits: true, act: []string{"close"}, may: always("1 true"), mortal: true},
	{name: "close what is retained", before: []string{"create 3 retain", "publish 1"}, waits: true, act: []string{"close"}, may: always("1 true")},

	{name: "remove", found: found{dead, debris, waiter}, act: []string{"remove"}, may: never, mortal: true},
	{name: "remove what is retained", found: found{retained}, act: []string{"remove"}, may: always("41 true", nothing)},
	{name: "remove garbage", found: found{garbage}, act: []string{"remove"}, may: never, mortal: true},

	{name: "contend for a dead topic", contended: true, found: found{dead, waiter}, act: []string{"create 3"}, may: never, mortal: true},
	{name: "contend for a retained topic", contended: true, found: found{retained}, act: []string{"create 3 retain"}, may: always("41 true")},
	{name: "contend without unnamed files", contended: true, without: "unnamed-files", found: found{dead}, act: []string{"create 3"}, may: never, mortal: true},
	{name: "contend as a remover", contended: true, found: found{dead, debris}, act: []string{"remove"}, may: never, mortal: true},
}

func dead(t *testing.T, w *world)         { w.leave(t, 3) }
func deadAndLarge(t *testing.T, w *world) { w.leave(t, 200) }
func retained(t *testing.T, w *world)     { w.leave(t, 3, shmpubsub.WithRetain()) }

// leave leaves the topic of a killed publisher of value 41, to which the old subscriber was attached.
func (w *world) leave(t *testing.T, depth int, options ...shmpubsub.PublisherOption) {
	p, err := shmpubsub.NewIntPublisher("x", depth, append(options, w.in)...)
	require.NoError(t, err)
	require.NoError(t, p.Publish(41))
	if w.pages > 0 {
		w.abandon(t, p)
		return // a subscriber's mapping would keep the space
	}
	require.Equal(t, "41 true", w.read(t, w.old))
	w.abandon(t, p)
	if len(options) == 0 {
		require.Eventually(t, func() bool { return w.read(t, w.old) == nothing }, deadline, time.Millisecond)
	}
}

func retainedFloat(t *testing.T, w *world) {
	p, err := shmpubsub.NewFloatPublisher("x", 3, shmpubsub.WithRetain(), w.in)
	require.NoError(t, err)
	require.NoError(t, p.Publish(1.5))
	w.abandon(t, p)
	w.foreign = shmpubsub.ErrType
	w.float, err = shmpubsub.NewFloatSubscriber("x", -1, w.in)
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.float.Close() })
}

// text says that the victim's topic has text.
func text(_ *testing.T, w *world) { w.foreign = shmpubsub.ErrType }

// retainedText is a text, which stays readable until a publisher of numbers comes.
func retainedText(t *testing.T, w *world) {
	text(t, w)
	w.text = "robot"
	o, err := createText(w.dir, 3, true)
	require.NoError(t, err)
	copy(o.Pool()[2*o.ChunkStride+segment.ChunkPayload:], w.text)
	writer := ring.NewWriter(o.Ring())
	writer.Write([]uint64{2, uint64(len(w.text))}, 1)
	require.NoError(t, o.Close())
}

// textMetadata is what every topic of text has, of the victim or of an earlier publisher.
const textMetadata = `{"unit":"words"}`

func createText(dir string, depth int, retain bool) (*segment.Owned, error) {
	typ, err := descriptor.Parse([]byte(`{"kind":"text","max":100}`))
	if err != nil {
		return nil, err
	}
	return segment.Create(segment.Spec{
		Dir: dir, Topic: "x", Type: typ, Depth: depth, Views: 2, Loans: 1, Mode: 0o600, Retain: retain, Metadata: textMetadata,
	})
}

// requireText checks that a new subscriber reads the retained text.
func (w *world) requireText(t *testing.T) {
	t.Helper()
	v, err := segment.Attach(w.dir, "x", descriptor.Any, segment.Trust{})
	require.NoError(t, err)
	defer v.Close()
	require.Equal(t, textMetadata, v.Metadata())
	var slot [2]uint64
	r := v.Ring()
	sample, sound := r.Newest(slot[:])
	require.True(t, sound)
	require.NotZero(t, sample.Sequence)
	value := v.Pool()[slot[0]*v.ChunkStride+segment.ChunkPayload:][:slot[1]]
	require.Equal(t, w.text, string(value))
}

// abandon ends a publisher of this process like a kill -9: the lock goes, the file stays.
func (w *world) abandon(t *testing.T, p interface {
	Mapping() (shmpubsub.Mapping, error)
}) {
	m, err := p.Mapping()
	require.NoError(t, err)
	for at, size := range map[uintptr]uint64{m.Page: page.Size(), m.Address: m.Size} {
		_, _, errno := unix.Syscall(unix.SYS_MUNMAP, at, uintptr(size), 0)
		require.Zero(t, errno)
	}
	lock := unix.Flock_t{Type: unix.F_UNLCK, Len: 1} // the owner's: a child that is being started shares it
	require.NoError(t, unix.FcntlFlock(uintptr(m.FD), unix.F_OFD_SETLK, &lock))
	require.NoError(t, unix.Close(m.FD))
}

func garbage(t *testing.T, w *world) {
	w.foreign = shmpubsub.ErrLayout
	require.NoError(t, os.WriteFile(w.path(t), []byte("garbage"), 0o600))
}

// debris is what a take-over leaves if it is killed before rename(2).
func debris(t *testing.T, w *world) {
	require.NoError(t, os.WriteFile(segment.SuccessorOf(w.path(t)), make([]byte, 16384), 0o600))
}

// oldDraft is what a creator leaves that is killed on a file system without unnamed files.
func oldDraft(t *testing.T, w *world) {
	draft := filepath.Join(w.dir, segment.DraftPrefix+"#OLD")
	require.NoError(t, os.WriteFile(draft, nil, 0o600))
	w.age(t, draft)
}

// age makes a file older than any draft in use.
func (w *world) age(t *testing.T, path string) {
	require.NoError(t, os.Chtimes(path, time.Time{}, time.Now().Add(-2*segment.DraftAge)))
}

// waiter sets the waiting bit in the topic's wait word.
func waiter(t *testing.T, w *world) {
	f, err := os.OpenFile(w.path(t), os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteAt(binary.LittleEndian.AppendUint32(nil, 1), segment.WaitOffset)
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

// rival takes the topic, and lives.
func rival(t *testing.T, w *world) {
	p, err := shmpubsub.NewIntPublisher("x", 3, w.in)
	require.NoError(t, err)
	require.NoError(t, p.Publish(55))
	w.rival = p
}
