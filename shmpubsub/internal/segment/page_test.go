package segment

import (
	"encoding/binary"
	"fmt"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub/internal/page"
)

// Every offset and writable length is a multiple of the page size that is built in: of 64 KiB with -tags=page64k.
func TestMappings_FitThePageSize(t *testing.T) {
	s := pooledSpec(t, domain(t), 100)
	o := create(t, s)
	defer func() { require.NoError(t, o.Close()) }()
	v := attach(t, s)
	defer waitPage(t, v).Release()
	maps, err := os.ReadFile("/proc/self/maps")
	require.NoError(t, err)
	count := 0
	for _, m := range regexp.MustCompile(`(?m)^(\w+)-(\w+) (....) (\w+) .* `+regexp.QuoteMeta(s.Dir)+`/`).FindAllSubmatch(maps, -1) {
		var begin, end, offset uint64
		_, err := fmt.Sscanf(fmt.Sprintf("%s %s %s", m[1], m[2], m[4]), "%x %x %x", &begin, &end, &offset)
		require.NoError(t, err)
		require.Zero(t, offset%page.Size(), "%s", m[0])
		if m[3][1] == 'w' {
			require.Zero(t, (end-begin)%page.Size(), "%s", m[0])
		}
		count++
	}
	require.Positive(t, count)
}

// A file outlives its kernel, on a disk, or is another machine's: the layout of each size of pages is read with each.
func TestAttach_ReadsFilesOfOtherPages(t *testing.T) {
	for _, pageSize := range []uint64{4096, 16384, 65536} {
		t.Run(fmt.Sprint(pageSize), func(t *testing.T) {
			s := pooledSpec(t, domain(t), 5000)
			s.Retain = true
			h := headerFor(s, pageSize)
			require.EqualValues(t, HeaderOffset+pageSize, h.ChunksOffset)
			file := make([]byte, h.FileSize-HeaderOffset)
			h.encode(file)
			h.encodeType(file, "")
			put64 := func(at, v uint64) { binary.LittleEndian.PutUint64(file[at:], v) }
			put64(HeadOffset, 1)
			slot := h.First + h.Stride - HeaderOffset
			put64(slot, 2)
			put64(slot+8, 7)
			put64(slot+SlotChunk, 3)
			put64(slot+SlotLength, 5)
			copy(file[h.ChunksOffset-HeaderOffset+3*h.ChunkStride+ChunkPayload:], "hello")
			path := pathOf(t, s.Dir, "x")
			require.NoError(t, os.WriteFile(path, append(make([]byte, HeaderOffset), file...), 0o600))

			v := attach(t, s)
			text, chunk := newestText(t, v)
			require.Equal(t, "hello", text)
			require.EqualValues(t, 3, chunk)
			waitPage(t, v).Release()
			p, err := v.OpenPins()
			require.NoError(t, err)
			p.Close()
			o := create(t, s)
			text, _ = newestText(t, attach(t, s))
			require.Equal(t, "hello", text, "carried into a file of this kernel's pages")
			require.NoError(t, o.Close())
			require.NoError(t, os.Remove(path))
		})
	}
}
