package segment

import (
	"errors"
	"fmt"

	"shm_pub_sub/shmpubsub/internal/descriptor"
)

var (
	// ErrExists says that a live publisher holds the topic.
	//lint:ignore ST1005 the tutorial fixes this text
	ErrExists = errors.New("Shared memory already exists")
	// ErrCreate says that the shared memory could not be created.
	//lint:ignore ST1005 the tutorial fixes this text
	ErrCreate = errors.New("Failed to create shared memory")
	// ErrOpen says that existing shared memory could not be opened.
	//lint:ignore ST1005 like the other two
	ErrOpen = errors.New("Failed to open shared memory")
	// ErrUntrusted says that the file under a topic's name belongs to a user who is not trusted.
	ErrUntrusted = errors.New("not trusted")
	// ErrTrust says that a user to trust is unknown.
	ErrTrust = errors.New("invalid trust")
	// ErrName says that a topic's name cannot be used.
	ErrName = errors.New("invalid topic name")
	// ErrDepth says that a number of buffers cannot be used.
	ErrDepth = errors.New("invalid number of buffers")
	// ErrViews says that a number of views cannot be used.
	ErrViews = errors.New("invalid number of views")
	// ErrLoans says that a number of loans cannot be used.
	ErrLoans = errors.New("invalid number of loans")
	// ErrMode says that a file mode cannot be used.
	ErrMode = errors.New("invalid mode")
	// ErrMetadata says that metadata cannot be used.
	ErrMetadata = errors.New("invalid metadata")
	// ErrLayout says that a file is not a topic that this version can read.
	ErrLayout = errors.New("not a topic of this version")
	// ErrType says that a topic's values are of another type.
	ErrType = errors.New("topic has another type")
	// ErrNoPublisher says that a topic has no live publisher and no retained value.
	ErrNoPublisher = errors.New("no publisher")
)

// NameError is an unusable topic name.
type NameError struct{ Topic, Reason string }

func (e *NameError) Error() string {
	topic := fmt.Sprintf("%.60q", e.Topic)
	if len(e.Topic) > 60 {
		topic += "..."
	}
	return fmt.Sprintf("topic name %s: %s", topic, e.Reason)
}
func (e *NameError) Unwrap() error { return ErrName }

// LayoutError is a file that is not a topic of this version.
type LayoutError struct{ Found, Expected string }

func (e *LayoutError) Error() string { return "found " + e.Found + "; expected " + e.Expected }
func (e *LayoutError) Unwrap() error { return ErrLayout }

// TypeError is a topic whose values are of another type than the requested one.
type TypeError struct {
	Topic       string
	Found, Want descriptor.Type
	PID         int
}

func (e *TypeError) Error() string {
	difference := descriptor.Difference(e.Found, e.Want)
	if difference != "" {
		difference = ": " + difference
	}
	return fmt.Sprintf("open %q: found a topic of type %s (publisher: process %d); expected %s%s; use the publisher's type or another name",
		e.Topic, e.Found, e.PID, e.Want, difference)
}
func (e *TypeError) Unwrap() error { return ErrType }
