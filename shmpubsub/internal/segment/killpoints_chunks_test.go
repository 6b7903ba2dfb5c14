//go:build killpoints

package segment_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
	"shm_pub_sub/shmpubsub/internal/segment"
)

// frame is large enough for a chunk; each of its words is the same number.
type frame [100]uint64

func frameOf(n uint64) (f frame) {
	for i := range f {
		f[i] = n
	}
	return f
}

// text returns what a whole frame's words are.
func (f *frame) text() string {
	for _, word := range f {
		if word != f[0] {
			return "torn"
		}
	}
	return fmt.Sprint(f[0])
}

// frames is a peer's topic with chunks.
type frames struct {
	publisher  *shmpubsub.Publisher[frame]
	subscriber *shmpubsub.Subscriber[frame]
}

func (p *frames) do(dir shmpubsub.Option, command string, n uint64) string {
	var err error
	answer := "ok"
	dropped := errors.New("dropped")
	switch command {
	case "create":
		p.publisher, err = shmpubsub.NewPublisher[frame]("x", int(n), dir, shmpubsub.WithLoans(2))
	case "publish":
		err = p.publisher.Publish(frameOf(n))
	case "lend": // the older loan is published last
		err = p.publisher.Loan(func(f *frame) error {
			*f = frameOf(n + 1)
			return p.publisher.Publish(frameOf(n))
		})
	case "drop":
		if err = p.publisher.Loan(func(f *frame) error { f[0] = 99; return dropped }); errors.Is(err, dropped) {
			err = nil
		}
	case "subscribe":
		p.subscriber, err = shmpubsub.NewSubscriber("x", frame{}, dir)
	case "read":
		var f frame
		if p.subscriber.SubscribeInto(&f) {
			answer = f.text()
		}
	case "borrow":
		p.subscriber.Borrow(func(f *frame) { answer = f.text() })
	case "close":
		err = p.subscriber.Close()
	}
	if err != nil {
		return "error: " + err.Error()
	}
	return answer
}

// chunksScenario is what a victim does to a topic of frames, whose newest value is 0 at first.
type chunksScenario struct {
	name   string
	before []string // what it does before,
	act    []string // and what it is killed in
	writes bool     // it is the publisher
	corpse bool     // another reader was killed in the middle of a read
}

var chunksScenarios = []chunksScenario{
	{name: "publish, depth 1", writes: true, before: []string{"create 1", "publish 0"}, act: []string{"publish 1", "publish 2", "lend 3", "drop", "publish 5", "publish 6"}},
	{name: "publish, depth 2", writes: true, before: []string{"create 2", "publish 0"}, act: []string{"publish 1", "lend 2", "publish 4"}},
	{name: "read", before: []string{"subscribe"}, act: []string{"read", "borrow", "read", "close"}},
	{name: "read after a reader's death", corpse: true, before: []string{"subscribe"}, act: []string{"borrow", "read", "close"}},
}

// chunks kills publishers and readers of chunks at each step: values that others hold stay, others are whole, and no pin of
// the dead is left.
func (k *walk) chunks(t *testing.T) {
	t.Parallel()
	for _, s := range chunksScenarios {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			sites := k.killChunks(t, s, 0)
			require.NotEmpty(t, sites)
			for i, site := range sites {
				t.Run(fmt.Sprintf("%d %s", i+1, site), func(t *testing.T) {
					t.Parallel()
					k.killChunks(t, s, i+1)
					k.note(site)
				})
			}
		})
	}
}

// killChunks runs a scenario, in which the victim is killed at a point; 0: at its end, and its points are returned.
func (k *walk) killChunks(t *testing.T, s chunksScenario, kill int) (sites []string) {
	dir, err := os.MkdirTemp(segment.Domain(t), "")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	in := shmpubsub.InDir(dir)
	create := func(depth int, options ...shmpubsub.PublisherOption) *shmpubsub.Publisher[frame] {
		p, err := shmpubsub.NewPublisher[frame]("x", depth, append(options, in)...)
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, p.Close()) })
		return p
	}
	victim := startPeer(t, dir, "")
	say := func(p *peer, command string) string { return p.ask(t, "frames "+command) }
	var own *shmpubsub.Publisher[frame]
	if !s.writes {
		own = create(1, shmpubsub.WithViews(1))
		require.NoError(t, own.Publish(frameOf(0)))
	}
	if s.corpse {
		for range 2 { // both entries
			corpse := startPeer(t, dir, "")
			require.Equal(t, "ok", say(corpse, "subscribe"))
			require.Equal(t, "ok", corpse.ask(t, "die "+claimSite(t)))
			require.Empty(t, say(corpse, "read"))
		}
		require.Equal(t, 2, pinned(t, dir, 2))
	}
	for _, command := range s.before {
		require.Equal(t, "ok", say(victim, command))
	}
	reader, err := shmpubsub.NewSubscriber("x", frame{}, in)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, reader.Close()) })

	act := func() (done int) {
		require.Equal(t, "ok", victim.ask(t, fmt.Sprint("arm 0 ", kill)))
		for _, command := range s.act {
			answer := say(victim, command)
			if answer == "" {
				return done
			}
			require.Contains(t, []string{"ok", "0"}, answer, command)
			done++
		}
		sites = strings.Fields(victim.ask(t, "sites"))
		victim.end()
		return done
	}
	if s.writes {
		require.True(t, reader.Borrow(func(held *frame) {
			act()
			require.Equal(t, "0", held.text())
			own = create(1)
			for n := range uint64(5) {
				require.NoError(t, own.Publish(frameOf(70+n)))
				requireFrame(t, reader, 70+n)
			}
			require.Equal(t, "0", held.text())
		}))
		return sites
	}
	act()
	for n := range uint64(5) {
		require.NoError(t, own.Publish(frameOf(70+n)))
		require.True(t, reader.Borrow(func(f *frame) { // it needs both entries, and so sweeps what the dead left
			requireFrame(t, reader, 70+n)
			require.Equal(t, fmt.Sprint(70+n), f.text())
		}))
	}
	require.Zero(t, pinned(t, dir, 2))
	return sites
}

func requireFrame(t *testing.T, s *shmpubsub.Subscriber[frame], n uint64) {
	t.Helper()
	var f frame
	require.True(t, s.SubscribeInto(&f))
	require.Equal(t, fmt.Sprint(n), f.text())
}

// claimSite is the point after a reader has claimed an entry, the first in its file.
func claimSite(t *testing.T) string {
	t.Helper()
	for _, site := range sourceSites(t) {
		if strings.HasPrefix(site, "pool/pins.go:") {
			return site
		}
	}
	require.Fail(t, "no such point")
	return ""
}

// pinned returns how many of a topic's pins are taken.
func pinned(t *testing.T, dir string, entries int) (taken int) {
	t.Helper()
	file, err := segment.FileName("x")
	require.NoError(t, err)
	f, err := os.Open(filepath.Join(dir, file))
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	table := make([]byte, 8*entries)
	_, err = f.ReadAt(table, segment.PinsOffset)
	require.NoError(t, err)
	for i := range entries {
		if binary.LittleEndian.Uint64(table[8*i:]) != 0 {
			taken++
		}
	}
	return taken
}
