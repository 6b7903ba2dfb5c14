package shmpubsub

import "fmt"

// Mapping says where a publisher's topic is mapped in this process, for code in another language
// that speaks the memory layout: the Python extension publishes through it without entering Go.
type Mapping struct {
	Address  uintptr // of the file's first byte
	Size     uint64  // bytes mapped
	First    uint64  // offset of slot 0
	Stride   uint64  // bytes from one slot to the next
	Slots    uint64
	FD       int // the descriptor whose lock says that the publisher lives; the caller's to close
	Replaced int // the process whose topic was taken over; 0: none
}

// Mapping returns the topic's mapping, valid until Close. Whoever writes through it takes the place
// of Publish, which must not be called any more, and closes FD after Close, which then does not: a
// child that is forked meanwhile must let go of it too. It reports ErrClosed after Close.
func (p *Publisher[T]) Mapping() (Mapping, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.segment == nil {
		return Mapping{}, fmt.Errorf("map %q: %w", p.topic, ErrClosed)
	}
	s := p.segment
	address, fd := s.Lend()
	return Mapping{
		Address: address, Size: s.FileSize, First: s.First, Stride: s.Stride, Slots: s.Slots,
		FD: fd, Replaced: s.Replaced,
	}, nil
}
