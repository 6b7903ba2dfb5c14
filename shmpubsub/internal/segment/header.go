package segment

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"

	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/descriptor"
	"shm_pub_sub/shmpubsub/internal/killpoint"
)

// encode writes the header, without its descriptor, to the file's bytes from HeaderOffset on.
func (h Header) encode(b []byte) {
	put32 := func(at int, v uint32) { binary.LittleEndian.PutUint32(b[at:], v); killpoint.Here() }
	put64 := func(at int, v uint64) { binary.LittleEndian.PutUint64(b[at:], v); killpoint.Here() }
	put64(magicOffset, magic)
	put32(versionOffset, Version)
	put32(headerSizeOffset, uint32(h.First-HeaderOffset))
	put32(typeTagOffset, uint32(h.Type.Kind))
	var flags uint32
	if h.Retain {
		flags |= flagRetain
	}
	if h.Bridged {
		flags |= flagBridged
	}
	if h.Pooled {
		flags |= flagPooled
	}
	put32(flagsOffset, flags)
	put64(elemSizeOffset, h.ElemSize)
	put64(strideOffset, h.Stride)
	put64(slotsOffset, h.Slots)
	put64(fileSizeOffset, h.FileSize)
	put32(pidOffset, uint32(h.PID))
	put64(createdOffset, uint64(h.Created))
	put64(descOffsetOffset, h.descOffset)
	put64(descSizeOffset, h.descSize)
	put64(CarriedTimeOffset, uint64(h.CarriedTime))
	put64(chunksOffsetOffset, h.ChunksOffset)
	put64(chunkStrideOffset, h.ChunkStride)
	put32(chunksOffset, h.Chunks)
	put32(viewsOffset, h.Views)
	put32(loansOffset, h.Loans)
	put32(metaSizeOffset, h.metaSize)
}

// encodeType writes the descriptor, and metadata behind it, to the file's bytes from HeaderOffset on.
func (h Header) encodeType(b []byte, metadata string) {
	if h.descSize > 0 {
		copy(b[h.descOffset-HeaderOffset:], h.Type.Encode())
		killpoint.Here()
	}
	if h.metaSize > 0 {
		copy(b[h.metaOffset()-HeaderOffset:], metadata)
		killpoint.Here()
	}
}

// readHeader validates the header of an open file without mapping it, so that a truncated file is an error and never a
// SIGBUS. If it succeeds, every slot and chunk lies inside the file and no arithmetic on the header overflows.
func readHeader(fd int) (Header, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return Header{}, err
	}
	read := func(size, at uint64) ([]byte, error) {
		b := make([]byte, size)
		var n int
		err := retry(func() (err error) { n, err = unix.Pread(fd, b, int64(at)); return err })
		return b[:max(n, 0)], err
	}
	b, err := read(headerSize, HeaderOffset)
	if err != nil {
		return Header{}, err
	}
	if len(b) < headerSize || binary.LittleEndian.Uint64(b) != magic {
		if first, err := read(versionOffset+4, firstHeader); err == nil && isFirstVersion(first) {
			return Header{}, anotherVersion(1)
		}
	}
	h, err := decodeHeader(b, st.Size)
	if err != nil || h.descSize == 0 {
		return h, err
	}
	if b, err = read(h.descSize, h.descOffset); err != nil {
		return Header{}, err
	}
	return h.withType(b)
}

// firstHeader is where layout version 1 had its header.
const firstHeader = 4096

func isFirstVersion(b []byte) bool {
	return len(b) >= versionOffset+4 && binary.LittleEndian.Uint64(b) == magic && binary.LittleEndian.Uint32(b[versionOffset:]) == 1
}

func anotherVersion(v uint32) error {
	return invalid(f("layout version %d", v), f("version %d (another release of the library made it)", Version))
}

