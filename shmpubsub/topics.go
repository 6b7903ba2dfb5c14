package shmpubsub

import (
	"time"

	"shm_pub_sub/shmpubsub/internal/clock"
	"shm_pub_sub/shmpubsub/internal/segment"
)

// Info describes a topic.
type Info struct {
	Topic     string
	Path      string        // its file
	Type      string        // "bool", "int", "float", "uint8[480,640,3]", "str <= 4096"
	Depth     int           // values kept readable
	Bytes     uint64        // of memory that its file takes
	PID       int           // its publisher, as that process sees itself
	UID       uint32        // the owner of its file
	Trusted   bool          // subscribers read it: see WithTrust
	Alive     bool          // the publisher lives
	Retain    bool          // the last value outlives the publisher
	Bridged   bool          // bridges do not send it to other machines: see WithBridged
	Created   time.Time     // when the publisher was created
	Published uint64        // values so far
	Age       time.Duration // of the newest value, like Sample.Age; 0 if Published is 0
	Rate      float64       // in Hz, from the times of the kept values; 0 if there are fewer than two, or of one batch only, or the publisher is gone
	Views     int           // values that readers may hold at once; 0 also if each slot has its value
	Loans     int           // values that the publisher may fill at once
	// Descriptor is the type in JSON; "" for bool, int and float.
	Descriptor string
	Metadata   Metadata
	// MetadataJSON is what the file has as metadata, 65537 bytes of it at most; "" if it has none. Metadata is empty if
	// this is not what docs/metadata.md describes.
	MetadataJSON string
}

// List returns the names of all topics, sorted, including those of dead publishers. It reports [ErrOpen] if the directory
// cannot be read, or does not exist.
func List(opts ...Option) ([]string, error) {
	o, err := topicOptions(opts)
	if err != nil {
		return nil, err
	}
	return segment.List(o.dir)
}

// Inspect describes one topic. If it is not trusted, its owner may have written anything there. The errors are
// [ErrNoPublisher] if it does not exist, [ErrOpen] (with [ErrLayout] if its file is damaged), [ErrName] and [ErrTrust].
func Inspect(topic string, opts ...Option) (Info, error) {
	o, err := topicOptions(opts)
	if err == nil {
		err = o.resolve()
	}
	if err != nil {
		return Info{}, err
	}
	i, err := segment.Inspect(o.dir, topic, o.trust)
	if err != nil {
		return Info{}, err
	}
	info := Info{
		Topic: topic, Path: i.Path, Type: i.Type.String(), Depth: i.Depth(), Bytes: i.Bytes, PID: i.PID,
		UID: i.UID, Trusted: i.Trusted, Alive: i.Alive, Retain: i.Retain, Bridged: i.Bridged, Created: time.Unix(0, i.Created), Published: i.Published, Rate: i.Rate,
		Views: int(i.Views), Loans: int(i.Loans), Descriptor: string(i.Type.Encode()), Metadata: parseMetadata(i.Metadata), MetadataJSON: i.Metadata,
	}
	if i.Published > 0 {
		info.Age = age(i.Newest, clock.Now())
	}
	return info, nil
}

// Remove removes a dead publisher's topic. The errors are [ErrExists] while its publisher lives, [ErrNoPublisher] if it
// does not exist, [ErrOpen] and [ErrName].
func Remove(topic string, opts ...Option) error {
	o, err := topicOptions(opts)
	if err != nil {
		return err
	}
	return segment.Remove(o.dir, topic)
}

func topicOptions(opts []Option) (options, error) {
	o, err := defaultOptions()
	for _, opt := range opts {
		opt.forPublisher(&o)
	}
	return o, err
}
