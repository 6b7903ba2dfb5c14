package shmpubsub

import (
	"time"

	"shm_pub_sub/shmpubsub/internal/clock"
	"shm_pub_sub/shmpubsub/internal/segment"
)

// Info is what can be said of a topic without subscribing to it.
type Info struct {
	Topic     string
	Path      string        // its file
	Type      string        // "bool", "int" or "float"
	Depth     int           // values kept readable
	Bytes     uint64        // of shared memory
	PID       int           // its publisher, as that process sees itself
	UID       uint32        // the owner of its file
	Trusted   bool          // a subscriber reads it: see WithTrust
	Alive     bool          // the publisher lives
	Retain    bool          // the last value outlives the publisher
	Created   time.Time     // when the publisher was made
	Published uint64        // values so far
	Age       time.Duration // since the newest was published, as Sample.Age; 0 if Published is 0
	Rate      float64       // in Hz, by the times of the values that are kept; 0 if they are fewer than two or of one batch, or the publisher is gone
}

// List returns the names of all topics, sorted, those of dead publishers too.
func List(opts ...Option) ([]string, error) {
	return segment.List(topicOptions(opts).dir)
}

// Inspect describes one topic, that of an owner who is not trusted as well: then it is that one who says all this. The errors
// are ErrNoPublisher where there is none, ErrOpen (with ErrLayout where its file is damaged), ErrName and ErrTrust.
func Inspect(topic string, opts ...Option) (Info, error) {
	o := topicOptions(opts)
	if err := o.resolve(); err != nil {
		return Info{}, err
	}
	i, err := segment.Inspect(o.dir, topic, o.trust)
	if err != nil {
		return Info{}, err
	}
	info := Info{
		Topic: topic, Path: i.Path, Type: i.Type.String(), Depth: i.Depth(), Bytes: i.FileSize, PID: i.PID,
		UID: i.UID, Trusted: i.Trusted, Alive: i.Alive, Retain: i.Retain, Created: time.Unix(0, i.Created), Published: i.Published, Rate: i.Rate,
	}
	if i.Published > 0 {
		info.Age = age(i.Newest, clock.Now())
	}
	return info, nil
}

// Remove deletes what a dead publisher left of topic. The errors are ErrExists while its publisher
// lives, ErrNoPublisher where there is nothing, ErrOpen and ErrName.
func Remove(topic string, opts ...Option) error {
	return segment.Remove(topicOptions(opts).dir, topic)
}

func topicOptions(opts []Option) options {
	o := defaultOptions()
	for _, opt := range opts {
		opt.forPublisher(&o)
	}
	return o
}
