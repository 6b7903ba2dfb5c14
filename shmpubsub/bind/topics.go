package bind

import (
	"cmp"
	"fmt"
	"path/filepath"

	"shm_pub_sub/shmpubsub"
	"shm_pub_sub/shmpubsub/internal/descriptor"
	"shm_pub_sub/shmpubsub/internal/segment"
)

// info is shmpubsub.Info in JSON's types. The keys are the fields of TopicInfo in Python.
type info struct {
	Name      string  `json:"name"`
	Path      string  `json:"path"` // Latin-1
	Type      string  `json:"type"` // "bool", "int", "float" or the descriptor's kind
	BufferNum int     `json:"buffer_num"`
	Bytes     uint64  `json:"nbytes"`
	PID       int     `json:"pid"`
	Alive     bool    `json:"alive"`
	UID       uint32  `json:"uid"`
	Trusted   bool    `json:"trusted"`
	Retain    bool    `json:"retain"`
	Bridged   bool    `json:"bridged"`
	Created   int64   `json:"created"` // ns since the epoch
	Published uint64  `json:"published"`
	Age       int64   `json:"age"`  // ns; meaningless if published is 0
	Rate      float64 `json:"rate"` // Hz; 0: unknown

	TypeName   string `json:"type_name"`
	Descriptor string `json:"descriptor"` // "": it needs none
	Views      int    `json:"views"`
	Loans      int    `json:"loans"`
	Metadata   string `json:"metadata"` // Latin-1
}

// Inspect describes topic, as JSON.
func Inspect(dir, topic, trust string) (string, error) {
	i, err := shmpubsub.Inspect(topic, topicOptions(dir, trust)...)
	if err != nil {
		return "", coded(err)
	}
	t, err := descriptor.ParseWant(cmp.Or(i.Descriptor, i.Type))
	if err != nil {
		return "", coded(err)
	}
	return toJSON(info{
		Name: i.Topic, Path: latin1(i.Path), Type: t.Kind.String(), BufferNum: i.Depth, Bytes: i.Bytes, PID: i.PID,
		UID: i.UID, Trusted: i.Trusted, Alive: i.Alive, Retain: i.Retain, Bridged: i.Bridged, Created: i.Created.UnixNano(), Published: i.Published, Age: int64(i.Age), Rate: i.Rate,
		TypeName: i.Type, Descriptor: i.Descriptor, Views: i.Views, Loans: i.Loans, Metadata: latin1(i.MetadataJSON),
	})
}

// CheckDescriptor returns an error if text is not the descriptor of a topic's type.
func CheckDescriptor(text string) (bool, error) {
	if _, err := descriptor.Parse([]byte(text)); err != nil {
		return false, coded(fmt.Errorf("%w: %w", shmpubsub.ErrValueType, err))
	}
	return true, nil
}

// List returns the names of all topics in dir, as JSON.
func List(dir string) (string, error) {
	topics, err := shmpubsub.List(shmpubsub.InDir(fromLatin1(dir)))
	if err != nil {
		return "", coded(err)
	}
	if topics == nil {
		topics = []string{}
	}
	return toJSON(topics)
}

// Remove removes a dead publisher's topic.
func Remove(dir, topic string) (bool, error) {
	return true, coded(shmpubsub.Remove(topic, shmpubsub.InDir(fromLatin1(dir))))
}

// Path returns the path of topic's file in dir, both in Latin-1: the file's name is ASCII.
func Path(dir, topic string) (string, error) {
	file, err := segment.FileName(topic)
	if err != nil {
		return "", coded(err)
	}
	return filepath.Join(dir, file), nil
}
