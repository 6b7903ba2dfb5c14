package shmpubsub_test

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"

	"shm_pub_sub/shmpubsub"
)

// shared is a value that one goroutine writes and others read: how to write it, and how to make a reader.
type shared struct {
	write  func(int64)
	reader func() (read func() int64)
}

var sharedKinds = []struct {
	name string
	make func(*testing.B) shared
}{
	{"topic", func(b *testing.B) shared {
		p := intPublisher(b, "x")
		return shared{publishTo(p), func() func() int64 { return readFrom(intSubscriber(b, "x")) }}
	}},
	{"topic-one-subscriber", func(b *testing.B) shared { // whose mutex the readers share
		p, s := intPublisher(b, "x"), intSubscriber(b, "x")
		return shared{publishTo(p), func() func() int64 { return readFrom(s) }}
	}},
	{"atomic", func(*testing.B) shared {
		var newest atomic.Int64
		return shared{newest.Store, func() func() int64 { return newest.Load }}
	}},
	{"mutex", func(*testing.B) shared {
		var newest guarded
		return shared{newest.set, func() func() int64 { return newest.get }}
	}},
}

func publishTo(p *shmpubsub.IntPublisher) func(int64) {
	return func(v int64) { _ = p.Publish(v) }
}

func readFrom(s *shmpubsub.IntSubscriber) func() int64 {
	return func() int64 {
		v, _ := s.Subscribe()
		return v
	}
}

// BenchmarkParallelRead makes goroutines read at the same time. ns/op is the time divided by the number of all their
// reads: half of one reader's if two processors do not disturb each other.
func BenchmarkParallelRead(b *testing.B) {
	overReaders(b, func(*testing.B, shared) (stop func()) { return func() {} })
}

// BenchmarkParallelReadWhileWriting has one more goroutine, which writes without a pause.
func BenchmarkParallelReadWhileWriting(b *testing.B) {
	overReaders(b, func(b *testing.B, s shared) (stop func()) {
		written := int64(0)
		end := inBackground(func() {
			for range 100 { // not a look at the scheduler each time
				written++
				s.write(written)
			}
		})
		return func() {
			end()
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(written), "ns/write")
		}
	})
}

func overReaders(b *testing.B, disturb func(*testing.B, shared) (stop func())) {
	for _, kind := range sharedKinds {
		for _, readers := range []int{1, 2, 8, 64} {
			b.Run(fmt.Sprintf("kind=%s/readers=%d", kind.name, readers), func(b *testing.B) {
				domain(b)
				s := kind.make(b)
				s.write(1)
				reads := make([]func() int64, readers)
				for i := range reads {
					reads[i] = s.reader()
				}
				b.ReportAllocs()
				stop := disturb(b, s)
				b.ResetTimer()
				readInParallel(b, reads)
				b.StopTimer()
				stop()
			})
		}
	}
}

// sink uses the values read, so that no read is optimised away.
var sink atomic.Int64

// readInParallel runs one goroutine for each of reads. RunParallel makes a multiple of the processors: the surplus ones
// end at once.
func readInParallel(b *testing.B, reads []func() int64) {
	processors := runtime.GOMAXPROCS(0)
	b.SetParallelism((len(reads) + processors - 1) / processors)
	var started atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		i := int(started.Add(1)) - 1
		if i >= len(reads) {
			return
		}
		read, all := reads[i], int64(0)
		for pb.Next() {
			all |= read()
		}
		sink.Add(all)
	})
}
