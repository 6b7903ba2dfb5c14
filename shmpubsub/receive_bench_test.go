package shmpubsub_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"shm_pub_sub/shmpubsub"
)

// BenchmarkRecv publishes a value and receives it.
func BenchmarkRecv(b *testing.B) {
	benchmarkRecv(b, bools)
	benchmarkRecv(b, ints)
	benchmarkRecv(b, floats)
}

func benchmarkRecv[T shmpubsub.Value](b *testing.B, k kind[T]) {
	ctx := context.Background()
	overDepths(b, k, func(b *testing.B, p *shmpubsub.Publisher[T], s *shmpubsub.Subscriber[T]) {
		for b.Loop() {
			_ = p.Publish(k.values[0])
			if _, err := s.Recv(ctx); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkTryRecv finds nothing.
func BenchmarkTryRecv(b *testing.B) {
	overDepths(b, ints, func(b *testing.B, _ *shmpubsub.IntPublisher, s *shmpubsub.IntSubscriber) {
		for b.Loop() {
			_, _ = s.TryRecv()
		}
	})
}

// BenchmarkPublishMany publishes batches and receives them, and tells the time of one value.
func BenchmarkPublishMany(b *testing.B) {
	for _, n := range []int{1, 10, 1000} {
		b.Run(fmt.Sprintf("type=int/values=%d", n), func(b *testing.B) {
			domain(b)
			p := made[*shmpubsub.IntPublisher](b)(shmpubsub.NewIntPublisher("x", n))
			s := intSubscriber(b, "x")
			values, into := make([]int64, n), make([]int64, n)
			b.ReportAllocs()
			for b.Loop() {
				_ = p.PublishMany(values)
				if s.DrainInto(into) != n {
					b.Fatal()
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/value")
		})
	}
}

// BenchmarkBlockingRoundTrip sends a value there and back, to a goroutine or another process that waits for it.
func BenchmarkBlockingRoundTrip(b *testing.B) {
	b.Run("to=goroutine/by=topics", func(b *testing.B) {
		domain(b)
		there, back := intPublisher(b, "there"), intPublisher(b, "back")
		echo, s := intSubscriber(b, "there"), intSubscriber(b, "back")
		go func() { _ = echoTopic(echo, back) }()
		roundTrips(b, there, s)
		_ = echo.Close()
	})
	b.Run("to=process/by=topics", func(b *testing.B) {
		domain(b)
		there := intPublisher(b, "there")
		child := spawn(b, "echo")
		defer child.end(b)
		roundTrips(b, there, intSubscriber(b, "back"))
	})
	b.Run("to=goroutine/by=channel", func(b *testing.B) {
		there, back := make(chan int64), make(chan int64)
		go func() {
			for v := range there {
				back <- v
			}
		}()
		for i := int64(0); b.Loop(); i++ {
			there <- i
			if <-back != i {
				b.Fatal()
			}
		}
		close(there)
	})
	b.Run("to=goroutine/by=pipe", func(b *testing.B) {
		read, there, err := os.Pipe()
		back, write, err2 := os.Pipe()
		if err := errors.Join(err, err2); err != nil {
			b.Fatal(err)
		}
		go func() { _, _ = io.Copy(struct{ io.Writer }{write}, struct{ io.Reader }{read}) }()
		roundTripsByPipe(b, there, back)
		_, _, _, _ = there.Close(), read.Close(), write.Close(), back.Close()
	})
	b.Run("to=process/by=pipe", func(b *testing.B) {
		domain(b)
		child := spawn(b, "cat")
		roundTripsByPipe(b, child.in, child.raw)
		child.end(b)
	})
}

func roundTrips(b *testing.B, there *shmpubsub.IntPublisher, back *shmpubsub.IntSubscriber) {
	ctx := context.Background()
	b.ReportAllocs()
	for i := int64(0); b.Loop(); i++ {
		_ = there.Publish(i)
		if v, err := back.Recv(ctx); err != nil || v != i {
			b.Fatal(v, err)
		}
	}
}

func roundTripsByPipe(b *testing.B, there io.Writer, back io.Reader) {
	var value [8]byte
	for i := uint64(0); b.Loop(); i++ {
		binary.LittleEndian.PutUint64(value[:], i)
		if _, err := there.Write(value[:]); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(back, value[:]); err != nil || binary.LittleEndian.Uint64(value[:]) != i {
			b.Fatal(err)
		}
	}
}

func echoTopic(s *shmpubsub.IntSubscriber, back *shmpubsub.IntPublisher) error {
	for v := range s.Values(context.Background()) {
		if err := back.Publish(v); err != nil {
			return err
		}
	}
	return nil
}

// echoUntilEnd publishes what it receives on one topic on another.
func echoUntilEnd([]string) error {
	back, err := shmpubsub.NewIntPublisher("back", 3)
	if err != nil {
		return err
	}
	s, err := shmpubsub.NewIntSubscriber("there", -1)
	if err != nil {
		return err
	}
	go func() { _ = echoTopic(s, back) }()
	return errors.Join(liveOn(), s.Close(), back.Close())
}

// catUntilEnd writes what it reads.
func catUntilEnd([]string) error {
	fmt.Println("ready")
	_, err := io.Copy(struct{ io.Writer }{os.Stdout}, struct{ io.Reader }{os.Stdin})
	return err
}
