package segment

import (
	"encoding/binary"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub/internal/descriptor"
	"shm_pub_sub/shmpubsub/internal/page"
)

// FuzzDecodeHeader gives decodeHeader the bytes of a header, and any file size. It must accept exactly what the layout
// page allows, by arithmetic that cannot overflow.
func FuzzDecodeHeader(f *testing.F) {
	for _, h := range []Header{headerOf(descriptor.Bool, 1, true), headerOf(descriptor.Int, 3, false), headerOf(descriptor.Float, MaxDepth, false)} {
		f.Add(headerBytes(h), int64(h.FileSize))
	}
	for _, text := range []string{`{"kind":"text","max":100}`, `{"kind":"array","dtype":"<u1","shape":[480,640,3]}`, `{"kind":"scalar","dtype":"<u2"}`, `{"kind":"record","size":8,"fields":[["x","<f8",0]]}`} {
		h := newHeader(Spec{Type: typeOf(f, text), Depth: 3, Views: 2, Loans: 1})
		f.Add(headerBytes(h), int64(h.FileSize))
		if !h.Pooled {
			continue
		}
		for _, at := range []int{elemSizeOffset, descOffsetOffset, descSizeOffset, chunksOffsetOffset, chunkStrideOffset, chunksOffset, loansOffset} {
			for _, v := range []uint64{0, 1, 64, 1 << 32, 1 << 62, ^uint64(63)} {
				b := headerBytes(h)
				binary.LittleEndian.PutUint64(b[at:], v)
				f.Add(b, int64(h.FileSize))
			}
		}
	}
	h := headerOf(descriptor.Int, 3, false)
	good := headerBytes(h)
	// Every field one off, and at the values where sums and products overflow.
	for _, at := range []int{magicOffset, elemSizeOffset, strideOffset, slotsOffset, fileSizeOffset} {
		v := binary.LittleEndian.Uint64(good[at:])
		for _, v := range []uint64{v - 1, v + 1, 0, 1, 2, 1 << 62, 1 << 63, ^uint64(0), ^uint64(7)} {
			b := headerBytes(h)
			binary.LittleEndian.PutUint64(b[at:], v)
			f.Add(b, int64(h.FileSize))
		}
	}
	// slots * stride is 2^64, which is nothing in 64 bits.
	b := headerBytes(h)
	binary.LittleEndian.PutUint64(b[strideOffset:], 1<<31)
	binary.LittleEndian.PutUint64(b[slotsOffset:], 1<<33)
	f.Add(b, int64(h.FileSize))
	for _, at := range []int{versionOffset, headerSizeOffset, typeTagOffset} {
		v := binary.LittleEndian.Uint32(good[at:])
		for _, v := range []uint32{v - 1, v + 1, 0, 1 << 31, ^uint32(7), ^uint32(0)} {
			b := headerBytes(h)
			binary.LittleEndian.PutUint32(b[at:], v)
			f.Add(b, int64(h.FileSize))
		}
	}
	for _, size := range []int64{-1 << 63, -1, 0, 1, minSize - 1, minSize, minSize + 4*32 - 1, minSize + 4*32, fileSize - 1, fileSize + 1, 1<<63 - 1} {
		b := headerBytes(h)
		binary.LittleEndian.PutUint64(b[fileSizeOffset:], uint64(size))
		f.Add(b, size)
	}
	f.Fuzz(func(t *testing.T, header []byte, size int64) {
		_, _ = decodeHeader(header, size) // as the file's beginning: too short, mostly

		b := make([]byte, headerSize)
		copy(b, header)
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
	headerSize, stride, slots := number(12, 4), number(32, 8), number(40, 8)
	tag, pooled := number(16, 4).Int64(), b[20]&4 != 0
	elem := number(24, 8)
	payload := new(big.Int).Add(elem, n(7))
	if payload.Sub(payload, new(big.Int).Mod(payload, n(8))); pooled {
		payload = n(16)
	}
	payload.Add(payload, n(16))
	end := new(big.Int).Add(n(65536), headerSize)
	end.Add(end, new(big.Int).Mul(slots, stride))
	switch {
	case string(b[:8]) != "SHMPUBSB":
		return "magic"
	case number(8, 4).Cmp(n(Version)) != 0:
		return "version"
	case headerSize.Cmp(n(256)) < 0 || !multipleOf8(headerSize):
		return "header size"
	case tag < 1 || tag > 9 || elem.Sign() == 0 || elem.Cmp(n(1<<40)) > 0:
		return "type or element size"
	case !pooled && elem.Cmp(n(256)) > 0:
		return "a large value in a slot"
	case tag <= 3 && (pooled || elem.Int64() != [...]int64{1: 1, 2: 8, 3: 8}[tag]):
		return "a scalar of another size"
	case stride.Cmp(payload) < 0 || !multipleOf8(stride) || stride.Cmp(n(1<<32)) >= 0:
		return "stride"
	case slots.Cmp(n(2)) < 0 || slots.Cmp(n(1<<36+1)) > 0:
		return "slots"
	case end.Cmp(n(size)) > 0:
		return "the last slot ends beyond the file"
	case number(48, 8).Cmp(n(size)) != 0:
		return "file size"
	}
	return faultBehindTheRing(number, n, end, tag, pooled)
}

// faultBehindTheRing is faultOf for what begins at end: the descriptor, and the chunks.
func faultBehindTheRing(number func(at, width int) *big.Int, n func(int64) *big.Int, end *big.Int, tag int64, pooled bool) string {
	size := number(48, 8)
	at, length := number(72, 8), number(80, 8)
	if (length.Sign() == 0) != (tag <= 3) || length.Cmp(n(1<<16)) > 0 {
		return "descriptor's size"
	}
	if length.Add(length, number(124, 4)); length.Sign() > 0 {
		behind := new(big.Int).Add(at, length)
		if at.Cmp(end) < 0 || behind.Cmp(size) > 0 {
			return "the descriptor is not behind the slots"
		}
		end = behind
	}
	chunksAt, stride, chunks, views, loans := number(96, 8), number(104, 8), number(112, 4), number(116, 4), number(120, 4)
	if !pooled {
		for _, v := range []*big.Int{chunksAt, stride, chunks, views, loans} {
			if v.Sign() != 0 {
				return "chunks without the flag"
			}
		}
		return ""
	}
	sum := new(big.Int).Add(number(40, 8), new(big.Int).Add(views, loans))
	pool := new(big.Int).Add(chunksAt, new(big.Int).Mul(chunks, stride))
	switch {
	case views.Cmp(n(500)) > 0 || loans.Sign() == 0 || loans.Cmp(n(500)) > 0 || number(40, 8).Cmp(n(1<<22+1)) > 0 || sum.Cmp(chunks) != 0:
		return "number of chunks"
	case new(big.Int).Mod(stride, n(64)).Sign() != 0 || stride.Cmp(new(big.Int).Add(number(24, 8), n(128))) < 0:
		return "chunk's size"
	case new(big.Int).Mod(chunksAt, n(4096)).Sign() != 0 || chunksAt.Cmp(end) < 0 || pool.Cmp(size) > 0:
		return "chunks not behind the ring, or beyond the file"
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
		h := headerOf(scalars[typ%3], int(depth), retain)
		h.PID, h.Created = int(uint32(created)), created
		require.Empty(t, faultOf(headerBytes(h), int64(h.FileSize)))
		got, err := decodeHeader(headerBytes(h), int64(h.FileSize))
		require.NoError(t, err)
		require.Equal(t, h, got)
		require.Equal(t, int(depth), got.Depth())
		require.GreaterOrEqual(t, h.Stride, SlotPayload+(h.ElemSize+7)/8*8)
		require.Zero(t, h.FileSize%page.Size())
	})
}
