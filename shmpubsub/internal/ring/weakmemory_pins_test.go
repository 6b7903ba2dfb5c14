package ring_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Pin against sequence under C11's memory model: the steps of protocol/chunks.c on one side, those of payload.c and
// pins.h on the other, as docs/models/pins.pml numbers them. Then the same with each step weakened, left out or moved.
//
// A ring of two slots and one entry. A reader that knows value 1 only, in chunk 0, reads it while the writer, which has
// published value 2 as well, publishes value 3, for whose slot value 1 has to go, and whose first choice is chunk 0.
// The plain accesses to a chunk are relaxed ones here. What makes them no data race is checked beside: a word
// that is read by means of a pin is not stored to unless the read happens before the store ("race").

var (
	oddSteps  = []access{{"store_n", "sequence", "2 * k - 1", seqCst}} // W1
	scanSteps = []access{{"load_n", "table[i]", "", seqCst}}           // W2
	takeFence = []access{{"thread_fence", "", "", release}}
	nameSteps = []access{ // of a loan that is older than the newest value: the fence follows a W1 of its own
		{"thread_fence", "", "", release},
		{"store_n", "time", "now", relaxed}, // W4
		{"store_n", "chunk", "chunk", relaxed},
		{"store_n", "length", "length", relaxed},
		{"store_n", "sequence", "2 * k", release}, // W5
	}
	newestSteps = []access{
		{"load_n", "head", "", acquire},     // R1
		{"load_n", "sequence", "", acquire}, // R2
	}
	pinSteps = []access{
		{"load_n", "time", "", relaxed}, // R3
		{"load_n", "chunk", "", acquire},
		{"load_n", "length", "", acquire},
		{"load_n", "sequence", "", seqCst}, // R5
	}
	claimSteps = []access{ // R4
		{"load_n", "at", "", relaxed},
		{"compare_exchange_n", "at", "entry", seqCst},
	}
	clearSteps = []access{{"store_n", "entry", "0", release}} // R7
	copySteps  = []access{
		{"load_n", "from++", "", relaxed}, // C1: whole words
		{"load_n", "from", "", relaxed},   // and the last bytes
		{"thread_fence", "", "", acquire},
		{"load_n", "sequence", "", relaxed}, // C2
	}

	// The chunk's bytes are plain accesses, which have no place in the source: where they stand is what the
	// callers of these functions promise.
	bytesStored = access{"plain", "bytes", "value", relaxed} // W3
	bytesRead   = access{"plain", "bytes", "", relaxed}      // R6

	poolWriter = slices.Concat(oddSteps, scanSteps, takeFence, []access{bytesStored}, nameSteps[1:], []access{headStep})
	loanWriter = slices.Concat(oddSteps, nameSteps, []access{headStep})
	pinReader  = slices.Concat(newestSteps, pinSteps[:3], claimSteps, pinSteps[3:], []access{bytesRead}, clearSteps)
	copyReader = slices.Concat(newestSteps, pinSteps, []access{{"load_n", "from", "", relaxed}}, copySteps[2:])
)

// Where things lie: head, the entry, the last use of each chunk by a pin, and then the slots and the chunks.
const (
	poolSlots  = 2
	poolChunks = 3 // buffer_num 1, no views, one for copies, one loan
	entryAt    = 1
	useAt      = 2
	slotsAt    = 3
	slotWords  = 4
	chunksAt   = slotsAt + poolSlots*slotWords
)

func slotWord(k uint8, what string) int {
	word := map[string]int{"sequence": 0, "time": 1, "chunk": 2, "length": 3}
	return slotsAt + int(k)%poolSlots*slotWords + word[what]
}

// The writer's registers: the chunk of its newest value, and whether it has stored where a read did not happen before.
const (
	newest = iota
	race
)

