package shmpubsub_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"shm_pub_sub/shmpubsub"
)

var depths = []int{1, 8, 1024}

func BenchmarkPublish(b *testing.B) {
	benchmarkPublish(b, bools)
	benchmarkPublish(b, ints)
	benchmarkPublish(b, floats)
}

func benchmarkPublish[T shmpubsub.Value](b *testing.B, k kind[T]) {
	overDepths(b, k, func(b *testing.B, p *shmpubsub.Publisher[T], _ *shmpubsub.Subscriber[T]) {
		for b.Loop() {
			_ = p.Publish(k.values[0])
		}
	})
}

func BenchmarkSubscribe(b *testing.B) {
	benchmarkSubscribe(b, bools)
	benchmarkSubscribe(b, ints)
	benchmarkSubscribe(b, floats)
}

func benchmarkSubscribe[T shmpubsub.Value](b *testing.B, k kind[T]) {
	overDepths(b, k, func(b *testing.B, p *shmpubsub.Publisher[T], s *shmpubsub.Subscriber[T]) {
		_ = p.Publish(k.values[0])
		for b.Loop() {
			if _, ok := s.Subscribe(); !ok {
				b.Fatal("nothing to read")
			}
		}
	})
}

// BenchmarkRoundTrip publishes a value and reads it.
func BenchmarkRoundTrip(b *testing.B) {
	overDepths(b, ints, func(b *testing.B, p *shmpubsub.IntPublisher, s *shmpubsub.IntSubscriber) {
		for i := int64(0); b.Loop(); i++ {
			_ = p.Publish(i)
			if v, ok := s.Subscribe(); !ok || v != i {
				b.Fatal(v, ok)
			}
		}
	})
}

// BenchmarkSubscribeWhilePublishing reads a topic that another goroutine publishes at full speed.
func BenchmarkSubscribeWhilePublishing(b *testing.B) {
	overDepths(b, ints, func(b *testing.B, p *shmpubsub.IntPublisher, s *shmpubsub.IntSubscriber) {
		_ = p.Publish(0)
		var stop atomic.Bool
		var publisher sync.WaitGroup
		publisher.Go(func() {
			for i := int64(0); !stop.Load(); i++ {
				_ = p.Publish(i)
			}
		})
		for b.Loop() {
			_, _ = s.Subscribe()
		}
		stop.Store(true)
		publisher.Wait()
	})
}

func overDepths[T shmpubsub.Value](b *testing.B, k kind[T], run func(*testing.B, *shmpubsub.Publisher[T], *shmpubsub.Subscriber[T])) {
	for _, depth := range depths {
		b.Run(fmt.Sprintf("type=%s/depth=%d", k.name, depth), func(b *testing.B) {
			domain(b)
			p := made[*shmpubsub.Publisher[T]](b)(k.publisher("x", depth))
			s := made[*shmpubsub.Subscriber[T]](b)(k.subscriber("x", k.def))
			b.ReportAllocs()
			run(b, p, s)
		})
	}
}

// BenchmarkBaseline hands a value over inside one process by what Go itself has for it; each also
// reads it back, as BenchmarkRoundTrip does.
func BenchmarkBaseline(b *testing.B) {
	b.Run("by=atomic", func(b *testing.B) {
		var newest atomic.Int64
		for i := int64(0); b.Loop(); i++ {
			newest.Store(i)
			if newest.Load() != i {
				b.Fatal()
			}
		}
	})
	b.Run("by=mutex", func(b *testing.B) {
		var mu sync.Mutex
		var newest int64
		for i := int64(0); b.Loop(); i++ {
			mu.Lock()
			newest = i
			mu.Unlock()
			mu.Lock()
			v := newest
			mu.Unlock()
			if v != i {
				b.Fatal()
			}
		}
	})
	b.Run("by=channel", func(b *testing.B) {
		queue := make(chan int64, 1)
		for i := int64(0); b.Loop(); i++ {
			queue <- i
			if <-queue != i {
				b.Fatal()
			}
		}
	})
}
