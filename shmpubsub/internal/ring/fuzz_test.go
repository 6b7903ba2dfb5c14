package ring

import (
	"encoding/binary"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzNewest reads, and then writes, a ring in memory of any content: what a file that nobody can
// trust may hold.
func FuzzNewest(f *testing.F) {
	good := heap(3, 1, 0)
	w := NewWriter(good)
	for k := uint64(1); k <= 4; k++ {
		w.Write(sampleOf(k, 1), stampOf(k))
	}
	content := bytesOf(good)
	odd := slices.Clone(content)
	binary.LittleEndian.PutUint64(odd[3*8:], 7) // slot 1, that of value 4: being written
	for _, head := range []uint64{0, 1, 3, 4, 5, 1 << 40, headLimit - 1, headLimit, 1 << 63, 1<<63 + 4, ^uint64(0)} {
		f.Add(head, content, uint8(1), uint8(0))
	}
	f.Add(uint64(4), odd, uint8(1), uint8(0))
	f.Add(uint64(4), content[:8], uint8(3), uint8(2))
	f.Add(uint64(headLimit-1), slices.Repeat([]byte{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, 9), uint8(1), uint8(0))
	f.Add(uint64(1<<63), make([]byte, 72), uint8(0), uint8(0)) // 2k overflows to an unused slot's 0
	f.Fuzz(func(t *testing.T, head uint64, content []byte, size, spare uint8) {
		r := memoryOf(head, content, 1+int(size%4), int(spare%3))
		before := bytesOf(r)
		got := slices.Repeat([]uint64{0xdead}, int(r.size))
		sample, sound := r.Newest(got)

		slot := r.words[head%r.slots*r.stride:]
		switch {
		case head == 0:
			require.True(t, sound)
			require.Zero(t, sample)
		case head < 1<<62 && slot[0].Load() == 2*head:
			require.True(t, sound)
			require.Equal(t, Sample{Sequence: head, Time: int64(slot[1].Load())}, sample)
			for i, word := range got {
				require.Equal(t, slot[2+i].Load(), word)
			}
		default:
			require.False(t, sound)
			require.Zero(t, sample)
			require.Equal(t, slices.Repeat([]uint64{0xdead}, int(r.size)), got)
		}
		require.Equal(t, before, bytesOf(r), "a reader writes nothing")
		require.Equal(t, head, r.Published())

		if head < headLimit-1 {
			requireWritable(t, r)
		}
	})
}

// requireWritable checks that the next value goes to its slot, and nowhere else, and is read back.
func requireWritable(t *testing.T, r Ring) {
	k := r.Published() + 1
	before := bytesOf(r)
	w := NewWriter(r)
	w.Write(sampleOf(k, int(r.size)), stampOf(k))
	requireNewest(t, r, k)
	after := bytesOf(r)
	from := k % r.slots * r.stride * 8
	to := from + (payload+r.size)*8
	require.Equal(t, before[:from], after[:from])
	require.Equal(t, before[to:], after[to:])
}

// memoryOf makes a ring of the content, as many whole slots as it fills, and at least two.
func memoryOf(head uint64, content []byte, size, spare int) Ring {
	stride := payload + size + spare
	slots := max(2, min(len(content)/8/stride, 16))
	padded := make([]byte, slots*stride*8)
	copy(padded, content)
	words := make([]atomic.Uint64, slots*stride)
	for i := range words {
		words[i].Store(binary.LittleEndian.Uint64(padded[i*8:]))
	}
	r := New(new(atomic.Uint64), words, stride, size)
	r.head.Store(head)
	return r
}

func bytesOf(r Ring) []byte {
	var b []byte
	for i := range r.words {
		b = binary.LittleEndian.AppendUint64(b, r.words[i].Load())
	}
	return b
}
