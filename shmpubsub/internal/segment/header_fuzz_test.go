package segment

import (
	"encoding/binary"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzDecodeHeader gives decodeHeader the bytes of a header, and any file size. It must accept exactly what the layout
// page allows, by arithmetic that cannot overflow.
func FuzzDecodeHeader(f *testing.F) {
	for _, h := range []Header{newHeader(Bool, 1, true), newHeader(Int, 3, false), newHeader(Float, MaxDepth, false)} {
		f.Add(headerBytes(h)[HeaderOffset:], int64(h.FileSize))
	}
	h := newHeader(Int, 3, false)
	good := headerBytes(h)
	// Every field one off, and at the values where sums and products overflow.
	for _, at := range []int{magicOffset, elemSizeOffset, strideOffset, slotsOffset, fileSizeOffset} {
		v := binary.LittleEndian.Uint64(good[at:])
		for _, v := range []uint64{v - 1, v + 1, 0, 1, 2, 1 << 62, 1 << 63, ^uint64(0), ^uint64(7)} {
			b := headerBytes(h)
			binary.LittleEndian.PutUint64(b[at:], v)
			f.Add(b[HeaderOffset:], int64(h.FileSize))
		}
	}
	// slots * stride is 2^64, which is nothing in 64 bits.
	b := headerBytes(h)
	binary.LittleEndian.PutUint64(b[strideOffset:], 1<<31)
	binary.LittleEndian.PutUint64(b[slotsOffset:], 1<<33)
	f.Add(b[HeaderOffset:], int64(h.FileSize))
	for _, at := range []int{versionOffset, headerSizeOffset, typeTagOffset} {
		v := binary.LittleEndian.Uint32(good[at:])
		for _, v := range []uint32{v - 1, v + 1, 0, 1 << 31, ^uint32(7), ^uint32(0)} {
			b := headerBytes(h)
			binary.LittleEndian.PutUint32(b[at:], v)
			f.Add(b[HeaderOffset:], int64(h.FileSize))
		}
	}
	for _, size := range []int64{-1 << 63, -1, 0, 1, minSize - 1, minSize, minSize + 4*32 - 1, minSize + 4*32, 8191, 8193, 1<<63 - 1} {
		b := headerBytes(h)
		binary.LittleEndian.PutUint64(b[fileSizeOffset:], uint64(size))
		f.Add(b[HeaderOffset:], size)
	}
	f.Fuzz(func(t *testing.T, header []byte, size int64) {
		_, _ = decodeHeader(header, size) // as the file's beginning: too short, mostly

		b := make([]byte, minSize)
		copy(b[HeaderOffset:], header)
		h, err := decodeHeader(b, size)
		if fault := faultOf(b, size); fault != "" {
			require.Error(t, err, fault)
			require.ErrorIs(t, err, ErrLayout)
			require.Zero(t, h)
			return
		}
		require.NoError(t, err)
		require.Equal(t, uint64(size), h.FileSize)
		again, err := decodeHeader(headerBytes(h), size)
		require.NoError(t, err)
		require.Equal(t, h, again)
	})
}

// faultOf is docs/memory-layout.md again, with no regard for speed or the order of checks: "" or why b is no header of a
// file of this size.
func faultOf(b []byte, size int64) string {
	number := func(at, width int) *big.Int {
		var bytes []byte
		for i := at + width - 1; i >= at; i-- {
			bytes = append(bytes, b[i])
		}
		return new(big.Int).SetBytes(bytes)
	}
	n := func(v int64) *big.Int { return big.NewInt(v) }
	multipleOf8 := func(v *big.Int) bool { return new(big.Int).Mod(v, n(8)).Sign() == 0 }
	headerSize, stride, slots := number(4108, 4), number(4128, 8), number(4136, 8)
	elem := map[string]int64{"1": 1, "2": 8, "3": 8}[number(4112, 4).String()]
	end := new(big.Int).Add(n(4096), headerSize)
	end.Add(end, new(big.Int).Mul(slots, stride))
	switch {
	case string(b[4096:4104]) != "SHMPUBSB":
		return "magic"
	case number(4104, 4).Cmp(n(1)) != 0:
		return "version"
	case headerSize.Cmp(n(256)) < 0 || !multipleOf8(headerSize):
		return "header size"
	case elem == 0 || number(4120, 8).Cmp(n(elem)) != 0:
		return "type or element size"
	case stride.Cmp(n(24)) < 0 || !multipleOf8(stride) || stride.Cmp(n(1<<32)) >= 0:
		return "stride"
	case slots.Cmp(n(2)) < 0 || slots.Cmp(n(1<<36+1)) > 0:
		return "slots"
	case end.Cmp(n(size)) > 0:
		return "the last slot ends beyond the file"
	case number(4144, 8).Cmp(n(size)) != 0:
		return "file size"
	}
	return ""
}

// FuzzNewHeader checks that subscribers accept every publisher's header, and that no two slots share a byte, for every
// type and depth.
func FuzzNewHeader(f *testing.F) {
	// 120 slots fill the second page to its last byte.
	for _, depth := range []uint64{1, 2, 3, 117, 118, 119, 120, MaxDepth - 1, MaxDepth} {
		f.Add(uint8(depth), depth, depth%2 == 0, int64(depth))
	}
	f.Fuzz(func(t *testing.T, typ uint8, depth uint64, retain bool, created int64) {
		depth = 1 + depth%MaxDepth
		h := newHeader(Type(1+typ%3), int(depth), retain)
		h.PID, h.Created = int(uint32(created)), created
		require.Empty(t, faultOf(headerBytes(h), int64(h.FileSize)))
		got, err := decodeHeader(headerBytes(h), int64(h.FileSize))
		require.NoError(t, err)
		require.Equal(t, h, got)
		require.Equal(t, int(depth), got.Depth())
		require.GreaterOrEqual(t, h.Stride, SlotPayload+(h.ElemSize+7)/8*8)
		require.Zero(t, h.FileSize%4096)
	})
}
