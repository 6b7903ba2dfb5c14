package shmpubsub

import (
	"fmt"
	"sync"
	"unicode/utf8"
	"unsafe"

	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/clock"
	"shm_pub_sub/shmpubsub/internal/futex"
	"shm_pub_sub/shmpubsub/internal/pool"
	"shm_pub_sub/shmpubsub/internal/ring"
	"shm_pub_sub/shmpubsub/internal/segment"
)

// writer is what all publishers have.
type writer struct {
	topic string
	form

	// mu serialises the ring's single writer, and Close against it.
	mu      sync.Mutex
	segment *segment.Owned // nil: closed
	ring    ring.Writer    // if values are in the slots,
	words   []uint64       // where they are put together;
	chunks  *pool.Chunks   // otherwise nil
	lent    []byte         // the chunks' memory after Close, while loans are open; nil: there are none
}

// begin creates the topic.
func (p *writer) begin(depth int, o options) error {
	spec := segment.Spec{
		Dir: o.dir, Topic: p.topic, Type: p.typ, Depth: depth, Views: 2, Loans: 1, Mode: uint32(o.mode), Retain: o.retain, Trust: o.trust,
		Bridged: o.bridged,
	}
	o.meta.Fields = p.meta
	var err error
	if spec.Metadata, err = o.metadata(p.topic); err != nil {
		return err
	}
	if o.views >= 0 {
		spec.Views = o.views
	}
	if o.loans > 0 {
		spec.Loans = o.loans
	}
	s, err := segment.Create(spec)
	if err != nil {
		return err
	}
	if p.segment = s; s.Pooled {
		p.chunks = s.Chunks()
	} else {
		p.ring, p.words = ring.NewWriter(s.Ring()), make([]uint64, (s.ElemSize+7)/8)
	}
	p.least() // it has passed when the first value is published
	return nil
}

// check reports whether b can be a value.
func (p *writer) check(b []byte) error {
	n := len(b)
	switch {
	case !p.typ.Variable && n != p.row:
		return fmt.Errorf("%w: publish %q: found %d elements; expected %d, as %v has", ErrValue, p.topic, n/p.size, p.row/p.size, p.typ)
	case p.typ.Variable && uint64(n/p.row) > p.typ.Max:
		return fmt.Errorf("%w: publish %q: found a length of %d; expected %d at most; give the publisher a larger WithMaxSize",
			ErrValue, p.topic, n/p.row, p.typ.Max)
	case n%p.row != 0:
		return fmt.Errorf("%w: publish %q: found %d elements; expected a multiple of %d, as %v has", ErrValue, p.topic, n/p.size, p.row/p.size, p.typ)
	case len(p.rooms) > 0:
		if field, length := p.each(p.rooms, b, false, findUnfit); field != nil && length > uint64(field.n) {
			return fmt.Errorf("%w: publish %q: found a length of %d in the field %s; expected %d at most", ErrValue, p.topic, length, field.field, field.n)
		} else if field != nil {
			return fmt.Errorf("%w: publish %q: found text that is not UTF-8 in the field %s; expected UTF-8; use Bytes", ErrValue, p.topic, field.field)
		}
	case p.text() && !utf8.Valid(b):
		return fmt.Errorf("%w: publish %q: found text that is not UTF-8; expected UTF-8; use a publisher of bytes", ErrValue, p.topic)
	}
	return nil
}

// publish makes b the newest value, after its caller's check.
func (p *writer) publish(b []byte, now int64) error {
	if p.chunks == nil {
		w := p.words
		w[len(w)-1] = 0
		dst := bytesOf(&w[0], len(w))
		copy(dst, b)
		p.clearGaps(dst[:len(b)])
		p.ring.Write(w, now)
		return nil
	}
	chunk, ok := p.chunks.Take()
	if !ok {
		return p.loanError("publish")
	}
	dst := p.chunks.Payload(chunk, uint64(len(b)))
	p.copyUsed(dst, b)
	p.clearGaps(dst)
	p.chunks.Publish(chunk, uint64(len(b)), now)
	return nil
}

// publishOne publishes b and wakes waiters.
func (p *writer) publishOne(b []byte, at stamp) error {
	if err := p.check(b); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.segment == nil {
		return p.closedError("publish")
	}
	now, err := p.timeOf(at)
	if err != nil {
		return err
	}
	if err := p.publish(b, now); err != nil {
		return err
	}
	futex.Notify(p.segment.WaitWord())
	return nil
}

// publishAll publishes n values, all or none, and wakes waiters once, at the end.
func (p *writer) publishAll(n int, value func(int) []byte) error {
	for i := range n {
		if err := p.check(value(i)); err != nil {
			return err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.segment == nil {
		return p.closedError("publish")
	}
	if n == 0 {
		return nil
	}
	now := clock.Now()
	for i := range n {
		if err := p.publish(value(i), now); err != nil {
			return err // before the first one: loans are opened and ended under mu
		}
	}
	futex.Notify(p.segment.WaitWord())
	return nil
}

func (p *writer) closedError(operation string) error {
	return fmt.Errorf("%s %q: %w", operation, p.topic, ErrClosed)
}

func (p *writer) loanError(operation string) error {
	return fmt.Errorf("%w: %s %q: found %d open; expected fewer, as the publisher was made WithLoans(%d); end one first, or allow more",
		ErrLoan, operation, p.topic, p.chunks.Taken(), p.segment.Loans)
}

// Close ends the topic: subscribers report false from their next read on, unless it is retained. It is idempotent.
func (p *writer) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.segment == nil {
		return nil
	}
	s := p.segment
	p.segment, p.ring = nil, ring.Writer{}
	if p.chunks != nil && p.chunks.Taken() > 0 {
		p.lent = s.Pool()
		s.ReleasePool()
	}
	if err := s.Close(); err != nil {
		return fmt.Errorf("close %q: %w", p.topic, err)
	}
	return nil
}

// Topic returns the topic's name.
func (p *writer) Topic() string { return p.topic }

// loan is a value that is being filled.
type loan struct {
	memory []byte // nil: it is published, or dropped
	chunk  uint32
}

// lend opens a loan of n bytes, in a chunk. What lies there is what an earlier value left, but for bools and lengths: other
// bytes may have come there from another process.
func (p *writer) lend(n uint64) (loan, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.segment == nil {
		return loan{}, p.closedError("lend a value of")
	}
	chunk, ok := p.chunks.Take()
	if !ok {
		return loan{}, p.loanError("lend a value of")
	}
	l := loan{memory: p.chunks.Payload(chunk, n), chunk: chunk}
	p.prepare(l.memory)
	return l, nil
}

// end publishes the loan. With an error it is still open.
func (p *writer) end(l *loan, at stamp) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.segment == nil {
		return p.closedError("publish")
	}
	now, err := p.timeOf(at)
	if err != nil {
		return err
	}
	memory := l.memory
	l.memory = nil
	p.clearGaps(memory)
	p.chunks.Publish(l.chunk, uint64(len(memory)), now)
	futex.Notify(p.segment.WaitWord())
	return nil
}

// drop drops the loan, unless it was published.
func (p *writer) drop(l *loan) {
	if l.memory == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	l.memory = nil
	p.chunks.Drop(l.chunk)
	if p.lent != nil && p.chunks.Taken() == 0 {
		_ = unix.MunmapPtr(unsafe.Pointer(unsafe.SliceData(p.lent)), uintptr(len(p.lent))) // fails only on a wrong address
		p.lent = nil
	}
}
