package shmpubsub_test

import (
	"fmt"
	"testing"

	"shm_pub_sub/shmpubsub"
)

// BenchmarkArrays moves arrays of some sizes; copy is memory to memory, for comparison.
func BenchmarkArrays(b *testing.B) {
	for _, size := range []int{64, 4 << 10, 64 << 10, 1 << 20, 6 << 20} {
		domain(b)
		value := make([]byte, size)
		into := make([]byte, 0, size)
		p := slicePublisher[byte](b, "x", 3, shmpubsub.WithShape(size))
		s := sliceSubscriber[byte](b, "x", shmpubsub.WithShape(size))
		for name, call := range map[string]func(){
			"copy":      func() { into = append(into[:0], value...) },
			"publish":   func() { _ = p.Publish(value) },
			"loan":      func() { _ = p.Loan(size, func([]byte) error { return nil }) },
			"subscribe": func() { into, _ = s.Subscribe(into[:0]) },
			"borrow":    func() { s.Borrow(func([]byte) {}) },
		} {
			b.Run(fmt.Sprintf("%s/bytes=%d", name, size), func(b *testing.B) {
				_ = p.Publish(value)
				b.ReportAllocs()
				for b.Loop() {
					call()
				}
			})
		}
	}
}
