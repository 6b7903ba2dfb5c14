package segment

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub/internal/descriptor"
)

func TestLayout_IsTheOneOfTheCHeader(t *testing.T) {
	source, err := os.ReadFile("../../protocol/layout.h")
	require.NoError(t, err)
	defined := map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^#define (SHM_\w+) (\d+)\b`).FindAllStringSubmatch(string(source), -1) {
		defined[m[1]], err = strconv.Atoi(m[2])
		require.NoError(t, err)
	}
	require.Equal(t, map[string]int{
		"SHM_WAIT_OFFSET":         WaitOffset,
		"SHM_PINS_OFFSET":         PinsOffset,
		"SHM_HEADER_OFFSET":       HeaderOffset,
		"SHM_SLOT_CHUNK":          SlotChunk,
		"SHM_SLOT_LENGTH":         SlotLength,
		"SHM_CHUNK_PAYLOAD":       ChunkPayload,
		"SHM_SMALLEST_PAGE":       SmallestPage,
		"SHM_MAX_VIEWS":           MaxViews,
		"SHM_MAX_SIZE":            descriptor.MaxSize,
		"SHM_INLINE_LIMIT":        InlineLimit,
		"SHM_HEAD_OFFSET":         HeadOffset,
		"SHM_RETIRED_OFFSET":      RetiredOffset,
		"SHM_CARRIED_TIME_OFFSET": CarriedTimeOffset,
		"SHM_DESC_OFFSET_OFFSET":  descOffsetOffset,
		"SHM_DESC_SIZE_OFFSET":    descSizeOffset,
		"SHM_META_SIZE_OFFSET":    metaSizeOffset,
		"SHM_MAX_METADATA":        MaxMetadata,
		"SHM_SLOT_TIME":           8,
		"SHM_SLOT_PAYLOAD":        SlotPayload,
		"SHM_DETECTION_TIME":      int(DetectionTime),
	}, defined)
}

// Large numpy arrays begin 16 bytes into a page; see ChunkPayload.
func TestLayout_CopiesBetweenValuesAndLargeArraysAreFast(t *testing.T) {
	const array, page, line = 16, 4096, 64
	for _, behind := range []int{ChunkPayload - array, array - ChunkPayload} {
		behind = (behind + page) % page
		require.False(t, 0 < behind && behind < line, "%d bytes behind", behind)
	}
}

func TestLayout_HasTheTypeTagsOfTheCHeader(t *testing.T) {
	source, err := os.ReadFile("../../protocol/layout.h")
	require.NoError(t, err)
	tags := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^    SHM_(\w+) = (\d+),`).FindAllStringSubmatch(string(source), -1) {
		tags[m[2]] = strings.ToLower(m[1])
	}
	require.Len(t, tags, int(descriptor.KindScalar))
	for kind := descriptor.KindBool; kind <= descriptor.KindScalar; kind++ {
		require.Equal(t, kind.String(), tags[strconv.Itoa(int(kind))])
	}
}

func TestLayout_IsTheOneOfTheDocumentation(t *testing.T) {
	page, err := os.ReadFile("../../../docs/memory-layout.md")
	require.NoError(t, err)
	type field struct {
		offset int
		typ    string
	}
	documented := map[string]field{}
	for _, m := range regexp.MustCompile(`(?m)^\| (\d+) \| (\S+) \| (\w+) \|`).FindAllStringSubmatch(string(page), -1) {
		offset, err := strconv.Atoi(m[1])
		require.NoError(t, err)
		documented[m[3]] = field{offset, m[2]}
	}
	require.Equal(t, map[string]field{
		"wait":         {WaitOffset, "u32"},
		"magic":        {magicOffset, "u64"},
		"version":      {versionOffset, "u32"},
		"headerSize":   {headerSizeOffset, "u32"},
		"typeTag":      {typeTagOffset, "u32"},
		"flags":        {flagsOffset, "u32"},
		"elemSize":     {elemSizeOffset, "u64"},
		"stride":       {strideOffset, "u64"},
		"slots":        {slotsOffset, "u64"},
		"fileSize":     {fileSizeOffset, "u64"},
		"pid":          {pidOffset, "u32"},
		"created":      {createdOffset, "i64"},
		"descOffset":   {descOffsetOffset, "u64"},
		"descSize":     {descSizeOffset, "u64"},
		"carriedTime":  {CarriedTimeOffset, "i64"},
		"pins":         {PinsOffset, "u64..."},
		"chunksOffset": {chunksOffsetOffset, "u64"},
		"chunkStride":  {chunkStrideOffset, "u64"},
		"chunks":       {chunksOffset, "u32"},
		"views":        {viewsOffset, "u32"},
		"loans":        {loansOffset, "u32"},
		"metaSize":     {metaSizeOffset, "u32"},
		"head":         {HeadOffset, "u64"},
		"retired":      {RetiredOffset, "u32"},
		// Of a slot:
		"sequence": {0, "u64"},
		"time":     {8, "i64"},
		"payload":  {SlotPayload, "u64..."},
		"chunk":    {SlotChunk, "u32"},
		"length":   {SlotLength, "u64"},
	}, documented)
}

func TestLayout_KeepsWritersAndReadersApart(t *testing.T) {
	require.Zero(t, HeaderOffset%65536, "the wait page is a page: subscribers map it alone as writable")
	require.Zero(t, HeadOffset%64, "head begins a cache line")
	require.GreaterOrEqual(t, HeadOffset, CarriedTimeOffset+8)
	require.Equal(t, HeadOffset/64, RetiredOffset/64, "one cache line tells a reader all that can change")
	require.GreaterOrEqual(t, headerSize, HeadOffset+64)
}
