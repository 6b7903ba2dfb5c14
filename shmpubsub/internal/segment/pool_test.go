package segment

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/descriptor"
	"shm_pub_sub/shmpubsub/internal/page"
	"shm_pub_sub/shmpubsub/internal/ring"
)

func typeOf(t testing.TB, text string) descriptor.Type {
	t.Helper()
	typ, err := descriptor.ParseWant(text)
	require.NoError(t, err)
	return typ
}

// pooledSpec is a topic of text of up to most bytes.
func pooledSpec(t testing.TB, dir string, most int) Spec {
	s := specOf(dir, "x")
	s.Type, s.Views, s.Loans = typeOf(t, fmt.Sprintf(`{"kind":"text","max":%d}`, most)), 2, 1
	return s
}

// write publishes a value in a chunk, as the first value.
func write(o *Owned, chunk uint32, value string, at int64) {
	copy(o.Pool()[uint64(chunk)*o.ChunkStride+ChunkPayload:], value)
	w := ring.NewWriter(o.Ring())
	w.Write([]uint64{uint64(chunk), uint64(len(value))}, at)
}

// newestText returns the newest value of an attached topic of text, and the chunk that has it.
func newestText(t *testing.T, v *View) (text string, chunk uint64) {
	t.Helper()
	var slot [2]uint64
	r := v.Ring()
	sample, sound := r.Newest(slot[:])
	require.True(t, sound)
	if sample.Sequence == 0 {
		return "", 0
	}
	at := slot[0]*v.ChunkStride + ChunkPayload
	return string(v.Pool()[at : at+slot[1]]), slot[0]
}

func TestCreate_HasSpaceForEveryChunk(t *testing.T) {
	for text, want := range map[string]struct{ chunks, stride uint64 }{
		`{"kind":"text","max":4096}`:                              {7, 8192},
		`{"kind":"text","max":1}`:                                 {7, 192},
		`{"kind":"bytes","max":3840}`:                             {7, 3968},
		`{"kind":"bytes","max":3904}`:                             {7, 4032},
		`{"kind":"bytes","max":3905}`:                             {7, 4096},
		`{"kind":"bytes","max":3969}`:                             {7, 8192},
		`{"kind":"list","dtype":"<f8","max":3}`:                   {7, 192},
		`{"kind":"array","dtype":"<u1","shape":[480,640,3]}`:      {7, 225*4096 + 4096},
		`{"kind":"array","dtype":"<f4","shape":[null,4],"max":9}`: {7, 320},
		`{"kind":"array","dtype":"<f8","shape":[16]}`:             {},
		`{"kind":"array","dtype":"<f8","shape":[]}`:               {},
		`{"kind":"scalar","dtype":"<c16"}`:                        {},
	} {
		t.Run(text, func(t *testing.T) {
			s := pooledSpec(t, domain(t), 1)
			s.Type = typeOf(t, text)
			o := create(t, s)
			require.EqualValues(t, want.chunks, o.Header.Chunks)
			require.Equal(t, want.stride, o.ChunkStride)
			require.Equal(t, want.chunks > 0, o.Pooled)
			require.Zero(t, o.ChunksOffset%page.Size())
			require.GreaterOrEqual(t, uint64(len(o.Pool())), want.chunks*want.stride)
			var st unix.Stat_t
			require.NoError(t, unix.Stat(o.path, &st))
			require.EqualValues(t, o.FileSize, st.Size)
			require.EqualValues(t, o.Bytes(), st.Blocks*512)
			v := attach(t, s)
			require.Equal(t, o.Header, v.Header)
			require.Equal(t, s.Type, v.Type)
			info, err := Inspect(s.Dir, "x", Trust{})
			require.NoError(t, err)
			require.Equal(t, o.Header, info.Header)
			require.NoError(t, o.Close())
		})
	}
}

