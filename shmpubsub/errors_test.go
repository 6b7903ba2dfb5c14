package shmpubsub_test

import (
	"io/fs"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
)

func publisherError(topic string, depth int, opts ...shmpubsub.PublisherOption) func() error {
	return func() error {
		p, err := shmpubsub.NewIntPublisher(topic, depth, opts...)
		if err == nil {
			err = p.Close()
		}
		return err
	}
}

func subscriberError(topic string, opts ...shmpubsub.SubscriberOption) func() error {
	return func() error {
		s, err := shmpubsub.NewIntSubscriber(topic, 0, opts...)
		if err == nil {
			err = s.Close()
		}
		return err
	}
}

func inspectError(topic string) func() error {
	return func() error { _, err := shmpubsub.Inspect(topic); return err }
}

func removeError(topic string) func() error {
	return func() error { return shmpubsub.Remove(topic) }
}

func TestErrors_SayWhatWasFoundWhatWasExpectedAndWhatToDo(t *testing.T) {
	dir := domain(t)
	intPublisher(t, "live")
	long := strings.Repeat("a", 244)
	const (
		tooLong = `^topic name "a+"(\.\.\.)?: found 244 bytes once percent-encoded; expected at most 243; use a shorter name \(.*\)$`
		empty   = `^topic name "": found an empty name; expected at least one character$`
		nul     = `^topic name "a\\x00": found a NUL at byte 1; expected text without NUL$`
	)
	for name, c := range map[string]struct {
		call func() error
		want error
		text string
	}{
		"publisher, empty name":     {publisherError("", 1), shmpubsub.ErrName, empty},
		"publisher, NUL":            {publisherError("a\x00", 1), shmpubsub.ErrName, nul},
		"publisher, long name":      {publisherError(long, 1), shmpubsub.ErrName, tooLong},
		"subscriber, empty name":    {subscriberError(""), shmpubsub.ErrName, empty},
		"subscriber, NUL":           {subscriberError("a\x00"), shmpubsub.ErrName, nul},
		"subscriber, long name":     {subscriberError(long), shmpubsub.ErrName, tooLong},
		"inspect, empty name":       {inspectError(""), shmpubsub.ErrName, empty},
		"remove, NUL":               {removeError("a\x00"), shmpubsub.ErrName, nul},
		"depth 0":                   {publisherError("x", 0), shmpubsub.ErrDepth, `^invalid number of buffers: topic "x": found 0; expected 1 to \d+$`},
		"depth -1":                  {publisherError("x", -1), shmpubsub.ErrDepth, `: topic "x": found -1; expected 1 to \d+$`},
		"depth at its largest":      {publisherError("x", math.MaxInt), shmpubsub.ErrDepth, `: topic "x": found \d+; expected 1 to \d+$`},
		"mode 0":                    {publisherError("x", 1, shmpubsub.WithMode(0)), shmpubsub.ErrMode, `^invalid mode: topic "x": found 0; expected read and write for the owner \(0600\) and no bit beyond 0666$`},
		"mode 0777":                 {publisherError("x", 1, shmpubsub.WithMode(0o777)), shmpubsub.ErrMode, `: topic "x": found 0777; expected`},
		"mode with set-user-id":     {publisherError("x", 1, shmpubsub.WithMode(0o600|fs.ModeSetuid)), shmpubsub.ErrMode, `: topic "x": found urw-------; expected permission bits only$`},
		"mode of a directory":       {publisherError("x", 1, shmpubsub.WithMode(0o600|fs.ModeDir)), shmpubsub.ErrMode, `; expected permission bits only$`},
		"maximum age 0":             {subscriberError("x", shmpubsub.WithMaxAge(0)), shmpubsub.ErrMaxAge, `^invalid maximum age: found 0s; expected a positive duration$`},
		"maximum age below 0":       {subscriberError("x", shmpubsub.WithMaxAge(-time.Second)), shmpubsub.ErrMaxAge, `: found -1s; expected a positive duration$`},
		"publisher, no directory":   {publisherError("x", 1, shmpubsub.InDir(dir+"/none")), shmpubsub.ErrCreate, `^Failed to create shared memory: create "x": make a file in \S+/none: no such file or directory; expected the directory \S+/none; create it, or name an existing one by SHM_PUB_SUB_DIR or directory=$`},
		"publisher, no such thing":  {publisherError("x", 1, shmpubsub.InDir("/dev/null")), shmpubsub.ErrCreate, `^Failed to create shared memory: create "x": .*; expected /dev/null to be a directory; name one, by SHM_PUB_SUB_DIR or directory=$`},
		"subscriber, no directory":  {subscriberError("x", shmpubsub.InDir(dir+"/none")), shmpubsub.ErrOpen, `^Failed to open shared memory: open "x": .*; expected the directory \S+/none; create it, or name an existing one by SHM_PUB_SUB_DIR or directory=$`},
		"subscriber, no such thing": {subscriberError("x", shmpubsub.InDir("/dev/null")), shmpubsub.ErrOpen, `^Failed to open shared memory: open "x": .*; expected /dev/null to be a directory; name one, by SHM_PUB_SUB_DIR or directory=$`},
		"inspect, no topic":         {inspectError("x"), shmpubsub.ErrNoPublisher, `^inspect "x": no publisher: found no topic of this name in \S+; expected a topic that a publisher has made; compare name and directory with the publisher's$`},
		"remove, no topic":          {removeError("x"), shmpubsub.ErrNoPublisher, `^remove "x": no publisher: found no topic of this name in \S+; expected a topic that a publisher has made; compare name and directory with the publisher's$`},
		"inspect, no directory":     {func() error { _, err := shmpubsub.Inspect("x", shmpubsub.InDir(dir+"/none")); return err }, shmpubsub.ErrNoPublisher, `^inspect "x": no publisher: found no directory \S+/none; expected`},
		"remove, no directory":      {func() error { return shmpubsub.Remove("x", shmpubsub.InDir(dir+"/none")) }, shmpubsub.ErrNoPublisher, `^remove "x": no publisher: found no directory \S+/none; expected`},
		"list, no such thing":       {func() error { _, err := shmpubsub.List(shmpubsub.InDir("/dev/null")); return err }, shmpubsub.ErrOpen, `; expected /dev/null to be a directory; name one, by SHM_PUB_SUB_DIR or directory=$`},
		"directory, too long":       {publisherError("x", 1, shmpubsub.InDir("/"+strings.Repeat("x/", 4096))), shmpubsub.ErrCreate, `; expected a directory whose path, with a topic's file, is shorter than 4096 bytes, and each part of it than 256$`},
		"remove, live publisher":    {removeError("live"), shmpubsub.ErrExists, `^Shared memory already exists: remove "live": found a live publisher, process \d+ \(int, 3 buffers\); expected none; close that one first$`},
		"second publisher":          {publisherError("live", 1), shmpubsub.ErrExists, `^Shared memory already exists: create "live": found a live publisher, process \d+ \(int, 3 buffers\); expected none; close that one or use another name$`},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.call()
			require.ErrorIs(t, err, c.want)
			require.Regexp(t, c.text, err.Error())
			left, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Len(t, left, 1, "only the live one")
		})
	}
}

func TestErrors_AreNotOneAnother(t *testing.T) {
	all := []error{
		shmpubsub.ErrExists, shmpubsub.ErrCreate, shmpubsub.ErrOpen, shmpubsub.ErrLayout, shmpubsub.ErrType, shmpubsub.ErrNoPublisher,
		shmpubsub.ErrName, shmpubsub.ErrDepth, shmpubsub.ErrMode, shmpubsub.ErrMaxAge, shmpubsub.ErrClosed,
	}
	for i, a := range all {
		for j, b := range all {
			require.Equal(t, i == j, a == b, "%v, %v", a, b)
		}
	}
}

func TestPublisher_RefusesUseAfterClose(t *testing.T) {
	domain(t)
	p := intPublisher(t, "x")
	require.Equal(t, "x", p.Topic())
	require.NoError(t, p.Close())
	require.NoError(t, p.Close())
	err := p.Publish(1)
	require.ErrorIs(t, err, shmpubsub.ErrClosed)
	require.EqualError(t, err, `publish "x": already closed`)
	_, err = p.Mapping()
	require.ErrorIs(t, err, shmpubsub.ErrClosed)
}
