package shmpubsub

import (
	"fmt"

	"shm_pub_sub/shmpubsub/internal/segment"
)

// Mapping is where a publisher's topic is mapped in this process, for code in another language that knows the
// memory layout: the Python extension publishes through it without entering Go. It is made for that, and changes with it.
type Mapping = segment.Mapping

// Mapping returns the topic's mapping, valid until Close. Code that writes through it replaces Publish, which must
// not be called any more. It reports [ErrClosed] after Close.
func (p *Publisher[T]) Mapping() (Mapping, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.segment == nil {
		return Mapping{}, fmt.Errorf("map %q: %w", p.topic, ErrClosed)
	}
	return p.segment.Mapping(), nil
}
