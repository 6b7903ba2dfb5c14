package shmpubsub_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync/atomic"
	"testing"

	"shm_pub_sub/shmpubsub"
)

// BenchmarkRoundTrip sends a value to a waiting goroutine or process, and waits for its answer. Blocked waiters sleep,
// spinning ones poll.
func BenchmarkRoundTrip(b *testing.B) {
	b.Run("waiting=blocked/to=goroutine/kind=topic", func(b *testing.B) {
		domain(b)
		there, back := intPublisher(b, "there"), intPublisher(b, "back")
		echo, s := intSubscriber(b, "there"), intSubscriber(b, "back")
		go func() { _ = echoTopic(echo, back) }()
		roundTrips(b, there, waitingFor(b, s))
		_ = echo.Close()
	})
	b.Run("waiting=blocked/to=process/kind=topic", func(b *testing.B) {
		roundTripsToProcess(b, waitingFor)
	})
	b.Run("waiting=blocked/to=goroutine/kind=channel", func(b *testing.B) {
		roundTripsByChannel(b, make(chan int64), make(chan int64))
	})
	b.Run("waiting=blocked/to=goroutine/kind=buffered-channel", func(b *testing.B) {
		roundTripsByChannel(b, make(chan int64, 1), make(chan int64, 1))
	})
	b.Run("waiting=blocked/to=goroutine/kind=pipe", func(b *testing.B) {
		there, back := newPipe(b), newPipe(b)
		go func() { _, _ = io.Copy(struct{ io.Writer }{back.to}, struct{ io.Reader }{there.from}) }()
		roundTripsByPipe(b, there.to, back.from)
	})
	b.Run("waiting=blocked/to=process/kind=pipe", func(b *testing.B) {
		domain(b)
		child := spawn(b, "cat")
		roundTripsByPipe(b, child.in, child.raw)
		child.end(b)
	})
	b.Run("waiting=spinning/to=goroutine/kind=topic", func(b *testing.B) {
		domain(b)
		there, back := intPublisher(b, "there"), intPublisher(b, "back")
		echo, s := intSubscriber(b, "there"), intSubscriber(b, "back")
		defer inBackground(func() {
			if v, ok := echo.TryRecv(); ok {
				_ = back.Publish(v)
			}
		})()
		roundTrips(b, there, spinningFor(b, s))
	})
	b.Run("waiting=spinning/to=process/kind=topic", func(b *testing.B) {
		roundTripsToProcess(b, spinningFor, "spinning")
	})
	b.Run("waiting=spinning/to=goroutine/kind=atomic", func(b *testing.B) {
		var there, back atomic.Int64
		defer inBackground(func() { back.Store(there.Load()) })()
		b.ReportAllocs()
		for i := int64(1); b.Loop(); i++ {
			there.Store(i)
			for back.Load() != i {
				runtime.Gosched()
			}
		}
	})
}

// inBackground repeats something until the returned function is called.
func inBackground(do func()) (stop func()) {
	var stopped atomic.Bool
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for !stopped.Load() {
			do()
			runtime.Gosched() // or a machine with one processor would come to a stand
		}
	}()
	return func() {
		stopped.Store(true)
		<-ended
	}
}

func waitingFor(b *testing.B, s *shmpubsub.IntSubscriber) func() int64 {
	ctx := context.Background()
	return func() int64 {
		v, err := s.Recv(ctx)
		if err != nil {
			b.Fatal(err)
		}
		return v
	}
}

func spinningFor(_ *testing.B, s *shmpubsub.IntSubscriber) func() int64 {
	return func() int64 {
		for {
			if v, ok := s.TryRecv(); ok {
				return v
			}
			runtime.Gosched()
		}
	}
}

func roundTripsToProcess(b *testing.B, receiver func(*testing.B, *shmpubsub.IntSubscriber) func() int64, args ...string) {
	domain(b)
	there := intPublisher(b, "there")
	child := spawn(b, "echo", args...)
	roundTrips(b, there, receiver(b, intSubscriber(b, "back")))
	child.end(b)
}

func roundTrips(b *testing.B, there *shmpubsub.IntPublisher, receive func() int64) {
	b.ReportAllocs()
	for i := int64(0); b.Loop(); i++ {
		_ = there.Publish(i)
		if v := receive(); v != i {
			b.Fatal(v)
		}
	}
}

func roundTripsByChannel(b *testing.B, there, back chan int64) {
	go func() {
		for v := range there {
			back <- v
		}
	}()
	b.ReportAllocs()
	for i := int64(0); b.Loop(); i++ {
		there <- i
		if v := <-back; v != i {
			b.Fatal(v)
		}
	}
	close(there)
}

func roundTripsByPipe(b *testing.B, there io.Writer, back io.Reader) {
	b.ReportAllocs()
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
func echoUntilEnd(args []string) error {
	back, err := shmpubsub.NewIntPublisher("back", 3)
	if err != nil {
		return err
	}
	s, err := shmpubsub.NewIntSubscriber("there", -1)
	if err != nil {
		return err
	}
	if len(args) > 0 && args[0] == "spinning" {
		defer inBackground(func() {
			if v, ok := s.TryRecv(); ok {
				_ = back.Publish(v)
			}
		})()
	} else {
		go func() { _ = echoTopic(s, back) }()
	}
	return errors.Join(liveOn(), s.Close(), back.Close())
}

// catUntilEnd writes what it reads.
func catUntilEnd([]string) error {
	fmt.Println("ready")
	_, err := io.Copy(struct{ io.Writer }{os.Stdout}, struct{ io.Reader }{os.Stdin})
	return err
}
