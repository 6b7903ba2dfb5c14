package shmpubsub_test

import (
	"encoding/binary"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
)

// BenchmarkHandOver puts a value somewhere and gets it back, in one goroutine: a topic compared with what Go has inside
// a process, and the system between processes. Nothing ever waits.
func BenchmarkHandOver(b *testing.B) {
	b.Run("kind=topic", func(b *testing.B) {
		handOverByTopic(b, (*shmpubsub.IntSubscriber).Subscribe)
	})
	b.Run("kind=topic-received", func(b *testing.B) {
		handOverByTopic(b, (*shmpubsub.IntSubscriber).TryRecv)
	})
	b.Run("kind=atomic", func(b *testing.B) {
		b.ReportAllocs()
		var newest atomic.Int64
		for i := int64(0); b.Loop(); i++ {
			newest.Store(i)
			if newest.Load() != i {
				b.Fatal("another value")
			}
		}
	})
	b.Run("kind=mutex", func(b *testing.B) {
		b.ReportAllocs()
		var newest guarded
		for i := int64(0); b.Loop(); i++ {
			newest.set(i)
			if newest.get() != i {
				b.Fatal("another value")
			}
		}
	})
	b.Run("kind=channel", func(b *testing.B) {
		b.ReportAllocs()
		queue := make(chan int64, 1) // without a buffer it takes two goroutines: BenchmarkRoundTrip
		for i := int64(0); b.Loop(); i++ {
			queue <- i
			if <-queue != i {
				b.Fatal("another value")
			}
		}
	})
	b.Run("kind=pipe", func(b *testing.B) {
		b.ReportAllocs()
		p := newPipe(b)
		for i := int64(0); b.Loop(); i++ {
			p.send(b, i)
			if p.receive(b) != i {
				b.Fatal("another value")
			}
		}
	})
}

func handOverByTopic(b *testing.B, get func(*shmpubsub.IntSubscriber) (int64, bool)) {
	domain(b)
	p, s := intPublisher(b, "x"), intSubscriber(b, "x")
	b.ReportAllocs()
	for i := int64(0); b.Loop(); i++ {
		_ = p.Publish(i)
		if v, ok := get(s); !ok || v != i {
			b.Fatal("another value")
		}
	}
}

// guarded is a value behind a mutex.
type guarded struct {
	mu    sync.Mutex
	value int64
}

func (g *guarded) set(v int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.value = v
}

func (g *guarded) get() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.value
}

// pipe carries values as 8 bytes each.
type pipe struct {
	from, to *os.File
	buffer   [8]byte
}

func newPipe(b *testing.B) *pipe {
	b.Helper()
	from, to, err := os.Pipe()
	require.NoError(b, err)
	b.Cleanup(func() { _, _ = to.Close(), from.Close() })
	return &pipe{from: from, to: to}
}

func (p *pipe) send(b *testing.B, v int64) {
	binary.LittleEndian.PutUint64(p.buffer[:], uint64(v))
	if _, err := p.to.Write(p.buffer[:]); err != nil {
		b.Fatal(err)
	}
}

// receive takes what one send wrote: few bytes arrive together.
func (p *pipe) receive(b *testing.B) int64 {
	if n, err := p.from.Read(p.buffer[:]); err != nil || n != len(p.buffer) {
		b.Fatal(n, err)
	}
	return int64(binary.LittleEndian.Uint64(p.buffer[:]))
}
