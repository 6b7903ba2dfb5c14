package pool

import (
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub/internal/ring"
)

// file is a topic's file, on the heap.
type file struct {
	Geometry
	head   atomic.Uint64
	words  []atomic.Uint64
	table  []atomic.Uint64
	memory []byte

	mu     sync.Mutex
	locked map[int]*mapping // by lock byte
}

// mapping has locks of its own, as an open file does.
type mapping struct{ f *file }

const size = 256

func newFile(depth, views, loans int) *file {
	const stride = 512
	chunks := depth + views + 1 + loans
	return &file{
		Geometry: Geometry{Stride: stride, Chunks: uint32(chunks), Views: uint32(views), Loans: uint32(loans), Max: size},
		words:    make([]atomic.Uint64, (depth+1)*4), table: make([]atomic.Uint64, views+1), memory: make([]byte, chunks*stride),
		locked: map[int]*mapping{},
	}
}

func (f *file) ring() ring.Ring { return ring.New(&f.head, f.words, 4, Words) }

func (f *file) chunks() *Chunks { return NewChunks(f.Geometry, f.ring(), f.table, f.memory) }

// TryLock is as fcntl's F_OFD_SETLK: it succeeds for what the same open file holds.
func (m *mapping) TryLock(i int) (bool, error) {
	m.f.mu.Lock()
	defer m.f.mu.Unlock()
	if holder := m.f.locked[i]; holder != nil && holder != m {
		return false, nil
	}
	m.f.locked[i] = m
	return true, nil
}

func (m *mapping) Unlock(i int) {
	m.f.mu.Lock()
	defer m.f.mu.Unlock()
	delete(m.f.locked, i)
}

// die ends a mapping's process: the kernel drops its locks, and its pins stay.
func (m *mapping) die() {
	m.f.mu.Lock()
	defer m.f.mu.Unlock()
	for i, holder := range m.f.locked {
		if holder == m {
			delete(m.f.locked, i)
		}
	}
}

func (f *file) pins(t testing.TB, start int) (*Pins, *mapping) {
	t.Helper()
	m := &mapping{f}
	p, err := NewPins(f.table, m, start)
	require.NoError(t, err)
	return p, m
}

// reader reads through pins; nil: without, by a copy before which lap is called.
func (f *file) reader(pins *Pins, lap func()) *Reader {
	return &Reader{Geometry: f.Geometry, Ring: f.ring(), Memory: f.memory, Pins: pins, Copy: func(dst []byte, at uint64) error {
		copy(dst, f.memory[at:])
		if lap != nil {
			lap()
		}
		return nil
	}}
}

func (f *file) taken() (n int) {
	for i := range f.table {
		if f.table[i].Load() != 0 {
			n++
		}
	}
	return n
}

// put publishes a value each of whose words is number.
func (c *Chunks) put(t testing.TB, number uint64) {
	t.Helper()
	chunk, ok := c.Take()
	require.True(t, ok)
	fill(c.Payload(chunk, size), number)
	c.Publish(chunk, size, int64(number))
}

func fill(b []byte, number uint64) {
	for i := 0; i < len(b); i += 8 {
		binary.NativeEndian.PutUint64(b[i:], number)
	}
}

// number returns what every word of a whole value is.
func number(t testing.TB, b []byte) uint64 {
	t.Helper()
	first := binary.NativeEndian.Uint64(b)
	for i := 0; i < len(b); i += 8 {
		if binary.NativeEndian.Uint64(b[i:]) != first {
			t.Fatalf("torn: % x", b)
		}
	}
	return first
}

func TestReader_ReadsTheNewestAndEveryValue(t *testing.T) {
	f := newFile(2, 1, 1)
	c := f.chunks()
	pins, _ := f.pins(t, 7)
	r := f.reader(pins, nil)
	v, outcome := r.Newest(false)
	require.Equal(t, Read, outcome)
	require.Zero(t, v.Sequence)
	var at ring.Position
	for n := range uint64(20) {
		c.put(t, n)
		v, outcome := r.Newest(true)
		require.Equal(t, Read, outcome)
		require.Equal(t, ring.Sample{Sequence: n + 1, Time: int64(n)}, v.Sample)
		require.Equal(t, n, number(t, v.Bytes))
		v.Release()
		if n%4 == 3 {
			v, lost, outcome := r.Next(&at, false, false)
			require.Equal(t, Read, outcome)
			require.Equal(t, uint64(2), lost, "two of four are kept")
			require.Equal(t, n-1, number(t, v.Bytes))
			v.Release()
			v, lost, _ = r.Next(&at, false, false)
			require.Zero(t, lost)
			require.Equal(t, n, number(t, v.Bytes))
			v.Release()
		}
	}
	require.Zero(t, f.taken())
}

func TestChunks_AlwaysHaveOneAndNeverAPinnedOne(t *testing.T) {
	for _, views := range []int{0, 1, 3} {
		for _, loans := range []int{1, 2} {
			t.Run(fmt.Sprintf("views=%d/loans=%d", views, loans), func(t *testing.T) {
				f := newFile(2, views, loans)
				c := f.chunks()
				pins, _ := f.pins(t, 0)
				r := f.reader(pins, nil)
				var held []Value
				for n := uint64(0); n < 50; n++ {
					if loans == 2 && n%3 == 0 { // an older loan is published after a newer value
						older, ok := c.Take()
						require.True(t, ok)
						newer, ok := c.Take()
						require.True(t, ok)
						_, ok = c.Take()
						require.False(t, ok, "two are open")
						c.Drop(newer)
						c.put(t, n)
						n++
						fill(c.Payload(older, size), n)
						c.Publish(older, size, 0)
					} else {
						c.put(t, n)
					}
					v, _ := r.Newest(len(held) < views)
					require.True(t, v.Pinned())
					require.Equal(t, n, number(t, v.Bytes))
					if held = append(held, v); len(held) > views {
						require.Equal(t, views+1, f.taken())
						for _, v := range held {
							require.Equal(t, v.Sequence-1, number(t, v.Bytes))
							v.Release()
						}
						held = nil
					}
				}
			})
		}
	}
}

