package bind

import (
	"io/fs"

	"shm_pub_sub/shmpubsub"
)

func publisherOptions(dir string, mode int64, retain, bridged bool, trust, metadata string) []shmpubsub.PublisherOption {
	opts := []shmpubsub.PublisherOption{
		shmpubsub.InDir(fromLatin1(dir)), shmpubsub.WithMode(fs.FileMode(mode)), shmpubsub.WithTrust(users(trust)...),
		shmpubsub.WithMetadataJSON(metadata),
	}
	if retain {
		opts = append(opts, shmpubsub.WithRetain())
	}
	if bridged {
		opts = append(opts, shmpubsub.WithBridged())
	}
	return opts
}

// BoolPublisher publishes a topic of bool values.
type BoolPublisher struct{ p *shmpubsub.BoolPublisher }

// NewBoolPublisher makes topic in dir, keeping depth values. metadata is JSON, or empty.
func NewBoolPublisher(dir, topic string, depth, mode int64, retain, bridged bool, trust, metadata string) (*BoolPublisher, error) {
	p, err := shmpubsub.NewBoolPublisher(topic, int(depth), publisherOptions(dir, mode, retain, bridged, trust, metadata)...)
	if err != nil {
		return nil, coded(err)
	}
	return &BoolPublisher{p}, nil
}

// Publish makes v the newest value.
func (p *BoolPublisher) Publish(v bool) (bool, error) { return true, coded(p.p.Publish(v)) }

// Close ends the topic.
func (p *BoolPublisher) Close() (bool, error) { return true, coded(p.p.Close()) }

// Mapping returns what the C hot path needs to publish in Publish's place.
func (p *BoolPublisher) Mapping() (string, error) { return mappingText(p.p.Mapping()) }

// IntPublisher publishes a topic of int64 values.
type IntPublisher struct{ p *shmpubsub.IntPublisher }

// NewIntPublisher makes topic in dir, keeping depth values. metadata is JSON, or empty.
func NewIntPublisher(dir, topic string, depth, mode int64, retain, bridged bool, trust, metadata string) (*IntPublisher, error) {
	p, err := shmpubsub.NewIntPublisher(topic, int(depth), publisherOptions(dir, mode, retain, bridged, trust, metadata)...)
	if err != nil {
		return nil, coded(err)
	}
	return &IntPublisher{p}, nil
}

// Publish makes v the newest value.
func (p *IntPublisher) Publish(v int64) (bool, error) { return true, coded(p.p.Publish(v)) }

// Close ends the topic.
func (p *IntPublisher) Close() (bool, error) { return true, coded(p.p.Close()) }

// Mapping returns what the C hot path needs to publish in Publish's place.
func (p *IntPublisher) Mapping() (string, error) { return mappingText(p.p.Mapping()) }

// FloatPublisher publishes a topic of float64 values.
type FloatPublisher struct{ p *shmpubsub.FloatPublisher }

// NewFloatPublisher makes topic in dir, keeping depth values. metadata is JSON, or empty.
func NewFloatPublisher(dir, topic string, depth, mode int64, retain, bridged bool, trust, metadata string) (*FloatPublisher, error) {
	p, err := shmpubsub.NewFloatPublisher(topic, int(depth), publisherOptions(dir, mode, retain, bridged, trust, metadata)...)
	if err != nil {
		return nil, coded(err)
	}
	return &FloatPublisher{p}, nil
}

// Publish makes v the newest value.
func (p *FloatPublisher) Publish(v float64) (bool, error) { return true, coded(p.p.Publish(v)) }

// Close ends the topic.
func (p *FloatPublisher) Close() (bool, error) { return true, coded(p.p.Close()) }

// Mapping returns what the C hot path needs to publish in Publish's place.
func (p *FloatPublisher) Mapping() (string, error) { return mappingText(p.p.Mapping()) }
