package segment

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub/internal/descriptor"
	"shm_pub_sub/shmpubsub/internal/page"
)

// headerOf returns the header of a topic of scalars.
func headerOf(typ descriptor.Type, depth int, retain bool) Header {
	return newHeader(Spec{Type: typ, Depth: depth, Retain: retain})
}

// headerBytes returns the header of a fresh segment.
func headerBytes(h Header) []byte {
	b := make([]byte, headerSize)
	h.encode(b)
	return b
}

func TestHeader_SurvivesEncoding(t *testing.T) {
	for _, typ := range []descriptor.Type{descriptor.Bool, descriptor.Int, descriptor.Float} {
		for _, depth := range []int{1, 2, 3, 127, 1000, MaxDepth} {
			for _, retain := range []bool{false, true} {
				h := headerOf(typ, depth, retain)
				h.Bridged = retain != (depth%2 == 0)
				h.PID, h.Created = 4711, 1e18
				got, err := decodeHeader(headerBytes(h), int64(h.FileSize))
				require.NoError(t, err)
				require.Equal(t, h, got)
				require.Equal(t, depth, got.Depth())
			}
		}
	}
}

func TestHeader_PlacesEverySlotInsideTheFile(t *testing.T) {
	for depth := 1; depth < 600; depth++ {
		h := headerOf(descriptor.Float, depth, false)
		require.LessOrEqual(t, h.First+h.Slots*h.Stride, h.FileSize)
		require.Zero(t, h.FileSize%page.Size())
		require.Zero(t, h.Stride%8)
		require.GreaterOrEqual(t, h.Stride, uint64(SlotPayload+8))
	}
}

func TestDecodeHeader_RefusesDamage(t *testing.T) {
	put32 := func(at int, v uint32) func([]byte) {
		return func(b []byte) { binary.LittleEndian.PutUint32(b[at:], v) }
	}
	put64 := func(at int, v uint64) func([]byte) {
		return func(b []byte) { binary.LittleEndian.PutUint64(b[at:], v) }
	}
	fits := (uint64(fileSize) - firstSlot) / 32
	holds := func(fits, slots uint64) string {
		return fmt.Sprintf("found %d bytes, which hold %d slots; expected room for %d, as its header says", fileSize, fits, slots)
	}
	for name, c := range map[string]struct {
		damage func([]byte)
		text   string
	}{
		"magic":              {put64(magicOffset, 0), `found magic "\x00`},
		"older version":      {put32(versionOffset, 0), "found layout version 0; expected version 3"},
		"newer version":      {put32(versionOffset, 4), "found layout version 4; expected version 3"},
		"short header":       {put32(headerSizeOffset, 248), "found a header of 248 bytes; expected at least 256, a multiple of 8"},
		"odd header":         {put32(headerSizeOffset, 257), "found a header of 257 bytes"},
		"huge header":        {put32(headerSizeOffset, 0xfffffff8), holds(0, 4)},
		"type 0":             {put32(typeTagOffset, 0), "found type tag 0; expected one that this release knows"},
		"type 10":            {put32(typeTagOffset, 10), "found type tag 10"},
		"type 4":             {put32(typeTagOffset, 4), "found a type descriptor of 0 bytes; expected 1 to"},
		"other type's size":  {put32(typeTagOffset, uint32(descriptor.KindBool)), "found values of 8 bytes; expected 1 for bool"},
		"element 0":          {put64(elemSizeOffset, 0), "found values of 0 bytes"},
		"huge element":       {put64(elemSizeOffset, 1<<63), "found values of 9223372036854775808 bytes"},
		"stride 0":           {put64(strideOffset, 0), "found slots of 0 bytes; expected a multiple of 8, at least 24"},
		"stride below":       {put64(strideOffset, 16), "found slots of 16 bytes"},
		"odd stride":         {put64(strideOffset, 33), "found slots of 33 bytes"},
		"overflowing stride": {put64(strideOffset, 1<<62), "found slots of 4611686018427387904 bytes"},
		"no slots":           {put64(slotsOffset, 0), "found 0 slots; expected 2 to "},
		"one slot":           {put64(slotsOffset, 1), "found 1 slots"},
		"too many slots":     {put64(slotsOffset, fits+1), holds(fits, fits+1)},
		"overflowing slots":  {put64(slotsOffset, 1<<61), "2305843009213693952"},
		"file size":          {put64(fileSizeOffset, 1<<40), fmt.Sprintf("found %d bytes; expected 1099511627776, as its header says", fileSize)},
	} {
		t.Run(name, func(t *testing.T) {
			h := headerOf(descriptor.Int, 3, false)
			require.Equal(t, uint64(fileSize), h.FileSize)
			b := headerBytes(h)
			c.damage(b)
			_, err := decodeHeader(b, int64(h.FileSize))
			require.ErrorIs(t, err, ErrLayout)
			require.ErrorContains(t, err, c.text)
		})
	}
}

// The C side has room for no more.
func TestDecodeHeader_RefusesLargeValuesInSlots(t *testing.T) {
	for _, size := range []uint64{InlineLimit, InlineLimit + 1, 1 << 31} {
		h := headerOf(descriptor.Type{Kind: descriptor.KindArray, Dtype: "u1", Shape: []uint64{1}}, 3, false)
		h.ElemSize, h.Stride = size, roundUp(SlotPayload+size, 32)
		h.descOffset = h.First + h.Slots*h.Stride
		h.FileSize = h.descOffset + h.descSize
		got, err := decodeHeader(headerBytes(h), int64(h.FileSize))
		if size == InlineLimit {
			require.NoError(t, err)
			require.Equal(t, size, got.ElemSize)
			continue
		}
		require.ErrorIs(t, err, ErrLayout)
		require.ErrorContains(t, err, fmt.Sprintf("found values of %d bytes in their slots; expected up to 256", size))
	}
}

func TestDecodeHeader_RefusesTruncation(t *testing.T) {
	h := headerOf(descriptor.Int, 3, false)
	b := headerBytes(h)
	for _, size := range []int64{0, 1, 4095, 4096, minSize - 1} {
		_, err := decodeHeader(b[:min(size, headerSize-1)], size)
		require.ErrorIs(t, err, ErrLayout)
	}
	for _, size := range []int64{minSize, minSize + 4*32 - 1, fileSize - 1, fileSize + 1, 1 << 40} {
		_, err := decodeHeader(b, size)
		require.ErrorIs(t, err, ErrLayout, "%d", size)
	}
}