func TestCreate_RefusesViewsAndLoansBeyondTheirLimits(t *testing.T) {
	s := pooledSpec(t, domain(t), 10)
	for _, views := range []int{-1, MaxViews + 1} {
		bad := s
		bad.Views = views
		_, err := Create(bad)
		require.ErrorIs(t, err, ErrViews)
		require.ErrorContains(t, err, fmt.Sprintf(`topic "x": found %d; expected 0 to 500`, views))
	}
	for _, loans := range []int{-1, 0, MaxLoans + 1} {
		bad := s
		bad.Loans = loans
		_, err := Create(bad)
		require.ErrorIs(t, err, ErrLoans)
	}
	s.Views, s.Loans = MaxViews, MaxLoans
	o := create(t, s)
	require.EqualValues(t, 3+500+1+500, o.Header.Chunks)
	require.NoError(t, o.Close())
	s.Depth = MaxPooledDepth + 1
	_, err := Create(s)
	require.ErrorIs(t, err, ErrDepth)
	s.Depth, s.Type = MaxPooledDepth, typeOf(t, `{"kind":"bytes","max":1099511627776}`)
	_, err = Create(s)
	require.ErrorIs(t, err, ErrCreate)
}

func TestCreate_MapsThePagesOfChunks(t *testing.T) {
	notEmulated(t, "sizes in smaps")
	s := pooledSpec(t, domain(t), 1<<20)
	o := create(t, s)
	defer func() { require.NoError(t, o.Close()) }()
	smaps, err := os.ReadFile("/proc/self/smaps")
	require.NoError(t, err)
	mapping := regexp.MustCompile(fmt.Sprintf(`(?m)^%x-.*\n(?:\w+:.*\n)*?Rss: +(\d+) kB`, o.pool.address())).FindSubmatch(smaps)
	require.NotNil(t, mapping)
	require.Equal(t, fmt.Sprint(len(o.pool)/1024), string(mapping[1]), "the first values are written as fast as later ones")
}

// Arrays may lie in the pool after Close, in a forked child too.
func TestReleasePool_LeavesAMappingThatDoesNotHoldTheLock(t *testing.T) {
	s := pooledSpec(t, domain(t), 10)
	o := create(t, s)
	pool := o.pool
	o.ReleasePool()
	write(&Owned{Header: o.Header, memory: o.memory, pool: pool}, 3, "kept", 5)
	require.NoError(t, o.Close())
	next := create(t, s)
	require.Zero(t, next.Replaced)
	require.Equal(t, "kept", string(pool[3*o.ChunkStride+ChunkPayload:][:4]))
	require.NoError(t, next.Close())
	pool.unmap()

	killed := create(t, s)
	pool, killed.pool = killed.pool, nil
	abandon(killed)
	v := attach(t, s)
	require.True(t, v.Dead)
	require.NoError(t, Remove(s.Dir, "x"))
	pool.unmap()
}

func TestAttach_NamesBothTypesInFull(t *testing.T) {
	s := specOf(domain(t), "x")
	s.Type, s.Views, s.Loans = typeOf(t, `{"kind":"array","dtype":"<u1","shape":[480,640,3]}`), 2, 1
	o := create(t, s)
	defer func() { require.NoError(t, o.Close()) }()
	for _, c := range []struct{ want, text string }{
		{`{"kind":"array","dtype":"<f4","shape":[null,4]}`, "float32[:,4]"},
		{`{"kind":"array","dtype":"<u1","shape":[480,640]}`, "uint8[480,640]"},
		{`{"kind":"text","max":4096}`, "str <= 4096"},
		{"float", "float"},
	} {
		_, err := Attach(s.Dir, "x", typeOf(t, c.want), Trust{})
		require.ErrorIs(t, err, ErrType)
		require.EqualError(t, err, fmt.Sprintf(`open "x": found a topic of type uint8[480,640,3] (publisher: process %d); expected %s; `+
			`use the publisher's type or another name`, os.Getpid(), c.text))
	}
	for _, want := range []string{"", `{"kind":"array","dtype":"<u1","shape":[null,640,3]}`} {
		v, err := Attach(s.Dir, "x", typeOf(t, want), Trust{})
		require.NoError(t, err)
		v.Close()
	}
}

