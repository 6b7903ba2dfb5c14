package segment

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// left is what contenders may find under the topic's name.
var left = map[string]func(t *testing.T, s Spec){
	"nothing":               func(*testing.T, Spec) {},
	"a dead publisher":      func(t *testing.T, s Spec) { createDead(t, s) },
	"a retained dead topic": func(t *testing.T, s Spec) { s.Retain = true; createDead(t, s) },
	"garbage": func(t *testing.T, s Spec) {
		require.NoError(t, os.WriteFile(pathOf(t, s.Dir, s.Topic), []byte("garbage"), 0o600))
	},
}

// requireOneOwner checks that the topic's name points at the file of owner alone.
func requireOneOwner(t *testing.T, s Spec, owner *Owned) {
	t.Helper()
	require.NotNil(t, owner)
	same, err := owner.id.isAt(owner.path)
	require.NoError(t, err)
	require.True(t, same, "the owner's name was taken")
	var st unix.Stat_t
	require.NoError(t, unix.Fstat(owner.fd, &st))
	require.EqualValues(t, 1, st.Nlink)
	require.Equal(t, []string{"shm_pub_sub.x"}, names(t, s.Dir))
}

func TestCreate_HasOneOwnerAmongManyGoroutines(t *testing.T) {
	const contenders, rounds = 16, 25
	for what, leave := range left {
		t.Run(what, func(t *testing.T) {
			s := specOf(domain(t), "x")
			for range rounds {
				leave(t, s)
				var owned [contenders]*Owned
				var errs [contenders]error
				var all sync.WaitGroup
				begin := make(chan struct{})
				for i := range contenders {
					all.Go(func() {
						<-begin
						owned[i], errs[i] = Create(s)
					})
				}
				close(begin)
				all.Wait()
				var owner *Owned
				for i, o := range owned {
					switch {
					case o != nil:
						require.Nil(t, owner, "two owners")
						owner = o
					default:
						require.ErrorIs(t, errs[i], ErrExists)
					}
				}
				requireOneOwner(t, s, owner)
				require.NoError(t, owner.Close())
			}
		})
	}
}

// Creators, closers and removers at once; every owner has the name for as long as it lives.
func TestCreate_KeepsItsNameAgainstTakersAndRemovers(t *testing.T) {
	const workers, turns = 8, 150
	s := specOf(domain(t), "x")
	var mu sync.Mutex
	owners := 0
	var all sync.WaitGroup
	faults := make(chan error, 3*workers*turns)
	for w := range workers {
		all.Go(func() {
			for turn := range turns {
				if w == 0 {
					if err := Remove(s.Dir, "x"); err != nil && !errors.Is(err, ErrExists) && !errors.Is(err, ErrNoPublisher) {
						faults <- err
					}
					continue
				}
				o, err := Create(s)
				if errors.Is(err, ErrExists) {
					continue
				} else if err != nil {
					faults <- err
					continue
				}
				mu.Lock()
				if owners++; owners != 1 {
					faults <- fmt.Errorf("%d owners", owners)
				}
				mu.Unlock()
				if same, err := o.id.isAt(o.path); err != nil || !same {
					faults <- fmt.Errorf("the owner's name is gone: %w", err)
				}
				mu.Lock()
				owners--
				mu.Unlock()
				if turn%2 == 0 {
					abandon(o)
				} else if err := o.Close(); err != nil {
					faults <- err
				}
			}
		})
	}
	all.Wait()
	close(faults)
	for err := range faults {
		require.NoError(t, err)
	}
	if err := Remove(s.Dir, "x"); err != nil {
		require.ErrorIs(t, err, ErrNoPublisher)
	}
}

func TestCreate_HasOneOwnerAmongManyProcesses(t *testing.T) {
	const contenders, rounds = 4, 20
	s := specOf(domain(t), "x")
	var children [contenders]*child
	for i := range children {
		children[i] = start(t, "create", s.Dir)
	}
	for what, leave := range left {
		for round := range rounds {
			leave(t, s)
			for _, c := range children {
				c.say(t, s.Topic)
			}
			owners := 0
			for _, c := range children {
				switch answer := c.hear(t); answer {
				case "owner":
					owners++
				case "exists":
				default:
					require.Fail(t, answer)
				}
			}
			require.Equal(t, 1, owners, "%s, round %d", what, round)
			info, err := Inspect(s.Dir, "x", Trust{})
			require.NoError(t, err)
			require.True(t, info.Alive)
			for _, c := range children {
				c.say(t, "close")
			}
			// The answer to the next line shows that the last command is done.
			for i, c := range children {
				c.say(t, fmt.Sprintf("barrier %d", i))
				require.Equal(t, "owner", c.hear(t))
				c.say(t, "close")
			}
		}
	}
	for _, c := range children {
		require.NoError(t, c.in.Close())
		require.NoError(t, c.cmd.Wait())
	}
}

// A take-over that is killed between link and rename leaves a file without a topic's name.
func TestTakeOver_ClearsAwayWhatAKilledTakerLeft(t *testing.T) {
	for name, next := range map[string]func(s Spec) error{
		"by the next take-over": func(s Spec) error {
			o, err := Create(s)
			if err == nil {
				err = o.Close()
			}
			return err
		},
		"by Remove": func(s Spec) error { return Remove(s.Dir, s.Topic) },
	} {
		t.Run(name, func(t *testing.T) {
			s := specOf(domain(t), "a/b")
			successor := successorOf(createDead(t, s))
			require.NoError(t, os.WriteFile(successor, []byte("half made"), 0o600))
			topics, err := List(s.Dir)
			require.NoError(t, err)
			require.Equal(t, []string{"a/b"}, topics)
			require.NoError(t, next(s))
			require.NoFileExists(t, successor)
		})
	}
}

// Processes with and without unnamed files can share a directory.
func TestTakeOver_ClearsAwayWhatAKilledTakerLeftWhereDraftsHaveNames(t *testing.T) {
	notEmulated(t, "seccomp")
	if !goesOnInChild(t, nil) {
		return
	}
	s := specOf(domain(t), "x")
	successor := successorOf(createDead(t, s))
	require.NoError(t, os.WriteFile(successor, []byte("half made"), 0o600))
	forbid(t, unix.SYS_OPENAT, unix.O_TMPFILE, unix.EOPNOTSUPP)
	o := create(t, s)
	requireOneOwner(t, s, o)
	require.NoError(t, o.Close())
}
