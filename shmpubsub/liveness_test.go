package shmpubsub

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The 0.1 s count from before the kernel is asked, however late its answer arrives.
func TestSubscriber_CountsFromBeforeItsCheckOfThePublisher(t *testing.T) {
	dir := InDir(t.TempDir())
	s, err := NewIntSubscriber("x", -1, dir)
	require.NoError(t, err)
	defer func() { assert.NoError(t, s.Close()) }()
	p, err := NewIntPublisher("x", 1, dir)
	require.NoError(t, err)
	defer func() { assert.NoError(t, p.Close()) }()

	const longAgo = 1 // CLOCK_MONOTONIC, ns
	require.True(t, s.ready(longAgo))
	require.Equal(t, longAgo+checkInterval, s.checkAt)
}
