package segment

import (
	"encoding/binary"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"shm_pub_sub/shmpubsub/internal/descriptor"
	"shm_pub_sub/shmpubsub/internal/ring"
)

// longest bounds the size of the fuzzer's files. They are sparse.
const longest = 1 << 41

// scalars are the types without a descriptor.
var scalars = [3]descriptor.Type{descriptor.Bool, descriptor.Int, descriptor.Float}

// FuzzTopicFile puts a file of any content and length under a topic's name, and attaches to it, inspects, lists, replaces
// and removes it; once with a live owner, once without. Reading beyond the file would end the fuzzer with a SIGBUS.
//
// tail is the file from its header on, and length the size to which it is cut or extended; -1 stands for
// the length that the header claims, as otherwise nearly all inputs end at that check.
func FuzzTopicFile(f *testing.F) {
	notEmulated(f, "addresses for files of terabytes")
	dir := domain(f)
	for _, seed := range fileSeeds(f, dir) {
		f.Add(seed.tail, seed.length, seed.typ)
	}
	f.Fuzz(func(t *testing.T, tail []byte, length int64, typ uint8) {
		s := specOf(dir, "x")
		s.Type = scalars[typ%3]
		file := fuzzedFile{path: pathOf(t, dir, "x"), tail: tail[:min(len(tail), 2*4096)], length: length}
		defer func() { _ = os.Remove(file.path) }() // of a failed run

		file.put(t)
		besideALiveOwner(t, s, file)
		read(t, s, file)
		createOver(t, s, file)

		file.put(t)
		require.NoError(t, Remove(dir, "x"))
		require.Empty(t, names(t, dir))
	})
}

type fileSeed struct {
	tail   []byte
	length int64
	typ    uint8
}

type fuzzedFile struct {
	path   string
	tail   []byte
	length int64
}

// fileSeeds are a good file, and ones with a fault in each part.
func fileSeeds(f *testing.F, dir string) (seeds []fileSeed) {
	add := func(tail []byte, length int64, typ int) {
		seeds = append(seeds, fileSeed{tail, length, uint8(typ % 3)})
	}
	for _, retain := range []bool{false, true} {
		for typ := range scalars {
			s := specOf(dir, "seed")
			s.Type, s.Retain = scalars[typ], retain
			content := writtenFile(f, s, 5)
			good := content[HeaderOffset : minSize+4*32]
			add(good, -1, typ)
			add(good, -1, typ+1)
			for _, length := range []int64{0, 1, minSize - 1, minSize, minSize + 4*32 - 1, fileSize - 1, fileSize + 1, longest} {
				add(good, length, typ)
			}
			for _, c := range []struct {
				at int
				v  uint64
			}{
				{HeadOffset, 0}, {HeadOffset, 4}, {HeadOffset, 6}, {HeadOffset, 1<<62 - 1}, {HeadOffset, 1 << 62}, {HeadOffset, 1 << 63}, {HeadOffset, ^uint64(0)},
				{RetiredOffset, 1},
				{headerSize + 32, 9}, {headerSize + 32, 0}, {headerSize + 32, 18}, // the slot of value 5
				{slotsOffset, 2}, {slotsOffset, 3}, {slotsOffset, 120}, {slotsOffset, 121}, {slotsOffset, 1 << 62},
				{strideOffset, 24}, {strideOffset, 40}, {strideOffset, 0xfffffff8}, {strideOffset, 1 << 61},
				{fileSizeOffset, minSize}, {fileSizeOffset, minSize + 4*32}, {fileSizeOffset, 1 << 40},
				{pidOffset, 0xffffffff},
			} {
				damaged := append([]byte(nil), good...)
				binary.LittleEndian.PutUint64(damaged[c.at:], c.v)
				add(damaged, -1, typ)
				add(damaged, fileSize, typ)
			}
		}
	}
	return seeds
}

// writtenFile returns the file of a publisher that has written n values.
func writtenFile(tb testing.TB, s Spec, n int) []byte {
	o := create(tb, s)
	w := ring.NewWriter(o.Ring())
	for k := range n {
		w.Write([]uint64{uint64(k + 1)}, int64(1000+k))
	}
	content, err := os.ReadFile(o.path)
	require.NoError(tb, err)
	abandon(o)
	require.NoError(tb, Remove(s.Dir, s.Topic))
	return content
}

func (file *fuzzedFile) put(t *testing.T) {
	content := append(make([]byte, HeaderOffset), file.tail...)
	if file.length < 0 {
		file.length = int64(len(content))
		if len(file.tail) >= fileSizeOffset+8 {
			file.length = int64(binary.LittleEndian.Uint64(file.tail[fileSizeOffset:]) % (longest + 1))
		}
	}
	file.length %= longest + 1
	require.NoError(t, os.WriteFile(file.path, content, 0o600))
	require.NoError(t, os.Truncate(file.path, file.length))
}

// word reads a number from the file itself, never through a mapping.
func (file *fuzzedFile) word(t *testing.T, at uint64) uint64 {
	disk, err := os.Open(file.path)
	require.NoError(t, err)
	defer func() { _ = disk.Close() }()
	b := make([]byte, 8)
	_, err = disk.ReadAt(b, int64(at))
	require.NoError(t, err)
	return binary.LittleEndian.Uint64(b)
}

