package bind

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"shm_pub_sub/shmpubsub"
	"shm_pub_sub/shmpubsub/internal/descriptor"
	"shm_pub_sub/shmpubsub/internal/segment"
)

// PayloadPublisher is a topic of any type but bool, int and float. C publishes its values.
type PayloadPublisher struct {
	topic string
	mu    sync.Mutex
	owned *segment.Owned // nil: closed
}

// NewPayloadPublisher makes topic in dir for values of the type that the descriptor describes, keeping depth of them;
// readers hold up to views values, and the publisher fills up to loans. metadata is JSON, or empty.
func NewPayloadPublisher(dir, topic, descriptorText string, depth, mode int64, retain, bridged bool, trust string, views, loans int64, metadata string) (*PayloadPublisher, error) {
	t, err := descriptor.Parse([]byte(descriptorText))
	if err != nil {
		return nil, coded(fmt.Errorf("create %q: %w", topic, err))
	}
	if fs.FileMode(mode)&^fs.ModePerm != 0 {
		return nil, coded(fmt.Errorf("%w: topic %q: found %v; expected permission bits only", shmpubsub.ErrMode, topic, fs.FileMode(mode)))
	}
	trusted, err := segment.NewTrust(users(trust))
	if err != nil {
		return nil, coded(err)
	}
	owned, err := segment.Create(segment.Spec{
		Dir: fromLatin1(dir), Topic: topic, Type: t, Depth: int(depth), Views: int(views), Loans: int(loans), Mode: uint32(mode), Retain: retain, Trust: trusted,
		Bridged: bridged, Metadata: metadata,
	})
	if err != nil {
		return nil, coded(err)
	}
	return &PayloadPublisher{topic: topic, owned: owned}, nil
}

// Mapping returns what the C hot path needs to publish. It must unmap the chunks, which Close leaves mapped then.
func (p *PayloadPublisher) Mapping() (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.owned == nil {
		return "", coded(fmt.Errorf("map %q: %w", p.topic, shmpubsub.ErrClosed))
	}
	if p.owned.Pooled && p.owned.Pool() == nil {
		return "", coded(errors.New("the chunks are already mapped"))
	}
	text, err := mappingText(p.owned.Mapping(), nil)
	p.owned.ReleasePool()
	return text, err
}

// Close ends the topic.
func (p *PayloadPublisher) Close() (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.owned == nil {
		return true, nil
	}
	owned := p.owned
	p.owned = nil
	if err := owned.Close(); err != nil {
		return true, coded(fmt.Errorf("close %q: %w", p.topic, err))
	}
	return true, nil
}
