package shmpubsub

import "fmt"

// Mapping is where a publisher's topic is mapped in this process, for code in another language that knows the
// memory layout: the Python extension publishes through it without entering Go.
type Mapping struct {
	Address  uintptr // of the file's first byte
	Size     uint64  // bytes mapped
	First    uint64  // offset of slot 0
	Stride   uint64  // bytes from one slot to the next
	Slots    uint64
	FD       int // whose lock shows that the publisher lives; Close closes it
	Replaced int // the process whose topic was taken over; 0: none
}

// Mapping returns the topic's mapping, valid until Close. Code that writes through it replaces Publish, which must
// not be called any more. It reports ErrClosed after Close.
func (p *Publisher[T]) Mapping() (Mapping, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.segment == nil {
		return Mapping{}, fmt.Errorf("map %q: %w", p.topic, ErrClosed)
	}
	s := p.segment
	return Mapping{
		Address: s.Address(), Size: s.FileSize, First: s.First, Stride: s.Stride, Slots: s.Slots,
		FD: s.FD(), Replaced: s.Replaced,
	}, nil
}
