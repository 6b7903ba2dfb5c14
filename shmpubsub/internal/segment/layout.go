package segment

import (
	"time"

	"shm_pub_sub/shmpubsub/internal/descriptor"
	"shm_pub_sub/shmpubsub/internal/page"
	"shm_pub_sub/shmpubsub/internal/pool"
)

// The file, version 3. All fields are little-endian and naturally aligned, so that a single atomic instruction reads or
// writes each. docs/memory-layout.md has the same tables for other languages, and protocol/layout.h the part that C
// needs; a test compares the three.
//
//	0     page 0: the only page that a subscriber ever maps writable
//	      +0    u32  wait       eventcount, epoch<<1 | waiting
//	      +8    u64  pins[]     views + 1 of them, of a pooled topic: internal/pool
//	65536 header: written before the file has a name, and never again. Between page 0 and here is a hole, which is never
//	      mapped: pages may have 64 KiB, and where they have 4 or 16 KiB it takes no memory
//	      +0    u64  magic      "SHMPUBSB"
//	      +8    u32  version    3
//	      +12   u32  headerSize bytes from the header to slot 0
//	      +16   u32  typeTag    1 bool, 2 int64, 3 float64 ...: internal/descriptor
//	      +20   u32  flags      bit 0: retain, bit 1: bridged, bit 2: pooled
//	      +24   u64  elemSize   most bytes of one value
//	      +32   u64  stride     bytes from one slot to the next
//	      +40   u64  slots      physical slots: depth + 1
//	      +48   u64  fileSize   bytes
//	      +56   u32  pid        publisher, in its own pid namespace: for people, never for liveness
//	      +60   u32  reserved
//	      +64   i64  created    CLOCK_REALTIME, ns
//	      +72   u64  descOffset where the type descriptor begins, from the file's start; 0: none
//	      +80   u64  descSize   its bytes
//	      +88   i64  carriedTime time of an earlier publisher's retained value, which is value 1 here; 0: none
//	      +96   u64  chunksOffset where chunk 0 begins, from the file's start; 0, as in the next four: not pooled
//	      +104  u64  chunkStride bytes from one chunk to the next
//	      +112  u32  chunks     depth + views + 1 + loans
//	      +116  u32  views      chunks that readers may hold
//	      +120  u32  loans      chunks that the publisher may fill at once
//	      +124  u32  metaSize   bytes of metadata behind the type descriptor, or at descOffset without one
//	      ring head: written by the publisher, on a cache line of its own
//	      +128  u64  head       values published so far
//	      +136  u32  retired    1: the name no longer points here, open it again
//	65792 slot i, at 65536 + headerSize + i*stride
//	      +0    u64  sequence   2k-1: value k is being written; 2k: it is complete; 0: never used
//	      +8    i64  time       publication, CLOCK_MONOTONIC, ns
//	      +16   payload         elemSize bytes, in whole 64-bit words; of a pooled topic
//	      +16   u32  chunk      that has the value
//	      +24   u64  length     its bytes
//	then  the descriptor, and the chunks: the payload of chunk c is at chunksOffset + c*chunkStride + 128
const (
	Version = 3

	WaitOffset   = 0
	PinsOffset   = 8
	HeaderOffset = 65536

	// In the header.
	magicOffset        = 0
	versionOffset      = 8
	headerSizeOffset   = 12
	typeTagOffset      = 16
	flagsOffset        = 20
	elemSizeOffset     = 24
	strideOffset       = 32
	slotsOffset        = 40
	fileSizeOffset     = 48
	pidOffset          = 56
	createdOffset      = 64
	descOffsetOffset   = 72
	descSizeOffset     = 80
	CarriedTimeOffset  = 88
	chunksOffsetOffset = 96
	chunkStrideOffset  = 104
	chunksOffset       = 112
	viewsOffset        = 116
	loansOffset        = 120
	metaSizeOffset     = 124
	HeadOffset         = 128
	RetiredOffset      = 136

	headerSize = 256
	firstSlot  = HeaderOffset + headerSize
	minSize    = firstSlot

	// In a slot. Its sequence and time are at 0 and 8.
	SlotPayload = 16
	SlotChunk   = 16
	SlotLength  = 24
	strideUnit  = 32 // slots never straddle a cache line unevenly: two scalars share one

	// ChunkPayload is where a value begins in its chunk. Copies to an address that is 1 to 63 bytes behind its source,
	// modulo 4096, are slow, and large arrays begin 16 bytes into a page: 0 would slow reading them, 64 publishing.
	ChunkPayload = pool.ChunkHeader

	// SmallestPage is what the chunks' offset is a multiple of, wherever the file was written: publishers begin them at a
	// page of their own kernel, subscribers map them with the rest of the file. So files of one are read on the other.
	SmallestPage = 4096

	flagRetain  = 1
	flagBridged = 2
	flagPooled  = 4
)

