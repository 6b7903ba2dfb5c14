//go:build killpoints

package segment_test

import (
	"bufio"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
	"shm_pub_sub/shmpubsub/internal/segment"
)

// walk is what was done so far.
type walk struct {
	mu      sync.Mutex
	kills   int
	sites   map[string]bool // killed at
	worst   time.Duration   // until a death was noticed
	skipped bool            // a scenario that this machine does not allow
}

// Each scenario runs once to count its points, and then twice for each of them, with its victim killed there: once a
// publisher comes next, once the remains are removed first.
func TestKillPoints_EveryStepCanBeTheLast(t *testing.T) {
	if ranWithOwnMounts(t) {
		return
	}
	start := time.Now()
	k := &walk{sites: map[string]bool{}}
	passed := t.Run("scenario", func(t *testing.T) {
		for _, s := range scenarios {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				if s.contended {
					k.contended(t, s)
				} else {
					k.alone(t, s)
				}
			})
		}
		t.Run("chunks", k.chunks)
		t.Run("wait", k.waiters)
		t.Run("publish to a waiter", k.publishers)
	})
	fmt.Printf("kill points: %d in the source, %d scenarios, %d kills, %.1f s; a death showed after %.3f s at worst\n",
		len(k.sites), len(scenarios), k.kills, time.Since(start).Seconds(), k.worst.Seconds())
	if !passed {
		return
	}
	if k.skipped {
		t.Skip("some scenarios could not run, so that nothing can be said of points that none reached")
	}
	assert.ElementsMatch(t, sourceSites(t), sitesOf(k.sites), "points in the source, and points that were the last of a process")
}

// ranWithOwnMounts goes on in a process that may mount file systems, if the machine allows it.
func ranWithOwnMounts(t *testing.T) bool {
	if os.Getenv(segment.DomainEnv) != "" {
		return false
	}
	// Most of the time is spent waiting for 0.1 s to pass.
	cmd := segment.Again(t, "-test.run=^"+t.Name()+"$", "-test.timeout=300s", "-test.parallel=16")
	cmd.Env = segment.ChildEnv(segment.DomainEnv + "=" + segment.Domain(t))
	cmd.SysProcAttr = segment.OwnMounts()
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Logf("no process with mounts of its own: %v", err)
		return false
	}
	require.NoError(t, cmd.Wait())
	return true
}

func (k *walk) alone(t *testing.T, s scenario) {
	stop := 0
	if s.meanwhile != nil {
		stop = 1
	}
	sites := k.count(t, s, stop)
	for i, site := range sites {
		for _, removed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d %s, removed=%t", i+1, site, removed), func(t *testing.T) {
				t.Parallel()
				w := k.newWorld(t, s)
				done := w.kill(t, stop, i+1, func() { s.meanwhile(t, w) })
				k.note(site)
				w.removed = removed
				w.verify(t, done)
			})
		}
	}
}

// contended starts another publisher while the victim is at a point: at the one where it is killed, and then at the first
// one at which the other must wait for it, with the victim killed at each later one.
func (k *walk) contended(t *testing.T, s scenario) {
	sites := k.count(t, s, 0)
	holding := len(sites) + 1
	var mu sync.Mutex
	run := func(t *testing.T, stop, at int) {
		t.Parallel()
		w := k.newWorld(t, s)
		answer := ""
		done := w.kill(t, stop, at, func() {
			require.Equal(t, "ok", w.successor.ask(t, "watch"))
			info, err := shmpubsub.Inspect("x", w.in)
			w.successor.say(t, "create 2")
			answer = w.successor.hear(t)
			if answer == "waits" {
				mu.Lock()
				holding = min(holding, stop)
				mu.Unlock()
			}
			if err == nil && info.Alive {
				require.Equal(t, "exists", answer, "the victim has it")
			}
		})
		k.note(sites[at-1])
		if answer == "waits" {
			answer = w.successor.hear(t)
		}
		if answer != "ok" { // the victim was its live publisher, or stopped for longer than one waits
			require.Regexp(t, "^exists$|has been replacing it for a second", answer)
			require.Equal(t, "ok", w.successor.ask(t, "create 2"))
		}
		w.came = true
		w.verify(t, done)
	}
	t.Run("stopped and killed", func(t *testing.T) {
		for i, site := range sites {
			t.Run(fmt.Sprintf("%d %s", i+1, site), func(t *testing.T) { run(t, i+1, i+1) })
		}
	})
	require.Less(t, holding, len(sites), "nobody had to wait")
	for i := holding; i < len(sites); i++ {
		t.Run(fmt.Sprintf("stopped at %d, killed at %d %s", holding, i+1, sites[i]), func(t *testing.T) { run(t, holding, i+1) })
	}
}

// count returns the points of a scenario, in order, and checks what remains if its victim is killed after the last.
func (k *walk) count(t *testing.T, s scenario, stop int) []string {
	w := k.newWorld(t, s)
	w.start(t, stop, 0)
	for _, command := range s.act {
		answer := w.victim.ask(t, command)
		if answer == "stopped" {
			s.meanwhile(t, w)
			answer = w.victim.ask(t, "go on")
			require.Equal(t, "exists", answer)
			continue
		}
		require.Equal(t, "ok", answer, command)
	}
	sites := strings.Fields(w.victim.ask(t, "sites"))
	require.NotEmpty(t, sites, "it reaches no point")
	w.victim.end()
	w.verify(t, len(s.act))
	return sites
}

func (k *walk) note(site string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.kills++
	k.sites[site] = true
}

func sitesOf(sites map[string]bool) (all []string) {
	for site := range sites {
		all = append(all, site)
	}
	return all
}

// sourceSites returns the points in the Go source, by the names that they report.
func sourceSites(t *testing.T) (sites []string) {
	t.Helper()
	root := filepath.Join("..", "..")
	require.NoError(t, filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		lines := bufio.NewScanner(f)
		for n := 1; lines.Scan(); n++ {
			if code, _, _ := strings.Cut(lines.Text(), "//"); strings.Contains(code, "killpoint.Here()") {
				sites = append(sites, fmt.Sprintf("%s/%s:%d", filepath.Base(filepath.Dir(path)), filepath.Base(path), n))
			}
		}
		return lines.Err()
	}))
	return sites
}