func TestCreate_SaysWhatTheChunksTake(t *testing.T) {
	if !goesOnInChild(t, ownMounts()) {
		return
	}
	dir := filepath.Join(domain(t), "small")
	require.NoError(t, os.Mkdir(dir, 0o700))
	defer func() { require.NoError(t, os.Remove(dir)) }()
	mount(t, dir, "size=1m", 0)
	defer func() { require.NoError(t, unix.Unmount(dir, unix.MNT_DETACH)) }()
	s := specOf(dir, "x")
	s.Type, s.Views, s.Loans = typeOf(t, `{"kind":"array","dtype":"<u1","shape":[480,640,3]}`), 2, 1
	_, err := Create(s)
	require.ErrorIs(t, err, ErrCreate)
	require.ErrorIs(t, err, unix.ENOSPC)
	const chunks = 7 * 925696
	total := 2*page.Size() + roundUp(chunks, page.Size())
	require.EqualError(t, err, fmt.Sprintf(`Failed to create shared memory: create "x": reserve %[1]d bytes: no space left on device; `+
		`found 1048576 bytes free in %[2]s; expected %[1]d bytes, (buffer_num 3 + views 2 + 1 + loans 1) x 925696 and %[3]d besides; `+
		`use fewer buffers, remove what is stale, or enlarge it (Docker gives 64 MB without --shm-size=1g)`, total, dir, total-chunks))
	require.Empty(t, names(t, dir))
}

func TestTakeOver_CarriesAPooledValueOver(t *testing.T) {
	text := func(most int) string { return fmt.Sprintf(`{"kind":"text","max":%d}`, most) }
	for name, c := range map[string]struct {
		next    string
		carried Carried
	}{
		"of the same type":                 {text(10), CarriedOver},
		"with more room":                   {text(100_000), CarriedOver},
		"with less room that is enough":    {text(5), CarriedOver},
		"with too little room":             {text(4), CarryRefused},
		"of another kind":                  {`{"kind":"bytes","max":10}`, CarryRefused},
		"of a type without chunks":         {"int", CarryRefused},
		"of a fixed type that has no such": {`{"kind":"array","dtype":"<u1","shape":[200]}`, CarryRefused},
	} {
		t.Run(name, func(t *testing.T) {
			s := pooledSpec(t, domain(t), 10)
			s.Retain = true
			o := create(t, s)
			write(o, 4, "robot", 77)
			require.NoError(t, o.Close())
			s.Type = typeOf(t, c.next)
			next := create(t, s)
			require.Equal(t, c.carried, next.Carried)
			v := attach(t, s)
			if c.carried == CarriedOver {
				text, chunk := newestText(t, v)
				require.Equal(t, "robot", text)
				require.Zero(t, chunk)
				require.EqualValues(t, 77, v.CarriedTime)
			} else {
				require.Zero(t, next.memory.head().Load())
				require.Zero(t, v.CarriedTime)
			}
			require.NoError(t, next.Close())
			require.NoError(t, Remove(s.Dir, "x"))
		})
	}
	t.Run("unless there is none", func(t *testing.T) {
		s := pooledSpec(t, domain(t), 10)
		s.Retain = true
		require.NoError(t, create(t, s).Close())
		o := create(t, s)
		require.Equal(t, NothingToCarry, o.Carried)
		require.NoError(t, o.Close())
		require.NoError(t, Remove(s.Dir, "x"))
	})
}

func TestTakeOver_RefusesAChunkThatContradictsTheHeader(t *testing.T) {
	s := pooledSpec(t, domain(t), 10)
	s.Retain = true
	for _, slot := range [][]uint64{{7, 5}, {1<<32 - 1, 5}, {0, 11}, {0, 1 << 63}, {0, ^uint64(0)}} {
		o := create(t, s)
		w := ring.NewWriter(o.Ring())
		w.Write(slot, 77)
		require.NoError(t, o.Close())
		next := create(t, s)
		require.Equal(t, CarryRefused, next.Carried)
		require.Zero(t, next.memory.head().Load())
		require.NoError(t, next.Close())
		require.NoError(t, Remove(s.Dir, "x"))
	}
}