// DetectionTime is the time within which subscribers notice a killed publisher.
const DetectionTime = 100 * time.Millisecond

const magic = uint64('S') | 'H'<<8 | 'M'<<16 | 'P'<<24 | 'U'<<32 | 'B'<<40 | 'S'<<48 | 'B'<<56

// Limits. Depths are far beyond any machine's shared memory, and the file's size is far below any overflow.
const (
	MaxDepth       = 1 << 36
	MaxPooledDepth = 1 << 22
	MaxViews       = 500 // whose pins fit into the smallest page
	MaxLoans       = 500
	// MaxMetadata is the most bytes of metadata that are written, or read: a file may claim to have any number.
	MaxMetadata = 1 << 16
	// InlineLimit is the most bytes that readers take from a slot, in C as well: publishers of other releases may keep
	// larger values there than this one does.
	InlineLimit = 256
)

// Header is the immutable part of a segment, validated.
type Header struct {
	Type     descriptor.Type
	Retain   bool
	Bridged  bool   // it is from another machine: bridges do not send it on
	Pooled   bool   // values are in chunks, which slots name
	ElemSize uint64 // the most bytes of a value
	Stride   uint64
	Slots    uint64
	FileSize uint64
	PID      int
	Created  int64  // ns since the epoch
	First    uint64 // offset of slot 0 in the file
	// CarriedTime is when an earlier publisher's retained value, which is value 1 here, was published; 0: there is none.
	CarriedTime int64

	// Of a pooled topic, otherwise 0:

	ChunksOffset uint64 // offset of chunk 0 in the file
	ChunkStride  uint64
	Chunks       uint32 // depth + views + 1 + loans
	Views        uint32
	Loans        uint32

	descOffset, descSize uint64
	metaSize             uint32
}

// Depth returns how many values the topic keeps readable.
func (h Header) Depth() int { return int(h.Slots - 1) }

// newHeader returns the header of a topic whose Spec is valid: nothing overflows.
func newHeader(s Spec) Header { return headerFor(s, page.Size()) }

// headerFor is newHeader on a machine with pages of that many bytes.
func headerFor(s Spec, pageSize uint64) Header {
	h := Header{Type: s.Type, Retain: s.Retain, Bridged: s.Bridged, Pooled: s.Type.Pooled(), ElemSize: s.Type.Size(), Slots: uint64(s.Depth) + 1, First: firstSlot}
	h.Stride = roundUp(SlotPayload+h.slotWords()*8, strideUnit)
	end := h.First + h.Slots*h.Stride
	h.descSize, h.metaSize = uint64(len(s.Type.Encode())), uint32(len(s.Metadata))
	if length := h.descSize + uint64(h.metaSize); length > 0 {
		h.descOffset = end
		end += length
	}
	h.FileSize = roundUp(end, pageSize)
	if h.Pooled {
		h.Views, h.Loans = uint32(s.Views), uint32(s.Loans)
		h.Chunks = uint32(s.Depth) + h.Views + 1 + h.Loans
		h.ChunkStride = chunkStride(h.ElemSize)
		h.ChunksOffset = h.FileSize
		h.FileSize += roundUp(uint64(h.Chunks)*h.ChunkStride, pageSize)
	}
	return h
}

// chunkStride returns the bytes of a chunk for values of size bytes: small ones share pages, larger ones begin at
// one if it is the smallest.
func chunkStride(size uint64) uint64 {
	if stride := roundUp(ChunkPayload+size, 64); stride < SmallestPage {
		return stride
	}
	return roundUp(ChunkPayload+size, SmallestPage)
}

// slotWords returns the 64-bit words of a slot's payload.
func (h Header) slotWords() uint64 {
	if h.Pooled {
		return 2 // chunk and length
	}
	return (h.ElemSize + 7) / 8
}

// ringBytes returns the bytes from the header to the chunks or the file's end.
func (h Header) ringBytes() uint64 {
	if h.Pooled {
		return h.ChunksOffset - HeaderOffset
	}
	return h.FileSize - HeaderOffset
}

// Bytes returns the memory that the file takes: the hole takes none.
func (h Header) Bytes() uint64 { return page.Size() + h.FileSize - HeaderOffset }

func roundUp(n, unit uint64) uint64 { return (n + unit - 1) / unit * unit }
