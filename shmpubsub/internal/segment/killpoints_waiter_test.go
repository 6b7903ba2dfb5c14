//go:build killpoints

package segment_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
	"shm_pub_sub/shmpubsub/internal/segment"
)

// waiters kills a process at each step of its wait, including giving up. It costs the publisher one empty wake, and
// nobody else a wake-up.
func (k *walk) waiters(t *testing.T) {
	t.Parallel()
	for _, site := range sourceSites(t) {
		if !strings.HasPrefix(site, "futex/") {
			continue
		}
		t.Run(site, func(t *testing.T) {
			t.Parallel()
			w := k.newWorld(t, scenario{found: found{rival}})
			witness := w.receives(t, w.old)
			require.Equal(t, int64(55), w.received(t, witness))
			witness = w.receives(t, w.old)
			w.waitsSomebody(t)

			victim := startPeer(t, w.dir, "")
			require.Equal(t, "ok", victim.ask(t, "subscribe"))
			require.Equal(t, "55", victim.ask(t, "receive 10000"))
			require.Equal(t, "ok", victim.ask(t, "die "+site))
			// Its slice ends, and then its context.
			if victim.ask(t, "receive 200") == "" || victim.ask(t, "select 200") == "" {
				k.note(site)
			}

			require.Empty(t, witness)
			require.NoError(t, w.rival.Publish(56))
			require.Equal(t, int64(56), w.received(t, witness))
			word := w.word(t)
			require.Zero(t, word&1, "nobody waits any more")
			require.NoError(t, w.rival.Publish(57))
			require.Equal(t, word, w.word(t))
			require.NoError(t, w.rival.Close())
		})
	}
}

// publishers kills a publisher at each step of a publish to a sleeping process, which receives published values by the
// end of its slice.
func (k *walk) publishers(t *testing.T) {
	t.Parallel()
	begin := func(t *testing.T, kill int) (*world, chan int64) {
		w := k.newWorld(t, scenario{before: []string{"create 3"}})
		w.victim, w.successor = startPeer(t, w.dir, ""), startPeer(t, w.dir, "")
		require.Equal(t, "ok", w.victim.ask(t, "create 3"))
		waiter := w.receives(t, w.old)
		w.waitsSomebody(t)
		require.Equal(t, "ok", w.victim.ask(t, fmt.Sprint("arm 0 ", kill)))
		return w, waiter
	}
	w, waiter := begin(t, 0)
	require.Equal(t, "ok", w.victim.ask(t, "publish 1"))
	require.Equal(t, int64(1), w.received(t, waiter))
	sites := strings.Fields(w.victim.ask(t, "sites"))
	require.Len(t, sites, 7, "five stores, the word and the wake")
	require.Equal(t, "ok", w.victim.ask(t, "close"))
	for i, site := range sites {
		t.Run(fmt.Sprintf("%d %s", i+1, site), func(t *testing.T) {
			t.Parallel()
			w, waiter := begin(t, i+1)
			require.Empty(t, w.victim.ask(t, "publish 1"))
			k.note(site)
			info, err := shmpubsub.Inspect("x", w.in)
			require.NoError(t, err)
			if info.Published == 1 {
				require.Equal(t, int64(1), w.received(t, waiter))
				require.Less(t, time.Since(w.victim.ended), promised+slack)
				waiter = w.receives(t, w.old)
			}
			require.Equal(t, "ok", w.successor.ask(t, "create 2"))
			require.Equal(t, "ok", w.successor.ask(t, "publish 77"))
			require.Equal(t, int64(77), w.received(t, waiter))
			require.Zero(t, w.old.Lost())
			require.Equal(t, "ok", w.successor.ask(t, "close"))
		})
	}
}

// receives makes a subscriber wait for a value.
func (w *world) receives(t *testing.T, s *shmpubsub.IntSubscriber) chan int64 {
	t.Helper()
	done := make(chan int64, 1)
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	t.Cleanup(cancel)
	go func() {
		v, err := s.Recv(ctx)
		assert.NoError(t, err)
		done <- v
	}()
	return done
}

func (w *world) received(t *testing.T, done chan int64) int64 {
	t.Helper()
	select {
	case v := <-done:
		return v
	case <-time.After(deadline):
		require.FailNow(t, "it sleeps on")
		return 0
	}
}

func (w *world) waitsSomebody(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool { return w.word(t)&1 != 0 }, deadline, time.Millisecond)
}

// word returns the topic's wait word.
func (w *world) word(t *testing.T) uint32 {
	t.Helper()
	content, err := os.ReadFile(w.path(t))
	require.NoError(t, err)
	return binary.LittleEndian.Uint32(content[segment.WaitOffset:])
}