// poolWrite makes a writer's steps for value k, in the first chunk of prefers that it has not seen pinned. The newest
// value's is not free.
func poolWrite(steps []access, k uint8, prefers ...uint8) program {
	var p program
	for _, a := range steps {
		switch a.what {
		case "":
			p = append(p, barrier(a.order))
		case "head":
			p = append(p, put(0, k, a.order))
		case "table[i]":
			p = append(p, instruction{kind: load, order: a.order, at: constant(entryAt),
				then: func(t *thread, entry uint8, _ bool) {
					i := slices.IndexFunc(prefers, func(c uint8) bool { return c != t.reg[newest] && entry != c+1 })
					t.reg[newest] = prefers[i]
				}})
		case "bytes":
			p = append(p, instruction{kind: store, order: a.order,
				at:    func(t *thread) int { return chunksAt + int(t.reg[newest]) },
				value: func(*thread, uint8) (uint8, bool) { return k, true },
				before: func(m *machine, t *thread) {
					for _, use := range m.memory[useAt][t.current[useAt]+1:] {
						if use.value == t.reg[newest]+1 {
							t.reg[race] = 1
						}
					}
				}})
		case "chunk":
			p = append(p, instruction{kind: store, order: a.order, at: constant(slotWord(k, a.what)),
				value: func(t *thread, _ uint8) (uint8, bool) { return t.reg[newest], true }})
		default:
			value := map[string]uint8{"2 * k - 1": 2*k - 1, "2 * k": 2 * k, "now": k, "length": k}[a.value]
			p = append(p, put(slotWord(k, a.what), value, a.order))
		}
	}
	return p
}

// Registers of the reader, beside valueK, torn and foreign.
const (
	chunkNo = 6 + iota
	holds   // it has an entry
	whole   // it has accepted a value
)

// poolRead makes a reader's steps, for one value: it ends if it is lapped, or finds no free entry.
func poolRead(steps []access) program {
	var p program
	clearing := slices.IndexFunc(steps, func(a access) bool { return a.value == "0" })
	gone := func(t *thread) {
		if t.pc = len(p); t.reg[holds] != 0 {
			t.pc = clearing + 1 // there is one step more before it
		}
	}
	accept := func(t *thread) {
		t.reg[whole] = 1
		t.reg[torn] |= t.reg[foreign]
	}
	compare := func(t *thread, got uint8, _ bool) {
		if got != t.reg[valueK] {
			t.reg[foreign] = 1
		}
	}
	word := func(what string) func(*thread) int {
		return func(t *thread) int { return slotWord(t.reg[valueK], what) }
	}
	chunk := func(t *thread) int { return chunksAt + int(t.reg[chunkNo]) }
	for _, a := range steps {
		in := instruction{kind: load, order: a.order}
		switch a.what {
		case "":
			in = barrier(a.order)
		case "head":
			in.at = constant(0)
			in.then = func(t *thread, got uint8, _ bool) {
				if t.reg[valueK] = got; got == 0 {
					gone(t)
				}
			}
		case "sequence":
			in.at = word(a.what)
			in.then = func(t *thread, got uint8, _ bool) {
				if got != 2*t.reg[valueK] {
					gone(t)
				}
			}
		case "chunk":
			in.at = word(a.what)
			in.then = func(t *thread, got uint8, _ bool) { t.reg[chunkNo] = got }
		case "at":
			in.at = constant(entryAt)
			if a.value == "" {
				in.then = func(t *thread, got uint8, _ bool) {
					if got != 0 {
						gone(t)
					}
				}
				break
			}
			in.kind = update
			in.value = func(t *thread, old uint8) (uint8, bool) { return t.reg[chunkNo] + 1, old == 0 }
			in.then = func(t *thread, _ uint8, stored bool) {
				if t.reg[holds] = 1; !stored {
					t.reg[holds] = 0
					gone(t)
				}
			}
		case "bytes": // plain, by means of the pin
			in.at = chunk
			in.then = func(t *thread, got uint8, stored bool) {
				compare(t, got, stored)
				accept(t)
			}
			p = append(p, in)
			in = instruction{kind: store, order: relaxed, at: constant(useAt),
				value: func(t *thread, _ uint8) (uint8, bool) { return t.reg[chunkNo] + 1, true }}
		case "entry":
			in = put(entryAt, 0, a.order)
		case "from":
			in.at, in.then = chunk, compare
		default:
			in.at, in.then = word(a.what), compare
		}
		p = append(p, in)
	}
	if clearing < 0 {
		p = append(p, instruction{kind: load, at: constant(entryAt),
			then: func(t *thread, _ uint8, _ bool) { accept(t) }})
	}
	return p
}

