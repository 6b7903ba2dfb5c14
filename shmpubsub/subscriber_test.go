package shmpubsub_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub"
)

func TestSubscriber_ReturnsDefaultBeforeThereIsAPublisher(t *testing.T) {
	domain(t)
	s := intSubscriber(t, "x")
	requireReads(t, s, -1, false)
	p := intPublisher(t, "x")
	requireReads(t, s, -1, false)
	require.NoError(t, p.Publish(5))
	requireReads(t, s, 5, true)
}

func TestSubscriber_ReturnsDefaultBeforeFirstPublish(t *testing.T) {
	domain(t)
	p := intPublisher(t, "x")
	s := intSubscriber(t, "x")
	requireReads(t, s, -1, false)
	require.NoError(t, p.Publish(0))
	requireReads(t, s, 0, true)
}

func TestSubscriber_ReturnsTheNewestValueAgainAndAgain(t *testing.T) {
	domain(t)
	p, s := intPublisher(t, "x"), intSubscriber(t, "x")
	for v := range int64(100) {
		require.NoError(t, p.Publish(v))
		requireReads(t, s, v, true)
		requireReads(t, s, v, true)
		require.NoError(t, p.Publish(-v)) // overwritten before it was read
		require.NoError(t, p.Publish(1000+v))
		requireReads(t, s, 1000+v, true)
	}
}

func TestSubscriber_ReadsWhatWasPublishedBeforeItWasMade(t *testing.T) {
	domain(t)
	p := intPublisher(t, "x")
	require.NoError(t, p.Publish(5))
	requireReads(t, intSubscriber(t, "x"), 5, true)
	requireReads(t, intSubscriber(t, "x"), 5, true)
}

func TestSubscriber_KeepsTopicsApart(t *testing.T) {
	domain(t)
	for i, topic := range []string{"a/b", "a_b", "a%2Fb", "a", "A", "ä", " "} {
		require.NoError(t, intPublisher(t, topic).Publish(int64(i)))
		s := intSubscriber(t, topic)
		require.Equal(t, topic, s.Topic())
		requireReads(t, s, int64(i), true)
	}
}

func TestSubscriber_KeepsDomainsApart(t *testing.T) {
	one := domain(t)
	p := intPublisher(t, "x")
	require.NoError(t, p.Publish(1))
	two := domain(t) // and the environment variable
	require.NoError(t, intPublisher(t, "x").Publish(2))
	requireReads(t, intSubscriber(t, "x"), 2, true)
	requireReads(t, intSubscriber(t, "x", shmpubsub.InDir(one)), 1, true)
	requireReads(t, intSubscriber(t, "x", shmpubsub.InDir(two)), 2, true)
}

func TestSubscriber_ReportsFalseAfterItsClose(t *testing.T) {
	domain(t)
	p, s := intPublisher(t, "x"), intSubscriber(t, "x")
	require.NoError(t, p.Publish(5))
	require.NoError(t, s.Err())
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	v, ok := s.Subscribe()
	require.False(t, ok)
	require.Equal(t, int64(-1), v)
	require.ErrorIs(t, s.Err(), shmpubsub.ErrClosed)
	require.EqualError(t, s.Err(), `subscribe "x": already closed`)
}

func TestSubscriber_ReadsFromAnotherProcess(t *testing.T) {
	domain(t)
	defer spawn(t, "publish", "x").end(t)
	requireReads(t, intSubscriber(t, "x"), 42, true)
}

// Never torn (an int64 is one word, so this is about the slots), never backwards, across processes.
func TestSubscriber_NeverGoesBackwardsAgainstAProcessAtFullSpeed(t *testing.T) {
	domain(t)
	defer spawn(t, "count", "x").end(t)
	s := intSubscriber(t, "x")
	last, changes, most := int64(0), 0, 10_000
	if os.Getenv(emulatorEnv) != "" {
		most = 500
	}
	requireSoon(t, func() bool {
		for range 1000 {
			if v, ok := s.Subscribe(); ok {
				require.GreaterOrEqual(t, v, last)
				if v > last {
					changes++
				}
				last = v
			}
		}
		return changes > most
	})
}

func TestSubscriber_SurvivesADamagedSlotAndRecoversWithTheNextValue(t *testing.T) {
	domain(t)
	p, s := intPublisher(t, "x"), intSubscriber(t, "x")
	require.NoError(t, p.Publish(5))
	overwrite(t, "x", slotOf(1), 99)
	v, ok := s.Subscribe()
	require.False(t, ok)
	require.Equal(t, int64(-1), v)
	require.ErrorIs(t, s.Err(), shmpubsub.ErrLayout)
	require.ErrorContains(t, s.Err(), `read "x": found a slot that contradicts the head; expected a topic written by this library`)
	require.NoError(t, p.Publish(6))
	requireReads(t, s, 6, true)
}

func TestSubscriber_RefusesWhatIsNoTopic(t *testing.T) {
	domain(t)
	require.NoError(t, os.WriteFile(fileOf("x"), []byte("garbage"), 0o600))
	_, err := shmpubsub.NewIntSubscriber("x", -1)
	require.ErrorIs(t, err, shmpubsub.ErrOpen)
	require.ErrorIs(t, err, shmpubsub.ErrLayout)
	require.Regexp(t, `^Failed to open shared memory: open "x": found 7 bytes; expected at least 65792; remove \S+/shm_pub_sub.x or let a new publisher replace it$`, err.Error())
	require.NoError(t, os.Remove(fileOf("x")))
}

func TestSubscriber_SaysWhatItCannotReadAndRecovers(t *testing.T) {
	domain(t)
	s := intSubscriber(t, "x")
	require.NoError(t, unix.Mkfifo(fileOf("x"), 0o600))
	_, ok := s.Subscribe()
	require.False(t, ok)
	require.ErrorIs(t, s.Err(), shmpubsub.ErrOpen)
	require.NoError(t, os.Remove(fileOf("x")))
	requireReads(t, s, -1, false)
	require.NoError(t, intPublisher(t, "x").Publish(5))
	requireReads(t, s, 5, true)
}