// decodeHeader validates the header of a file of that size, except for its type, if there is a descriptor of it.
func decodeHeader(b []byte, size int64) (Header, error) {
	if size < minSize || len(b) < headerSize {
		return Header{}, invalid(f("%d bytes", size), f("at least %d", minSize))
	}
	le := binary.LittleEndian
	if le.Uint64(b[magicOffset:]) != magic {
		return Header{}, invalid(f("magic %q", b[magicOffset:magicOffset+8]), `"SHMPUBSB"`)
	}
	if v := le.Uint32(b[versionOffset:]); v != Version {
		return Header{}, anotherVersion(v)
	}
	flags := le.Uint32(b[flagsOffset:])
	h := Header{
		Type:     descriptor.Type{Kind: descriptor.Kind(le.Uint32(b[typeTagOffset:]))},
		Retain:   flags&flagRetain != 0,
		Bridged:  flags&flagBridged != 0,
		Pooled:   flags&flagPooled != 0,
		ElemSize: le.Uint64(b[elemSizeOffset:]),
		Stride:   le.Uint64(b[strideOffset:]),
		Slots:    le.Uint64(b[slotsOffset:]),
		FileSize: le.Uint64(b[fileSizeOffset:]),
		PID:      int(le.Uint32(b[pidOffset:])),
		Created:  int64(le.Uint64(b[createdOffset:])),
		First:    HeaderOffset + uint64(le.Uint32(b[headerSizeOffset:])),

		CarriedTime: int64(le.Uint64(b[CarriedTimeOffset:])),

		ChunksOffset: le.Uint64(b[chunksOffsetOffset:]),
		ChunkStride:  le.Uint64(b[chunkStrideOffset:]),
		Chunks:       le.Uint32(b[chunksOffset:]),
		Views:        le.Uint32(b[viewsOffset:]),
		Loans:        le.Uint32(b[loansOffset:]),

		descOffset: le.Uint64(b[descOffsetOffset:]),
		descSize:   le.Uint64(b[descSizeOffset:]),
		metaSize:   le.Uint32(b[metaSizeOffset:]),
	}
	if err := h.checkRing(uint64(size)); err != nil {
		return Header{}, err
	}
	end, err := h.checkDescriptor()
	if err == nil {
		err = h.checkChunks(end)
	}
	if err != nil {
		return Header{}, err
	}
	return h, nil
}

func (h Header) checkRing(size uint64) error {
	if h.First < firstSlot || h.First%8 != 0 {
		return invalid(f("a header of %d bytes", h.First-HeaderOffset), f("at least %d, a multiple of 8", headerSize))
	}
	if h.Type.Kind == descriptor.KindAny || h.Type.Kind > descriptor.KindScalar {
		return invalid(f("type tag %d", uint32(h.Type.Kind)), "one that this release knows (a newer release made it)")
	}
	if h.ElemSize == 0 || h.ElemSize > descriptor.MaxSize {
		return invalid(f("values of %d bytes", h.ElemSize), f("1 to %d", uint64(descriptor.MaxSize)))
	}
	if !h.Pooled && h.ElemSize > InlineLimit {
		return invalid(f("values of %d bytes in their slots", h.ElemSize), f("up to %d (a newer release made it)", InlineLimit))
	}
	if least := SlotPayload + h.slotWords()*8; h.Stride%8 != 0 || h.Stride < least || h.Stride > math.MaxUint32 {
		return invalid(f("slots of %d bytes", h.Stride), f("a multiple of 8, at least %d", least))
	}
	if h.Slots < 2 || h.Slots > MaxDepth+1 {
		return invalid(f("%d slots", h.Slots), f("2 to %d", uint64(MaxDepth)+1))
	}
	// A quotient, because the product may overflow.
	if fit := (size - min(h.First, size)) / h.Stride; h.Slots > fit {
		return invalid(f("%d bytes, which hold %d slots", size, fit), f("room for %d, as its header says", h.Slots))
	}
	if h.FileSize != size {
		return invalid(f("%d bytes", size), f("%d, as its header says", h.FileSize))
	}
	return nil
}