// poolStart returns a machine in which values 1 and 2 are published, in chunks 0 and 1, and a reader that has
// learnt of value 1 only.
func poolStart() machine {
	m := newMachine(chunksAt+poolChunks, 2)
	m.threads[0].reg[newest] = poolChunks
	for k := uint8(1); k <= 2; k++ {
		for _, in := range poolWrite(poolWriter, k, k-1) {
			m.successors(0, in, func(next machine) { m = next })
		}
		if k == 1 {
			m.threads[1].current, m.threads[1].acquired = m.threads[0].current, m.threads[0].current
		}
	}
	m.threads[0].pc = 0
	return m
}

// pool is the steps of all who take part.
type pool struct{ writer, loan, pinned, copied []access }

// faults runs each writer with each reader from there: a view, or a copy, with a word of another value ("view", "copy"),
// or a store to a chunk that was read by means of a pin and that this read does not happen before ("race"). Ends counts
// what a reader can come to.
func (p pool) faults(values int) (faults []string, states int, ends map[string]bool) {
	found, ends := map[string]bool{}, map[string]bool{}
	for name, steps := range map[string][]access{"view": p.pinned, "copy": p.copied} {
		reader := poolRead(steps)
		note := func(writer string) func(machine) {
			return func(m machine) {
				w, r := m.threads[0].reg, m.threads[1].reg
				found[name] = found[name] || r[torn] != 0
				found["race"] = found["race"] || w[race] != 0
				end := "lapped"
				if r[whole] != 0 {
					end = fmt.Sprintf("value %d", min(r[valueK], 2))
				}
				ends[writer+", "+name+": "+end] = true
			}
		}
		states += explore(poolStart(), []program{publishing(p.writer, values), reader}, note("publish"))
		writer, start := publishingOlderLoan(p.loan)
		states += explore(start, []program{writer, reader}, note("older loan"))
	}
	for _, fault := range []string{"view", "copy", "race"} {
		if found[fault] {
			faults = append(faults, fault)
		}
	}
	return faults, states, ends
}

// publishing makes value 3, and value 4 after it if values is 2.
func publishing(steps []access, values int) program {
	p := poolWrite(steps, 3, 0, 2)
	if values == 2 {
		p = append(p, poolWrite(steps, 4, 1, 0, 2)...)
	}
	return p
}

// publishingOlderLoan publishes chunk 2, which was filled before value 2, as value 3.
func publishingOlderLoan(steps []access) (program, machine) {
	m := poolStart()
	m.threads[0].reg[newest] = 2
	m.successors(0, put(chunksAt+2, 3, relaxed), func(next machine) { m = next })
	m.threads[0].pc = 0
	return poolWrite(steps, 3), m
}