// The newest chunk that nobody uses is still in the cache.
func TestChunks_UsesTheLastFreeOneFirst(t *testing.T) {
	f := newFile(1, 2, 1)
	c := f.chunks()
	used := map[uint32]bool{}
	for range 10 {
		chunk, ok := c.Take()
		require.True(t, ok)
		used[chunk] = true
		c.Publish(chunk, 8, 0)
	}
	require.Len(t, used, 2, "nobody reads")
}

func TestChunks_GoesOnWithACarriedOverValue(t *testing.T) {
	f := newFile(1, 0, 1)
	w := ring.NewWriter(f.ring())
	fill(f.payload(f.memory, 2, size), 7)
	w.Write([]uint64{2, size}, 1)
	c := f.chunks()
	r := f.reader(nil, nil)
	chunk, ok := c.Take()
	require.True(t, ok)
	fill(c.Payload(chunk, size), 8)
	v, _ := r.Newest(false)
	require.Equal(t, uint64(7), number(t, v.Bytes))
	c.Publish(chunk, size, 2)
	for n := uint64(9); n < 20; n++ {
		c.put(t, n)
		v, _ = r.Newest(false)
		require.Equal(t, n, number(t, v.Bytes))
	}
}

func TestReader_EndsWhenEachCopyIsOverwritten(t *testing.T) {
	f := newFile(1, 1, 1)
	c := f.chunks()
	c.put(t, 0)
	calls := uint64(0)
	lap := func() {
		for range 2 {
			calls++
			c.put(t, calls)
		}
	}
	r := f.reader(nil, lap)
	_, outcome := r.Newest(false)
	require.Equal(t, Lapped, outcome)
	var at ring.Position
	for _, again := range []bool{false, true} {
		_, lost, outcome := r.Next(&at, again, false)
		require.Equal(t, Lapped, outcome)
		require.Zero(t, lost)
		require.Zero(t, at.After)
	}
	r.Copy = f.reader(nil, nil).Copy
	v, lost, outcome := r.Next(&at, true, false)
	require.Equal(t, Read, outcome)
	require.Equal(t, calls, number(t, v.Bytes))
	require.Equal(t, calls, lost)
}

func TestReader_IgnoresWhatTheLayoutHasNoUseFor(t *testing.T) {
	f := newFile(1, 1, 1)
	f.chunks().put(t, 7)
	f.words[4+2].Store(f.words[4+2].Load() | 1<<32)
	v, outcome := f.reader(nil, nil).Newest(false)
	require.Equal(t, Read, outcome)
	require.EqualValues(t, 7, number(t, v.Bytes))
}

func TestReader_FindsWhatNoWriterWrites(t *testing.T) {
	for name, damage := range map[string]func(*file, []atomic.Uint64){
		"chunk":    func(f *file, slot []atomic.Uint64) { slot[2].Store(uint64(f.Chunks)) },
		"length":   func(_ *file, slot []atomic.Uint64) { slot[3].Store(size + 1) },
		"sequence": func(_ *file, slot []atomic.Uint64) { slot[0].Store(3) },
		"head":     func(f *file, _ []atomic.Uint64) { f.head.Store(1 << 63) },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFile(1, 1, 1)
			f.chunks().put(t, 0)
			damage(f, f.words[4:])
			pins, _ := f.pins(t, 0)
			for _, pins := range []*Pins{nil, pins} {
				r := f.reader(pins, nil)
				_, outcome := r.Newest(false)
				require.Equal(t, Unsound, outcome)
				var at ring.Position
				_, _, outcome = r.Next(&at, false, false)
				require.Equal(t, Unsound, outcome)
			}
			require.Zero(t, f.taken())
		})
	}
}

// Whatever is in slots, table and head, a reader ends, and stays within the pool; so does a writer's pass. The newest value
// is whole: package ring's tests have a head that contradicts the slots, which takes a reader as long as a thousand of these.
func FuzzReader(fuzz *testing.F) {
	fuzz.Add(uint64(1), uint64(2), uint64(0), uint64(8), uint64(1))
	fuzz.Add(uint64(3), uint64(6), uint64(99), uint64(1<<40), uint64(1<<63))
	fuzz.Fuzz(func(t *testing.T, head, older, chunk, length, entry uint64) {
		f := newFile(1, 1, 1)
		f.head.Store(head)
		for slot := range uint64(2) {
			f.words[4*slot].Store(older)
			if slot == head%2 {
				f.words[4*slot].Store(2 * head)
			}
			f.words[4*slot+2].Store(chunk)
			f.words[4*slot+3].Store(length)
		}
		f.table[0].Store(entry)
		pins, _ := f.pins(t, 0)
		for _, pins := range []*Pins{nil, pins} {
			r := f.reader(pins, nil)
			for _, view := range []bool{false, true} {
				v, _ := r.Newest(view)
				if len(v.Bytes) > size {
					t.Fatalf("%d bytes", len(v.Bytes))
				}
				v.Release()
				v, _, _ = r.Next(&ring.Position{}, false, view)
				v.Release()
			}
		}
		if head < 1<<62 {
			c := f.chunks()
			c.lookAtPins()
		}
	})
}
