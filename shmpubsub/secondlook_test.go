//go:build killpoints

package shmpubsub

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub/internal/killpoint"
)

// A change just before a waiter announces itself shows at its second look; a change after that in the word that it is
// about to sleep on. No slice's end helps it, and no wake-up comes while it is awake.
func TestRecv_SeesWhatHappensBetweenItsFirstLookAndItsSleep(t *testing.T) {
	seesWhatHappens(t, func(ctx context.Context, s *IntSubscriber) (int64, error) { return s.Recv(ctx) })
}

func TestAfter_SeesWhatHappensBetweenItsFirstLookAndItsSleep(t *testing.T) {
	seesWhatHappens(t, func(ctx context.Context, s *IntSubscriber) (int64, error) {
		sample, err := s.After(ctx, 1)
		return sample.Value, err
	})
}

func TestSelect_SeesWhatHappensBetweenItsFirstLookAndItsSleep(t *testing.T) {
	seesWhatHappens(t, func(ctx context.Context, s *IntSubscriber) (int64, error) {
		if _, err := Select(ctx, s); err != nil {
			return s.def, err
		}
		return s.Recv(ctx)
	})
}

func TestAlign_SeesWhatHappensBetweenItsFirstLookAndItsSleep(t *testing.T) {
	seesWhatHappens(t, func(ctx context.Context, s *IntSubscriber) (int64, error) {
		a, err := Align(0, s)
		require.NoError(t, err)
		defer func() { require.NoError(t, a.Close()) }()
		if err := a.Next(ctx); err != nil {
			return s.def, err
		}
		return s.Recv(ctx)
	})
}

// seesWhatHappens tests a wait for a value, whose steps are those of the eventcount.
func seesWhatHappens(t *testing.T, wait func(ctx context.Context, s *IntSubscriber) (int64, error)) {
	t.Helper()
	for name, c := range map[string]struct {
		happens func(t *testing.T, p *IntPublisher, cancel func(), dir Option)
		want    int64
		err     error
	}{
		"a value": {func(t *testing.T, p *IntPublisher, _ func(), _ Option) { require.NoError(t, p.Publish(7)) }, 7, nil},
		"a batch": {func(t *testing.T, p *IntPublisher, _ func(), _ Option) {
			require.NoError(t, p.PublishMany([]int64{7, 8, 9}))
		}, 7, nil},
		"the publisher's end": {func(t *testing.T, p *IntPublisher, _ func(), dir Option) {
			require.NoError(t, p.Close())
			next, err := NewIntPublisher("x", 3, dir)
			require.NoError(t, err)
			require.NoError(t, next.Publish(8))
			t.Cleanup(func() { require.NoError(t, next.Close()) })
		}, 8, nil},
		"the end of its context": {func(_ *testing.T, _ *IntPublisher, cancel func(), _ Option) { cancel() }, -1, context.Canceled},
	} {
		for at := 1; at <= 3; at++ { // before and after the announcement, and before the sleep
			t.Run(fmt.Sprintf("%s at %d", name, at), func(t *testing.T) {
				withoutSlices(t)
				dir := inDomain(t)
				p, err := NewIntPublisher("x", 3, dir)
				require.NoError(t, err)
				t.Cleanup(func() { require.NoError(t, p.Close()) })
				s, err := NewIntSubscriber("x", -1, dir)
				require.NoError(t, err)
				t.Cleanup(func() { require.NoError(t, s.Close()) })
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				reached := 0
				killpoint.Reached = func(site string) {
					if !strings.HasPrefix(site, "futex/") {
						return
					}
					if reached++; reached == at {
						killpoint.Reached = nil
						c.happens(t, p, cancel, dir)
					}
				}
				done := make(chan struct{})
				var v int64
				go func() {
					defer close(done)
					v, err = wait(ctx, s)
				}()
				select {
				case <-done:
				case <-time.After(tooLate):
					require.FailNow(t, "it sleeps on")
				}
				require.Equal(t, c.want, v)
				require.Equal(t, c.err, err)
			})
		}
	}
}
