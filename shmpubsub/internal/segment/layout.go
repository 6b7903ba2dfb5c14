package segment

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"shm_pub_sub/shmpubsub/internal/killpoint"
)

// The file, version 1. All fields are little-endian and naturally aligned, so that a single atomic instruction reads or
// writes each. docs/memory-layout.md has the same table for other languages, and protocol/layout.h the part that C
// needs; a test compares the three.
//
//	0     wait page: the only page that a subscriber ever maps writable
//	      +0    u32  wait       eventcount, epoch<<1 | waiting
//	4096  header: written before the file has a name, and never again
//	      +0    u64  magic      "SHMPUBSB"
//	      +8    u32  version    1
//	      +12   u32  headerSize bytes from the header to slot 0
//	      +16   u32  typeTag    1 bool, 2 int64, 3 float64
//	      +20   u32  flags      bit 0: retain
//	      +24   u64  elemSize   bytes of one value
//	      +32   u64  stride     bytes from one slot to the next
//	      +40   u64  slots      physical slots: depth + 1
//	      +48   u64  fileSize   bytes
//	      +56   u32  pid        publisher, in its own pid namespace: for people, never for liveness
//	      +60   u32  reserved
//	      +64   i64  created    CLOCK_REALTIME, ns
//	      +72   u64  descOffset where a type descriptor begins, from the file's start; 0: none
//	      +80   u64  descSize   its bytes
//	      +88   i64  carriedTime time of an earlier publisher's retained value, which is value 1 here; 0: none
//	4224  ring head: written by the publisher, on a cache line of its own
//	      +0    u64  head       values published so far
//	      +8    u32  retired    1: the name no longer points here, open it again
//	4352  slot i, at 4096 + headerSize + i*stride
//	      +0    u64  sequence   2k-1: value k is being written; 2k: it is complete; 0: never used
//	      +8    i64  time       publication, CLOCK_MONOTONIC, ns
//	      +16   payload         elemSize bytes, in whole 64-bit words
const (
	Version = 1

	WaitOffset   = 0
	HeaderOffset = 4096

	magicOffset      = HeaderOffset + 0
	versionOffset    = HeaderOffset + 8
	headerSizeOffset = HeaderOffset + 12
	typeTagOffset    = HeaderOffset + 16
	flagsOffset      = HeaderOffset + 20
	elemSizeOffset   = HeaderOffset + 24
	strideOffset     = HeaderOffset + 32
	slotsOffset      = HeaderOffset + 40
	fileSizeOffset   = HeaderOffset + 48
	pidOffset        = HeaderOffset + 56
	createdOffset    = HeaderOffset + 64
	descOffsetOffset = HeaderOffset + 72
	descSizeOffset   = HeaderOffset + 80

	CarriedTimeOffset = HeaderOffset + 88

	HeadOffset    = HeaderOffset + 128
	RetiredOffset = HeaderOffset + 136

	headerSize = 256
	minSize    = HeaderOffset + headerSize

	// Bytes 0 and 8 of a slot are its sequence and time.
	SlotPayload = 16
	strideUnit  = 32 // slots never straddle a cache line unevenly: two scalars share one

	flagRetain = 1
)

// DetectionTime is the time within which subscribers notice a killed publisher.
const DetectionTime = 100 * time.Millisecond

const magic = uint64('S') | 'H'<<8 | 'M'<<16 | 'P'<<24 | 'U'<<32 | 'B'<<40 | 'S'<<48 | 'B'<<56

// MaxDepth bounds the values that a topic keeps, far beyond any machine's shared memory and far below any overflow.
const MaxDepth = 1 << 36

// Type is the type tag of a topic's values.
type Type uint32

const (
	Bool  Type = 1
	Int   Type = 2
	Float Type = 3
)

func (t Type) String() string {
	switch t {
	case Bool:
		return "bool"
	case Int:
		return "int"
	case Float:
		return "float"
	}
	return fmt.Sprintf("unknown type %d", uint32(t))
}

// size returns the bytes of one value, 0 for a type that this version does not know.
func (t Type) size() uint64 {
	switch t {
	case Bool:
		return 1
	case Int, Float:
		return 8
	}
	return 0
}

// Header is the immutable part of a segment, validated.
type Header struct {
	Type     Type
	Retain   bool
	ElemSize uint64
	Stride   uint64
	Slots    uint64
	FileSize uint64
	PID      int
	Created  int64  // ns since the epoch
	First    uint64 // offset of slot 0 in the file
	// CarriedTime is when an earlier publisher's retained value, which is value 1 here, was published; 0: there is none.
	CarriedTime int64
}

// Depth returns how many values the topic keeps readable.
func (h Header) Depth() int { return int(h.Slots - 1) }

