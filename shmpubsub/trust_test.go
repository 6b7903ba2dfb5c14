package shmpubsub_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
)

const stranger = 61002 // need not exist

// amongStrangers gives a test a directory in which anyone can create files.
func amongStrangers(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: several users")
	}
	require.NoError(t, os.Chmod(domain(t), 0o777|os.ModeSticky))
	t.Setenv("SUDO_UID", "")
	t.Setenv(shmpubsub.TrustEnv, "")
}

// squat makes another user's topic, with a publisher that lives until the test's end or with a retained value.
func squat(t *testing.T, topic string, lives bool) {
	t.Helper()
	p, err := shmpubsub.NewIntPublisher(topic, 3, shmpubsub.WithRetain(), shmpubsub.WithMode(0o666))
	require.NoError(t, err)
	require.NoError(t, p.Publish(666))
	require.NoError(t, os.Chown(fileOf(topic), stranger, stranger))
	t.Cleanup(func() { _ = os.Remove(fileOf(topic)) })
	if lives {
		t.Cleanup(func() { require.NoError(t, p.Close()) })
	} else {
		require.NoError(t, p.Close())
	}
}

func TestSubscriber_DoesNotExistBesideAStrangersTopic(t *testing.T) {
	amongStrangers(t)
	squat(t, "x", true)
	_, err := shmpubsub.NewIntSubscriber("x", 7)
	require.ErrorIs(t, err, shmpubsub.ErrUntrusted)
	require.ErrorIs(t, err, shmpubsub.ErrOpen)

	trusting := func(opts ...shmpubsub.SubscriberOption) {
		t.Helper()
		v, ok := intSubscriber(t, "x", opts...).Subscribe()
		require.True(t, ok)
		require.EqualValues(t, 666, v)
	}
	trusting(shmpubsub.WithTrust("61002"))
	trusting(shmpubsub.WithTrust("any"))
	t.Setenv(shmpubsub.TrustEnv, "daemon, 61002")
	trusting()
	_, err = shmpubsub.NewIntSubscriber("x", 7, shmpubsub.WithTrust())
	require.ErrorIs(t, err, shmpubsub.ErrUntrusted, "WithTrust takes the variable's place")
	t.Setenv(shmpubsub.TrustEnv, "")
	t.Setenv("SUDO_UID", "61002")
	trusting()
	_, err = shmpubsub.NewIntSubscriber("x", 7, shmpubsub.WithTrust())
	require.ErrorIs(t, err, shmpubsub.ErrUntrusted, "and sudo's")
}

func TestSubscriber_TakesAStrangersFileForNoPublisher(t *testing.T) {
	amongStrangers(t)
	s := intSubscriber(t, "x", shmpubsub.WithTrust())
	squat(t, "x", false) // during a restart
	requireNothing := func() {
		t.Helper()
		v, ok := s.Subscribe()
		require.False(t, ok)
		require.EqualValues(t, -1, v)
		_, ok = s.TryRecv()
		require.False(t, ok)
		require.Empty(t, s.Drain())
	}
	requireNothing()
	require.ErrorIs(t, s.Err(), shmpubsub.ErrUntrusted)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err := s.Recv(ctx)
	require.Equal(t, context.DeadlineExceeded, err)
	require.Equal(t, context.DeadlineExceeded, s.WaitForPublisher(ctx))

	received := make(chan int64)
	go func() {
		v, _ := s.Recv(context.Background())
		received <- v
	}()
	require.NoError(t, os.Truncate(fileOf("x"), 0)) // which would be SIGBUS
	requireNothing()
	require.NoError(t, os.Remove(fileOf("x")))
	p := intPublisher(t, "x")
	require.NoError(t, p.Publish(1))
	require.EqualValues(t, 1, <-received)
	v, ok := s.Subscribe()
	require.True(t, ok)
	require.EqualValues(t, 1, v)
	require.NoError(t, s.Err())
}

func TestPublisher_SaysWhichStrangerHasTheTopic(t *testing.T) {
	amongStrangers(t)
	squat(t, "x", true)
	_, err := shmpubsub.NewIntPublisher("x", 3)
	require.ErrorIs(t, err, shmpubsub.ErrExists)
	require.ErrorContains(t, err, " of user 61002 (int, 3 buffers)")
	info, err := shmpubsub.Inspect("x")
	require.NoError(t, err)
	require.False(t, info.Trusted)
	require.EqualValues(t, stranger, info.UID)
	require.EqualValues(t, 1, info.Published)
	info, err = shmpubsub.Inspect("x", shmpubsub.WithTrust("61002"))
	require.NoError(t, err)
	require.True(t, info.Trusted)
}

func TestWithTrust_RefusesWhoIsUnknown(t *testing.T) {
	domain(t)
	nobody := shmpubsub.WithTrust("nobody at all")
	_, publisher := shmpubsub.NewIntPublisher("x", 3, nobody)
	_, subscriber := shmpubsub.NewIntSubscriber("x", 7, nobody)
	_, inspected := shmpubsub.Inspect("x", nobody)
	t.Setenv(shmpubsub.TrustEnv, "nobody at all")
	_, variable := shmpubsub.NewIntSubscriber("x", 7)
	for _, err := range []error{publisher, subscriber, inspected, variable} {
		require.ErrorIs(t, err, shmpubsub.ErrTrust)
		require.ErrorContains(t, err, `found user "nobody at all"; expected a uid`)
	}
	require.ErrorContains(t, variable, "SHM_PUB_SUB_TRUST: ")
	require.ErrorIs(t, shmpubsub.Remove("x"), shmpubsub.ErrNoPublisher)
	require.False(t, errors.Is(variable, shmpubsub.ErrOpen))
}