// checkDescriptor checks where the descriptor is, and returns the end of ring and descriptor.
func (h Header) checkDescriptor() (uint64, error) {
	end := h.First + h.Slots*h.Stride
	if h.Type.Kind <= descriptor.KindFloat {
		if h.descSize != 0 {
			return 0, invalid(f("a type descriptor of %d bytes", h.descSize), f("none for %s", h.Type))
		}
		if h.ElemSize != h.Type.Size() {
			return 0, invalid(f("values of %d bytes", h.ElemSize), f("%d for %s", h.Type.Size(), h.Type))
		}
	} else if h.descSize == 0 || h.descSize > descriptor.MaxJSON {
		return 0, invalid(f("a type descriptor of %d bytes", h.descSize), f("1 to %d", descriptor.MaxJSON))
	}
	length := h.descSize + uint64(h.metaSize)
	if length == 0 {
		return end, nil
	}
	if h.descOffset < end || h.descOffset > h.FileSize || length > h.FileSize-h.descOffset {
		return 0, invalid(f("a type descriptor at %d to %d", h.descOffset, h.descOffset+length), f("one between the slots, which end at %d, and the file's end at %d", end, h.FileSize))
	}
	return h.descOffset + length, nil
}

// checkChunks checks that the chunks lie between end and the file's.
func (h Header) checkChunks(end uint64) error {
	if !h.Pooled {
		if h.ChunksOffset != 0 || h.ChunkStride != 0 || h.Chunks != 0 || h.Views != 0 || h.Loans != 0 {
			return invalid("chunks", "none, as its values are in their slots")
		}
		return nil
	}
	if h.Type.Kind <= descriptor.KindFloat {
		return invalid(f("chunks for values of type %s", h.Type), "none")
	}
	depth := h.Slots - 1
	if h.Views > MaxViews || h.Loans < 1 || h.Loans > MaxLoans || depth > MaxPooledDepth || uint64(h.Chunks) != depth+uint64(h.Views)+1+uint64(h.Loans) {
		return invalid(f("%d chunks for %d buffers, %d views and %d loans", h.Chunks, depth, h.Views, h.Loans), "buffers + views + 1 + loans")
	}
	if h.ChunkStride%64 != 0 || h.ChunkStride < ChunkPayload+h.ElemSize {
		return invalid(f("chunks of %d bytes", h.ChunkStride), f("a multiple of 64, at least %d", ChunkPayload+h.ElemSize))
	}
	high, pool := bits.Mul64(uint64(h.Chunks), h.ChunkStride)
	if h.ChunksOffset%SmallestPage != 0 || h.ChunksOffset < end || h.ChunksOffset > h.FileSize || high != 0 || pool > h.FileSize-h.ChunksOffset {
		return invalid(f("%d chunks of %d bytes at %d", h.Chunks, h.ChunkStride, h.ChunksOffset),
			f("chunks at a multiple of %d, from %d to %d", SmallestPage, end, h.FileSize))
	}
	return nil
}

// withType completes a header with the type that its descriptor b describes.
func (h Header) withType(b []byte) (Header, error) {
	t, err := descriptor.Parse(b)
	if err != nil {
		return Header{}, &LayoutError{Found: f("the type descriptor %.200q", b), Expected: "one of this library"}
	}
	if t.Kind != h.Type.Kind || t.Size() != h.ElemSize || t.Variable && !h.Pooled {
		return Header{}, invalid(f("the type descriptor %s with type tag %d and values of %d bytes", t, uint32(h.Type.Kind), h.ElemSize), "that they agree")
	}
	h.Type = t
	return h, nil
}

func invalid(found, expected string) error { return &LayoutError{Found: found, Expected: expected} }

func f(format string, args ...any) string { return fmt.Sprintf(format, args...) }