func TestPins_AreThoseOfTheCCode(t *testing.T) {
	const chunks, payload, pins, ring = "../../protocol/chunks.c", "../../protocol/payload.c",
		"../../protocol/pins.h", "../../protocol/ring.h"
	for _, c := range []struct {
		file, function string
		steps          []access
		calls          string // where the function of other steps is called
	}{
		{chunks, "prepare", oddSteps, ""},
		{chunks, "look_at_pins", scanSteps, ""},
		{chunks, "chunks_take", takeFence, `prepare\(c, r\);\s+look_at_pins\(c\);\s+__atomic`},
		{chunks, "store", nameSteps, `prepare\(c, r\);\s+__atomic`},
		{chunks, "chunks_publish", []access{headStep}, `store\(c, r, chunk, length, now\);\s+__atomic`},
		{chunks, "chunks_publish_early", []access{earlyHeadStep}, `store\(c, r, chunk, length, now\);\s+__atomic`},
		{ring, "ring_newest_by", newestSteps, ""},
		{ring, "ring_next_by", newestSteps, ""},
		{payload, "pin_chunk", pinSteps, `claim\(l, chunk\) : NULL;\s+if \(__atomic_load_n\(&s->sequence`},
		{pins, "pins_claim", claimSteps, ""},
		{pins, "pins_clear", clearSteps, ""},
		{payload, "copy_unpinned", copySteps, ""},
	} {
		require.Equal(t, c.steps, accessesOf(t, c.file, c.function), c.function)
		require.Regexp(t, c.calls, bodyOf(t, c.file, c.function))
	}
	require.Equal(t, 1, strings.Count(bodyOf(t, chunks, "chunks_take"), "look_at_pins("), "one pass for all candidates")
}

// Go's atomics are all seq_cst, so there the order of the steps is all that counts.
func TestPins_InGoHaveTheStepsInThatOrder(t *testing.T) {
	for function, c := range map[string]struct{ file, order string }{
		`func \(c \*Chunks\) Take`:    {"chunks.go", `c\.prepare\(\)\n\tc\.lookAtPins\(\)\n\tfor `},
		`func \(c \*Chunks\) prepare`: {"chunks.go", `(?s)c\.ring\.Begin\(\).*c\.idle = append`},
		`func \(c \*Chunks\) Publish`: {"chunks.go", `(?s)c\.prepare\(\).*c\.ring\.Finish\(`},
		`func \(r \*Reader\) load`:    {"payload.go", `r\.claim\(chunk, view\)\n\tif ok && !r\.Ring\.Keeps\(s\.Sequence\) \{\n\t\tr\.Pins\.Clear`},
	} {
		require.Regexp(t, c.order, bodyOf(t, "../pool/"+c.file, function))
	}
}

func TestPins_KeepAValueWholeUnderTheC11MemoryModel(t *testing.T) {
	for values := 1; values <= 2; values++ {
		faults, states, ends := pool{poolWriter, loanWriter, pinReader, copyReader}.faults(values)
		require.Empty(t, faults)
		require.Len(t, ends, 2*2*3)
		t.Logf("%d values: %d states", values, states)
	}
}

