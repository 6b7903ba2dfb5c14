package bind

import (
	"time"

	"shm_pub_sub/shmpubsub"
)

func subscriberOptions(dir string, maxAge int64, trust string) []shmpubsub.SubscriberOption {
	opts := []shmpubsub.SubscriberOption{shmpubsub.InDir(fromLatin1(dir)), shmpubsub.WithTrust(users(trust)...)}
	if maxAge != 0 {
		opts = append(opts, shmpubsub.WithMaxAge(time.Duration(maxAge)))
	}
	return opts
}

// read converts the results of Subscribe to a form that gopy can express.
func read[T any](v T, ok bool, err error) (T, error) {
	switch {
	case ok:
		return v, nil
	case err != nil:
		return v, coded(err)
	}
	return v, errNothing
}

// BoolSubscriber reads a topic of bool values.
type BoolSubscriber struct{ s *shmpubsub.BoolSubscriber }

// NewBoolSubscriber subscribes to topic in dir. maxAge is in nanoseconds, 0 for none.
func NewBoolSubscriber(dir, topic string, value bool, maxAge int64, trust string) (*BoolSubscriber, error) {
	s, err := shmpubsub.NewBoolSubscriber(topic, value, subscriberOptions(dir, maxAge, trust)...)
	if err != nil {
		return nil, coded(err)
	}
	return &BoolSubscriber{s}, nil
}

// Subscribe returns the newest value, or an error of kind nothing.
func (s *BoolSubscriber) Subscribe() (bool, error) {
	v, ok := s.s.Subscribe()
	return read(v, ok, s.s.Err())
}

// Close releases the topic.
func (s *BoolSubscriber) Close() (bool, error) { return true, coded(s.s.Close()) }

// IntSubscriber reads a topic of int64 values.
type IntSubscriber struct{ s *shmpubsub.IntSubscriber }

// NewIntSubscriber subscribes to topic in dir. maxAge is in nanoseconds, 0 for none.
func NewIntSubscriber(dir, topic string, value int64, maxAge int64, trust string) (*IntSubscriber, error) {
	s, err := shmpubsub.NewIntSubscriber(topic, value, subscriberOptions(dir, maxAge, trust)...)
	if err != nil {
		return nil, coded(err)
	}
	return &IntSubscriber{s}, nil
}

// Subscribe returns the newest value, or an error of kind nothing.
func (s *IntSubscriber) Subscribe() (int64, error) {
	v, ok := s.s.Subscribe()
	return read(v, ok, s.s.Err())
}

// Close releases the topic.
func (s *IntSubscriber) Close() (bool, error) { return true, coded(s.s.Close()) }

// FloatSubscriber reads a topic of float64 values.
type FloatSubscriber struct{ s *shmpubsub.FloatSubscriber }

// NewFloatSubscriber subscribes to topic in dir. maxAge is in nanoseconds, 0 for none.
func NewFloatSubscriber(dir, topic string, value float64, maxAge int64, trust string) (*FloatSubscriber, error) {
	s, err := shmpubsub.NewFloatSubscriber(topic, value, subscriberOptions(dir, maxAge, trust)...)
	if err != nil {
		return nil, coded(err)
	}
	return &FloatSubscriber{s}, nil
}

// Subscribe returns the newest value, or an error of kind nothing.
func (s *FloatSubscriber) Subscribe() (float64, error) {
	v, ok := s.s.Subscribe()
	return read(v, ok, s.s.Err())
}

// Close releases the topic.
func (s *FloatSubscriber) Close() (bool, error) { return true, coded(s.s.Close()) }
