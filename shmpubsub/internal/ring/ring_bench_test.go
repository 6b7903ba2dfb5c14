package ring

import (
	"fmt"
	"testing"
)

// The ring alone, on the heap: no lock, no clock, nobody to wake.

func overGeometries(b *testing.B, run func(b *testing.B, r Ring, w *Writer, value []uint64)) {
	for _, size := range []int{1, 8} {
		for _, depth := range []int{1, 8, 1024} {
			b.Run(fmt.Sprintf("words=%d/depth=%d", size, depth), func(b *testing.B) {
				r := heap(depth+1, size, 0)
				w := NewWriter(r)
				b.ReportAllocs()
				run(b, r, &w, make([]uint64, size))
			})
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	overGeometries(b, func(b *testing.B, _ Ring, w *Writer, value []uint64) {
		for i := int64(0); b.Loop(); i++ {
			w.Write(value, i)
		}
	})
}

func BenchmarkNewest(b *testing.B) {
	overGeometries(b, func(b *testing.B, r Ring, w *Writer, value []uint64) {
		w.Write(value, 1)
		for b.Loop() {
			if s, ok := r.Newest(value); !ok || s.Sequence != 1 {
				b.Fatal(s, ok)
			}
		}
	})
}

// BenchmarkNext takes the same values again and again: the cursor goes back to the oldest one.
func BenchmarkNext(b *testing.B) {
	overGeometries(b, func(b *testing.B, r Ring, w *Writer, value []uint64) {
		for range r.capacity() {
			w.Write(value, 1)
		}
		var c Position
		for b.Loop() {
			if c.After == r.capacity() {
				c.After = 0
			}
			if s, lost, ok := r.Next(&c, value); !ok || lost != 0 || s.Sequence != c.After {
				b.Fatal(s, lost, ok)
			}
		}
	})
}

func BenchmarkNextMiss(b *testing.B) {
	overGeometries(b, func(b *testing.B, r Ring, w *Writer, value []uint64) {
		w.Write(value, 1)
		c := Position{After: 1}
		for b.Loop() {
			if s, _, ok := r.Next(&c, value); !ok || s.Sequence != 0 {
				b.Fatal(s, ok)
			}
		}
	})
}