// Each step weakened, left out or moved. A row without faults says why the change does no harm, as in mutations_test.go.
func TestPins_NeedTheirOrders(t *testing.T) {
	const odd, scan, takeFence, bytes, even, headStore = 0, 1, 2, 3, 7, 8
	const loanOdd, loanFence, loanChunk, loanEven = 0, 1, 3, 5
	const first, chunkLoad, lengthLoad, look, claim, second, read, clearing = 1, 3, 4, 5, 6, 7, 8, 9
	const secondOfCopy, copyBytes, acquireFence, last = 5, 6, 7, 8
	for _, c := range []struct {
		change string
		broken func(*pool)
		faults []string
	}{
		// W1 and W2 with R4 and R5.
		{"odd sequence a release", func(p *pool) { p.writer = weaker(p.writer, odd, release) }, []string{"view", "race"}},
		{"no odd sequence", func(p *pool) { p.writer = without(p.writer, odd) }, []string{"view", "copy", "race"}},
		{"table read acquire", func(p *pool) { p.writer = weaker(p.writer, scan, acquire) }, []string{"view", "race"}},
		{"table read before the odd sequence", func(p *pool) { p.writer = moved(p.writer, scan, odd) }, []string{"view", "race"}},
		{"pin acq_rel", func(p *pool) { p.pinned = weaker(p.pinned, claim, acqRel) }, []string{"view", "race"}},
		{"second look an acquire", func(p *pool) { p.pinned = weaker(p.pinned, second, acquire) }, []string{"view", "race"}},
		{"no second look", func(p *pool) { p.pinned = without(p.pinned, second) }, []string{"view", "race"}},
		{"second look before the pin", func(p *pool) { p.pinned = moved(p.pinned, second, look) }, []string{"view", "race"}},
		{"no look at the entry before the exchange: harmless, it saves one", func(p *pool) { p.pinned = without(p.pinned, look) }, nil},
		{"entry cleared relaxed", func(p *pool) { p.pinned = weaker(p.pinned, clearing, relaxed) }, []string{"race"}},
		{"entry cleared before the last read", func(p *pool) { p.pinned = moved(p.pinned, clearing, read) }, []string{"view", "race"}},

		// The fence behind W1 and W2: for copies, whose last look is relaxed.
		{"no release fence", func(p *pool) { p.writer = without(p.writer, takeFence) }, []string{"copy"}},
		{"release fence before the odd sequence", func(p *pool) { p.writer = moved(p.writer, takeFence, odd) }, []string{"copy"}},
		{"release fence after the chunk's bytes", func(p *pool) { p.writer = moved(p.writer, takeFence, bytes) }, []string{"copy"}},
		{"release fence before the table is read: harmless here", func(p *pool) { p.writer = moved(p.writer, takeFence, scan) }, nil},

		// The fence behind W1 of an older loan, which reads no table: for views too.
		{"older loan: no odd sequence", func(p *pool) { p.loan = without(p.loan, loanOdd) }, []string{"view", "copy"}},
		{"older loan: odd sequence a release", func(p *pool) { p.loan = weaker(p.loan, loanOdd, release) }, []string{"view"}},
		{"older loan: no release fence, although the odd sequence is seq_cst", func(p *pool) { p.loan = without(p.loan, loanFence) }, []string{"view", "copy"}},
		{"older loan: release fence before the odd sequence", func(p *pool) { p.loan = moved(p.loan, loanFence, loanOdd) }, []string{"view", "copy"}},
		{"older loan: release fence after the chunk's number", func(p *pool) { p.loan = moved(p.loan, loanFence, loanChunk) }, []string{"view", "copy"}},
		{"older loan: even sequence before the chunk's number: harmless, a reader goes by head", func(p *pool) { p.loan = moved(p.loan, loanEven, loanChunk) }, nil},

		// C1 and C2.
		{"copy: no acquire fence", func(p *pool) { p.copied = without(p.copied, acquireFence) }, []string{"copy"}},
		{"copy: no last look", func(p *pool) { p.copied = without(p.copied, last) }, []string{"copy"}},
		{"copy: last look an acquire, and no fence", func(p *pool) { p.copied = without(weaker(p.copied, last, acquire), acquireFence) }, []string{"copy"}},
		{"copy: acquire fence before the bytes", func(p *pool) { p.copied = moved(p.copied, acquireFence, copyBytes) }, []string{"copy"}},
		{"copy: no look before it: harmless, it saves one that would be refused", func(p *pool) { p.copied = without(p.copied, secondOfCopy) }, nil},

		// W5 and W6 with R1 and R2, as in the ring.
		{"first look relaxed: harmless, head's acquire covers it", func(p *pool) { p.pinned = weaker(p.pinned, first, relaxed) }, nil},
		{"even sequence and head relaxed", func(p *pool) {
			p.writer = weaker(weaker(p.writer, even, relaxed), headStore, relaxed)
		}, []string{"view", "copy", "race"}},

		// R3. The machine makes loads in order: see docs/models/README.md.
		{"chunk and length loaded relaxed: nothing found", func(p *pool) {
			p.pinned = weaker(weaker(p.pinned, chunkLoad, relaxed), lengthLoad, relaxed)
		}, nil},
	} {
		t.Run(c.change, func(t *testing.T) {
			p := pool{poolWriter, loanWriter, pinReader, copyReader}
			c.broken(&p)
			found, _, _ := p.faults(1)
			require.Equal(t, c.faults, found)
		})
	}
}
