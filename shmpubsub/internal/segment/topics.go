package segment

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sort"

	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/killpoint"
)

// Info describes a topic, by its file.
type Info struct {
	Header
	Topic     string
	Path      string
	UID       uint32  // the file's owner
	Bytes     uint64  // of memory that the file takes
	Trusted   bool    // subscribers read it
	Alive     bool    // its publisher lives
	Published uint64  // values so far
	Newest    int64   // when the newest was published, CLOCK_MONOTONIC ns; 0: none
	Rate      float64 // of a live publisher, in Hz; 0: unknown
	Metadata  string  // at most MaxMetadata + 1 bytes of it; it may be anything
}

// Inspect reads the topic's file, even an untrusted one: it maps nothing. It reports ErrNoPublisher if it does not
// exist.
func Inspect(dir, topic string, trust Trust) (Info, error) {
	file, err := FileName(topic)
	if err != nil {
		return Info{}, err
	}
	path := filepath.Join(dir, file)
	e, err := openTopic(path, unix.O_RDONLY)
	if errors.Is(err, errGone) {
		return Info{}, notThere("inspect", dir, topic, err)
	}
	var untrusted *UntrustedError
	if err != nil && !e.isRegular() && errors.As(trust.check(path, e, err), &untrusted) {
		untrusted.Topic = topic
		return Info{}, untrusted
	}
	if err != nil {
		return Info{}, openError(topic, path, err)
	}
	defer e.close()
	info := Info{Topic: topic, Path: path, UID: e.file.Uid, Bytes: uint64(e.file.Blocks) * 512, Trusted: trust.covers(e)}
	if info.Header, err = readHeader(e.fd); err == nil {
		info.Alive, err = held(e.fd, ownerByte)
	}
	if err != nil {
		return Info{}, openError(topic, path, err)
	}
	info.Metadata = readMetadata(e.fd, info.Header)
	newest, sound := peek(e.fd, info.Header)
	if !sound {
		return Info{}, openError(topic, path, invalid("a slot that contradicts the head", "a topic written by this library"))
	}
	info.Published, info.Newest = newest.Sequence, newest.Time
	if info.Alive {
		info.Rate = rate(e.fd, info.Header, newest)
	}
	return info, nil
}

// List returns the topics in dir, sorted, whether their publishers live or not.
func List(dir string) ([]string, error) {
	var topics []string
	err := eachFile(dir, func(e fs.DirEntry) {
		if topic, ok := topicOf(e.Name()); ok {
			topics = append(topics, topic)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%w: list %s: %w; %s", ErrOpen, dir, err, remedy(dir, "", "", err))
	}
	sort.Strings(topics)
	return topics, nil
}

// Remove unlinks the file of a topic whose publisher is gone. It reports ErrExists for a live publisher and
// ErrNoPublisher if there is no file. It removes any user's file that the kernel permits, and does not map or write an
// untrusted one.
func Remove(dir, topic string) error {
	file, err := FileName(topic)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, file)
	c, err := claim(path, Trust{})
	for errors.Is(err, errGone) && unix.Access(path, unix.F_OK) == nil {
		c, err = claim(path, Trust{}) // replaced meanwhile
	}
	var live *liveError
	var blocked *blockedError
	if errors.As(err, &blocked) {
		err = blocked.err // permission counts here, trust does not
	}
	switch {
	case errors.Is(err, errGone):
		return notThere("remove", dir, topic, err)
	case errors.As(err, &live):
		return fmt.Errorf("%w: remove %q: found a live publisher, %s; expected none; close that one first", ErrExists, topic, live)
	case err != nil:
		return openError(topic, path, err)
	}
	defer c.release()
	if !c.isRegular() {
		return openError(topic, path, invalid(c.kind(), regularFile))
	}
	_ = unix.Unlink(successorOf(path)) // of a crashed take-over
	killpoint.Here()
	if err := unix.Unlink(path); err != nil {
		return openError(topic, path, err)
	}
	killpoint.Here()
	c.retire()
	return nil
}