func newHeader(t Type, depth int, retain bool) Header {
	elem := t.size()
	stride := (SlotPayload + words64(elem)*8 + strideUnit - 1) / strideUnit * strideUnit
	slots := uint64(depth) + 1
	size := minSize + slots*stride
	size = (size + HeaderOffset - 1) / HeaderOffset * HeaderOffset
	return Header{
		Type: t, Retain: retain, ElemSize: elem, Stride: stride, Slots: slots,
		FileSize: size, First: minSize,
	}
}

func words64(size uint64) uint64 { return (size + 7) / 8 }

func (h Header) encode(b []byte) {
	put32 := func(at int, v uint32) { binary.LittleEndian.PutUint32(b[at:], v); killpoint.Here() }
	put64 := func(at int, v uint64) { binary.LittleEndian.PutUint64(b[at:], v); killpoint.Here() }
	put64(magicOffset, magic)
	put32(versionOffset, Version)
	put32(headerSizeOffset, uint32(h.First-HeaderOffset))
	put32(typeTagOffset, uint32(h.Type))
	if h.Retain {
		put32(flagsOffset, flagRetain)
	}
	put64(elemSizeOffset, h.ElemSize)
	put64(strideOffset, h.Stride)
	put64(slotsOffset, h.Slots)
	put64(fileSizeOffset, h.FileSize)
	put32(pidOffset, uint32(h.PID))
	put64(createdOffset, uint64(h.Created))
	put64(CarriedTimeOffset, uint64(h.CarriedTime))
}

// decodeHeader validates the first minSize bytes of a file of that size. If it succeeds, every slot lies inside the
// file and no arithmetic on the header overflows.
func decodeHeader(b []byte, size int64) (Header, error) {
	if size < minSize || len(b) < minSize {
		return Header{}, invalid(f("%d bytes", size), f("at least %d", minSize))
	}
	le := binary.LittleEndian
	if le.Uint64(b[magicOffset:]) != magic {
		return Header{}, invalid(f("magic %q", b[magicOffset:magicOffset+8]), `"SHMPUBSB"`)
	}
	if v := le.Uint32(b[versionOffset:]); v != Version {
		return Header{}, invalid(f("layout version %d", v), f("version %d (another release of the library made it)", Version))
	}
	h := Header{
		Type:     Type(le.Uint32(b[typeTagOffset:])),
		Retain:   le.Uint32(b[flagsOffset:])&flagRetain != 0,
		ElemSize: le.Uint64(b[elemSizeOffset:]),
		Stride:   le.Uint64(b[strideOffset:]),
		Slots:    le.Uint64(b[slotsOffset:]),
		FileSize: le.Uint64(b[fileSizeOffset:]),
		PID:      int(le.Uint32(b[pidOffset:])),
		Created:  int64(le.Uint64(b[createdOffset:])),
		First:    HeaderOffset + uint64(le.Uint32(b[headerSizeOffset:])),

		CarriedTime: int64(le.Uint64(b[CarriedTimeOffset:])),
	}
	if h.First < minSize || h.First%8 != 0 {
		return Header{}, invalid(f("a header of %d bytes", h.First-HeaderOffset), f("at least %d, a multiple of 8", headerSize))
	}
	if want := h.Type.size(); want == 0 {
		return Header{}, invalid(f("type tag %d", uint32(h.Type)), "1 (bool), 2 (int) or 3 (float)")
	} else if h.ElemSize != want {
		return Header{}, invalid(f("values of %d bytes", h.ElemSize), f("%d for %s", want, h.Type))
	}
	if least := SlotPayload + words64(h.ElemSize)*8; h.Stride%8 != 0 || h.Stride < least || h.Stride > math.MaxUint32 {
		return Header{}, invalid(f("slots of %d bytes", h.Stride), f("a multiple of 8, at least %d", least))
	}
	if h.Slots < 2 || h.Slots > MaxDepth+1 {
		return Header{}, invalid(f("%d slots", h.Slots), f("2 to %d", uint64(MaxDepth)+1))
	}
	// A quotient, because the product may overflow.
	if fit := (uint64(size) - min(h.First, uint64(size))) / h.Stride; h.Slots > fit {
		return Header{}, invalid(f("%d bytes, which hold %d slots", size, fit), f("room for %d, as its header says", h.Slots))
	}
	if h.FileSize != uint64(size) {
		return Header{}, invalid(f("%d bytes", size), f("%d, as its header says", h.FileSize))
	}
	return h, nil
}

func invalid(found, expected string) error { return &LayoutError{Found: found, Expected: expected} }

func f(format string, args ...any) string { return fmt.Sprintf(format, args...) }