func (file *fuzzedFile) header(t *testing.T) (Header, bool) {
	b := make([]byte, headerSize)
	copy(b, file.tail)
	fault := faultOf(b, file.length)
	h, err := decodeHeader(b, file.length)
	require.Equal(t, fault == "" && file.length >= minSize, err == nil, "%s: %v", fault, err)
	return h, err == nil
}

// newest is what a reader must find: the head, whether its slot agrees, and the value's time and word.
func (file *fuzzedFile) newest(t *testing.T, h Header) (head uint64, sound bool, at int64, word uint64) {
	head = file.word(t, HeaderOffset+HeadOffset)
	slot := h.First + head%h.Slots*h.Stride
	switch {
	case head == 0:
		return 0, true, 0, 0
	case head >= 1<<62 || file.word(t, slot) != 2*head:
		return head, false, 0, 0
	}
	return head, true, int64(file.word(t, slot+8)), file.word(t, slot+16)
}

func besideALiveOwner(t *testing.T, s Spec, file fuzzedFile) {
	fd, err := unix.Open(file.path, unix.O_RDWR|unix.O_CLOEXEC, 0)
	require.NoError(t, err)
	defer func() { _ = unix.Close(fd) }()
	ok, err := tryLock(fd, ownerByte)
	require.NoError(t, err)
	require.True(t, ok)

	before, err := os.Stat(file.path)
	require.NoError(t, err)
	_, err = Create(s)
	require.ErrorIs(t, err, ErrExists)
	require.ErrorIs(t, Remove(s.Dir, s.Topic), ErrExists)
	after, err := os.Stat(file.path)
	require.NoError(t, err)
	require.True(t, os.SameFile(before, after))

	h, valid := file.header(t)
	v, err := Attach(s.Dir, s.Topic, s.Type, Trust{})
	switch {
	case !valid:
		require.ErrorIs(t, err, ErrLayout)
	case !retired(t, file) && !h.Type.Equal(s.Type):
		require.ErrorIs(t, err, ErrType)
	default:
		require.NoError(t, err)
		require.Equal(t, retired(t, file), v.Dead)
		v.Close()
	}
}

func retired(t *testing.T, file fuzzedFile) bool {
	return uint32(file.word(t, HeaderOffset+RetiredOffset)) != 0
}

// read attaches to and inspects a dead publisher's file.
func read(t *testing.T, s Spec, file fuzzedFile) {
	topics, err := List(s.Dir)
	require.NoError(t, err)
	require.Equal(t, []string{s.Topic}, topics)
	h, valid := file.header(t)
	info, infoErr := Inspect(s.Dir, s.Topic, Trust{})
	v, err := Attach(s.Dir, s.Topic, s.Type, Trust{})
	if !valid {
		require.ErrorIs(t, err, ErrLayout)
		require.ErrorIs(t, infoErr, ErrLayout)
		return
	}
	head, sound, at, word := file.newest(t, h)
	if sound {
		require.NoError(t, infoErr)
		require.Equal(t, Info{Header: h, Topic: s.Topic, Path: file.path, UID: uint32(os.Geteuid()), Bytes: info.Bytes, Trusted: true, Published: head, Newest: at}, info)
	} else {
		require.ErrorIs(t, infoErr, ErrLayout)
	}
	dead := retired(t, file) || !h.Retain
	if !dead && !h.Type.Equal(s.Type) {
		require.ErrorIs(t, err, ErrType)
		return
	}
	require.NoError(t, err)
	defer v.Close()
	require.Equal(t, h, v.Header)
	require.Equal(t, dead, v.Dead)
	require.True(t, v.Current())
	value := []uint64{0}
	r := v.Ring()
	sample, ok := r.Newest(value)
	require.Equal(t, sound, ok)
	if sound {
		require.Equal(t, head, sample.Sequence)
		require.Equal(t, at, sample.Time)
		require.Equal(t, word, value[0])
	}
}

// createOver takes the topic over, which always works, and keeps only a retained value of the type.
func createOver(t *testing.T, s Spec, file fuzzedFile) {
	h, valid := file.header(t)
	var old *View
	var head, word uint64
	var sound bool
	var at int64
	if valid {
		head, sound, at, word = file.newest(t, h)
		var err error
		old, err = open(file.path, Trust{})
		require.NoError(t, err)
		defer old.Close()
	}
	o := create(t, s)
	if valid {
		require.True(t, old.Retired())
		require.False(t, old.Current())
	}
	require.Equal(t, h.PID, o.Replaced)
	v, err := Attach(s.Dir, s.Topic, s.Type, Trust{})
	require.NoError(t, err)
	value := []uint64{0}
	r := v.Ring()
	sample, ok := r.Newest(value)
	require.True(t, ok)
	if valid && h.Retain && h.Type.Equal(s.Type) && sound && head > 0 {
		require.Equal(t, uint64(1), sample.Sequence)
		require.Equal(t, at, sample.Time)
		require.Equal(t, word, value[0])
	} else {
		require.Zero(t, sample)
	}
	v.Close()
	require.NoError(t, o.Close())
	require.Empty(t, names(t, s.Dir))
}
