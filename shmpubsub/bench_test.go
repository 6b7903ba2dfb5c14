package shmpubsub_test

import (
	"context"
	"fmt"
	"testing"

	"shm_pub_sub/shmpubsub"
)

// The cost of one call. benchmarks/go.md says how to run the benchmarks and compare runs.

var depths = []int{1, 8, 1024}

func BenchmarkPublish(b *testing.B) {
	benchmarkPublish(b, bools)
	benchmarkPublish(b, ints)
	benchmarkPublish(b, floats)
}

func benchmarkPublish[T any](b *testing.B, k kind[T]) {
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

func benchmarkSubscribe[T any](b *testing.B, k kind[T]) {
	overDepths(b, k, func(b *testing.B, p *shmpubsub.Publisher[T], s *shmpubsub.Subscriber[T]) {
		_ = p.Publish(k.values[0])
		for b.Loop() {
			if _, ok := s.Subscribe(); !ok {
				b.Fatal("nothing to read")
			}
		}
	})
}

// BenchmarkSubscribeMiss reads a topic without values.
func BenchmarkSubscribeMiss(b *testing.B) {
	overDepths(b, ints, func(b *testing.B, _ *shmpubsub.IntPublisher, s *shmpubsub.IntSubscriber) {
		for b.Loop() {
			if _, ok := s.Subscribe(); ok {
				b.Fatal("there is a value")
			}
		}
	})
}

// BenchmarkTryRecv takes an available value.
func BenchmarkTryRecv(b *testing.B) {
	benchmarkTaking(b, func(s *shmpubsub.IntSubscriber) bool {
		_, ok := s.TryRecv()
		return ok
	})
}

// BenchmarkTryRecvMiss finds no value.
func BenchmarkTryRecvMiss(b *testing.B) {
	overDepths(b, ints, func(b *testing.B, _ *shmpubsub.IntPublisher, s *shmpubsub.IntSubscriber) {
		for b.Loop() {
			if _, ok := s.TryRecv(); ok {
				b.Fatal("there is a value")
			}
		}
	})
}

// BenchmarkRecv takes an available value; BenchmarkRoundTrip waits for one.
func BenchmarkRecv(b *testing.B) {
	ctx := context.Background()
	benchmarkTaking(b, func(s *shmpubsub.IntSubscriber) bool {
		_, err := s.Recv(ctx)
		return err == nil
	})
}

// many is how many values are published or taken at once: stopping the clock costs microseconds.
const many = 1024

// benchmarkTaking times one take after the other, of values that are published while the clock is stopped.
func benchmarkTaking(b *testing.B, take func(*shmpubsub.IntSubscriber) bool) {
	overDepth(b, ints, many, func(b *testing.B, p *shmpubsub.IntPublisher, s *shmpubsub.IntSubscriber) {
		values := make([]int64, many)
		for left := 0; b.Loop(); left-- {
			if left == 0 {
				b.StopTimer()
				_ = p.PublishMany(values)
				left = many
				b.StartTimer()
			}
			if !take(s) {
				b.Fatal("nothing to receive")
			}
		}
	})
}

// BenchmarkPublishAt says the time, which Publish reads itself.
func BenchmarkPublishAt(b *testing.B) {
	overDepth(b, ints, many, func(b *testing.B, p *shmpubsub.IntPublisher, _ *shmpubsub.IntSubscriber) {
		for b.Loop() {
			if err := p.PublishAt(1, shmpubsub.Now()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkAt, BenchmarkAfter and BenchmarkSince find values by their times: any one, and the last ten.
func BenchmarkAt(b *testing.B) {
	benchmarkFinding(b, func(s *shmpubsub.IntSubscriber, newest int64, n int) bool {
		_, ok := s.At(newest - int64(n%many))
		return ok
	})
}

func BenchmarkAfter(b *testing.B) {
	ctx := context.Background()
	benchmarkFinding(b, func(s *shmpubsub.IntSubscriber, newest int64, n int) bool {
		_, err := s.After(ctx, newest-int64(n%many))
		return err == nil
	})
}

func BenchmarkSince(b *testing.B) {
	benchmarkFinding(b, func(s *shmpubsub.IntSubscriber, newest int64, _ int) bool {
		return len(s.Since(newest-10)) == 10
	})
}

func benchmarkFinding(b *testing.B, find func(s *shmpubsub.IntSubscriber, newest int64, n int) bool) {
	overDepth(b, ints, many, func(b *testing.B, p *shmpubsub.IntPublisher, s *shmpubsub.IntSubscriber) {
		b.ReportAllocs()
		newest := shmpubsub.Now()
		for n := range int64(many) {
			_ = p.PublishAt(n, newest-many+1+n)
		}
		for n := 0; b.Loop(); n++ {
			if !find(s, newest, n) {
				b.Fatal("nothing is found")
			}
		}
	})
}

func BenchmarkPublishMany(b *testing.B) {
	overDepth(b, ints, many, func(b *testing.B, p *shmpubsub.IntPublisher, _ *shmpubsub.IntSubscriber) {
		for _, n := range []int{1, 10, many} {
			b.Run(fmt.Sprintf("values=%d", n), func(b *testing.B) {
				b.ReportAllocs()
				values := make([]int64, n)
				for b.Loop() {
					_ = p.PublishMany(values)
				}
				reportEach(b, n)
			})
		}
	})
}

func BenchmarkDrainInto(b *testing.B) {
	overDepth(b, ints, many, func(b *testing.B, p *shmpubsub.IntPublisher, s *shmpubsub.IntSubscriber) {
		values, into := make([]int64, many), make([]int64, many)
		for b.Loop() {
			b.StopTimer()
			_ = p.PublishMany(values)
			b.StartTimer()
			if s.DrainInto(into) != many {
				b.Fatal("not all received")
			}
		}
		reportEach(b, many)
	})
}

func reportEach(b *testing.B, values int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*values), "ns/value")
}

func overDepths[T any](b *testing.B, k kind[T], run func(*testing.B, *shmpubsub.Publisher[T], *shmpubsub.Subscriber[T])) {
	for _, depth := range depths {
		overDepth(b, k, depth, run)
	}
}

// overDepth runs a benchmark on a separate topic.
func overDepth[T any](b *testing.B, k kind[T], depth int, run func(*testing.B, *shmpubsub.Publisher[T], *shmpubsub.Subscriber[T])) {
	b.Run(fmt.Sprintf("type=%s/depth=%d", k.name, depth), func(b *testing.B) {
		domain(b)
		p := made[*shmpubsub.Publisher[T]](b)(k.publisher("x", depth))
		s := made[*shmpubsub.Subscriber[T]](b)(k.subscriber("x", k.def))
		b.ReportAllocs()
		run(b, p, s)
	})
}
