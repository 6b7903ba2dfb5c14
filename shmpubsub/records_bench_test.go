package shmpubsub_test

import (
	"testing"

	"shm_pub_sub/shmpubsub"
)

// Five fields, as the benchmark in Python has them.
type sample struct {
	Stamp   int64
	X, Y, Z float64
	Valid   bool
}

func BenchmarkRecord(b *testing.B) {
	domain(b)
	p := made[*shmpubsub.Publisher[sample]](b)(shmpubsub.NewPublisher[sample]("x", 3))
	s := made[*shmpubsub.Subscriber[sample]](b)(shmpubsub.NewSubscriber("x", sample{}))
	v := sample{1, 2, 3, 4, true}
	b.Run("publish", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = p.Publish(v)
		}
	})
	b.Run("subscribe", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.Subscribe()
		}
	})
	large := made[*shmpubsub.Publisher[Arm]](b)(shmpubsub.NewPublisher[Arm]("large", 3))
	reader := made[*shmpubsub.Subscriber[Arm]](b)(shmpubsub.NewSubscriber("large", Arm{}))
	b.Run("loan", func(b *testing.B) {
		for b.Loop() {
			_ = large.Loan(func(a *Arm) error { a.Last++; return nil })
		}
	})
	b.Run("borrow", func(b *testing.B) {
		var last uint16
		for b.Loop() {
			reader.Borrow(func(a *Arm) { last += a.Last })
		}
	})
}