// A hostile file costs the reader an error, whatever it claims to have.
func TestReadHeader_RefusesHostileDescriptorsWithoutLargeAllocations(t *testing.T) {
	s := pooledSpec(t, domain(t), 10)
	o := create(t, s)
	good, err := os.ReadFile(o.path)
	require.NoError(t, err)
	h := o.Header
	require.NoError(t, o.Close())
	put32 := func(at int, v uint32) func([]byte) {
		return func(b []byte) { binary.LittleEndian.PutUint32(b[HeaderOffset+at:], v) }
	}
	put64 := func(at int, v uint64) func([]byte) {
		return func(b []byte) { binary.LittleEndian.PutUint64(b[HeaderOffset+at:], v) }
	}
	json := func(text string) func([]byte) {
		return func(b []byte) {
			put64(descSizeOffset, uint64(len(text)))(b)
			copy(b[h.descOffset:], text)
		}
	}
	for name, damage := range map[string]func([]byte){
		"record":                    func(b []byte) { put32(typeTagOffset, 5)(b); json(`{"kind":"record","name":"x"}`)(b) },
		"a record, as text":         json(`{"kind":"record"}`),
		"nesting":                   json(strings.Repeat("[", 4000)),
		"1 GB of JSON":              put64(descSizeOffset, 1<<30),
		"all of memory":             put64(descSizeOffset, ^uint64(0)),
		"no descriptor":             put64(descSizeOffset, 0),
		"descriptor cut short":      put64(descSizeOffset, h.descSize-1),
		"descriptor outside":        put64(descOffsetOffset, h.FileSize),
		"descriptor far outside":    put64(descOffsetOffset, ^uint64(0)),
		"descriptor in the slots":   put64(descOffsetOffset, h.descOffset-1),
		"metadata in the chunks":    put32(metaSizeOffset, uint32(h.ChunksOffset)),
		"metadata outside":          put32(metaSizeOffset, ^uint32(0)),
		"another kind":              json(`{"kind":"bytes","max":10}`),
		"another size":              json(`{"kind":"text","max":11}`),
		"shape overflow":            json(`{"kind":"array","dtype":"<u8","shape":[4294967296,4294967296]}`),
		"element size overflow":     put64(elemSizeOffset, ^uint64(63)),
		"value beyond its chunk":    put64(elemSizeOffset, h.ChunkStride),
		"not pooled":                put32(flagsOffset, 0),
		"chunks outside":            put64(chunksOffsetOffset, h.FileSize),
		"chunks before the header":  put64(chunksOffsetOffset, 0),
		"chunks over the ring":      put64(chunksOffsetOffset, HeaderOffset),
		"chunks off a page":         put64(chunksOffsetOffset, h.ChunksOffset+64),
		"chunk stride overflow":     put64(chunkStrideOffset, 1<<62),
		"chunk stride 0":            put64(chunkStrideOffset, 0),
		"odd chunk stride":          put64(chunkStrideOffset, h.ChunkStride+8),
		"chunks beyond the file":    put64(chunkStrideOffset, 1<<20),
		"chunks missing":            put32(chunksOffset, h.Chunks-1),
		"too many chunks":           put32(chunksOffset, ^uint32(0)),
		"too many views":            put32(viewsOffset, 501),
		"views that wrap":           put32(viewsOffset, ^uint32(0)),
		"no loans":                  put32(loansOffset, 0),
		"slots without their words": put64(strideOffset, 24),
	} {
		t.Run(name, func(t *testing.T) {
			b := bytes.Clone(good)
			damage(b)
			require.NoError(t, os.WriteFile(o.path, b, 0o600))
			defer func() { require.NoError(t, os.Remove(o.path)) }()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, attached := Attach(s.Dir, "x", descriptor.Any, Trust{})
			_, inspected := Inspect(s.Dir, "x", Trust{})
			runtime.ReadMemStats(&after)
			require.ErrorIs(t, attached, ErrLayout)
			require.ErrorIs(t, inspected, ErrLayout)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
		})
	}
}

// Nothing may make pages of the hole: each would cost a page of memory.
func TestHole_TakesNoMemory(t *testing.T) {
	for _, s := range []Spec{specOf(domain(t), "x"), pooledSpec(t, domain(t), 5000)} {
		o := create(t, s)
		v := attach(t, s)
		wait := waitPage(t, v)
		require.NoError(t, unix.Mlock(v.memory.data))
		require.NoError(t, unix.Mlock(o.memory.data))
		for _, region := range []region{v.memory.data, o.memory.page, wait.memory} {
			for at := range region {
				_ = region[at]
			}
		}
		_, err := Inspect(s.Dir, "x", Trust{})
		require.NoError(t, err)
		var st unix.Stat_t
		require.NoError(t, unix.Stat(o.path, &st))
		require.EqualValues(t, o.Bytes(), st.Blocks*512)
		data, err := unix.Seek(o.fd, int64(page.Size()), unix.SEEK_DATA)
		require.NoError(t, err)
		require.EqualValues(t, HeaderOffset, data)
		wait.Release()
		require.NoError(t, o.Close())
	}
}
