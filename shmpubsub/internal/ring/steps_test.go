package ring_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// access is one of the atomic accesses of protocol/ring.h or protocol/eventcount.h, as it stands there.
type access struct {
	call  string // what follows __atomic_
	what  string // the word; "": a fence
	value string // what is stored
	order order
}

// What the machine runs is what the C code does: a test compares these tables with the source.
var (
	storeSteps = []access{
		{"store_n", "sequence", "2 * k - 1", relaxed},
		{"thread_fence", "", "", release},
		{"store_n", "time", "now", relaxed},
		{"store_n", "payload[i]", "words[i]", relaxed},
		{"store_n", "sequence", "2 * k", release},
	}
	headStep      = access{"store_n", "head", "r->k", seqCst}
	earlyHeadStep = access{"store_n", "head", "r->k", release}

	writerSteps = append(slices.Clone(storeSteps), headStep)
	earlySteps  = append(slices.Clone(storeSteps), earlyHeadStep)
	readerSteps = []access{
		{"load_n", "head", "", acquire},
		{"load_n", "sequence", "", acquire},
		{"load_n", "time", "", relaxed},
		{"load_n", "payload[0]", "", relaxed},
		{"thread_fence", "", "", acquire},
		{"load_n", "sequence", "", relaxed},
	}
	notifySteps = []access{
		{"load_n", "word", "", seqCst},
		{"compare_exchange_n", "word", "w + 1", seqCst},
	}
	announceSteps = []access{
		{"load_n", "word", "", seqCst},
		{"compare_exchange_n", "word", "w | EVENTCOUNT_WAITING", seqCst},
	}
	// The second look is at either.
	secondLook = []access{
		{"load_n", "head", "", seqCst},
		{"load_n", "retired", "", seqCst},
	}
)

var orders = map[string]order{
	"RELAXED": relaxed, "ACQUIRE": acquire, "RELEASE": release, "ACQ_REL": acqRel, "SEQ_CST": seqCst,
}

var (
	anAccess   = regexp.MustCompile(`__atomic_\w+`)
	callOf     = regexp.MustCompile(`__atomic_(load_n|store_n|thread_fence)\((?:&?([\w>.+()\[\]-]+), )?(?:([^,()]+), )?__ATOMIC_(\w+)\)`)
	exchangeOf = regexp.MustCompile(`__atomic_(compare_exchange_n)\((\w+), &\w+, ([^,]+), false, __ATOMIC_(\w+), __ATOMIC_(\w+)\)`)
	owner      = regexp.MustCompile(`^.*->`)
)

func bodyOf(t *testing.T, file, function string) string {
	t.Helper()
	source, err := os.ReadFile(file)
	require.NoError(t, err)
	body := regexp.MustCompile(`(?ms)^` + function + `\(.*?^}`).FindString(string(source))
	require.NotEmpty(t, body, "%s in %s", function, file)
	return body
}

// accessesOf returns the atomic accesses in the body of a C function, in their order.
func accessesOf(t *testing.T, file, function string) []access {
	t.Helper()
	body := bodyOf(t, file, function)
	var all []access
	for _, at := range anAccess.FindAllStringIndex(body, -1) {
		call := callOf.FindStringSubmatch(body[at[0]:])
		if call == nil {
			call = exchangeOf.FindStringSubmatch(body[at[0]:])
			require.NotNil(t, call, "an access that this test cannot read: %.60s", body[at[0]:])
			require.Equal(t, call[4], call[5], "the order where the exchange fails")
		}
		o, known := orders[call[4]]
		require.True(t, known, call[4])
		all = append(all, access{call[1], owner.ReplaceAllString(call[2], ""), call[3], o})
	}
	return all
}

func TestSteps_AreThoseOfTheCCode(t *testing.T) {
	const ring, eventcount = "../../protocol/ring.h", "../../protocol/eventcount.h"
	require.Equal(t, storeSteps, accessesOf(t, ring, "ring_store"))
	for function, head := range map[string]access{"ring_write_words": headStep, "ring_write_words_early": earlyHeadStep} {
		require.Equal(t, []access{head}, accessesOf(t, ring, function))
		require.Regexp(t, `(?s)\n    ring_store\(r, words, n, now\);\n    __atomic`, bodyOf(t, ring, function))
	}
	for _, function := range []string{"ring_newest_by", "ring_next_by"} {
		require.Regexp(t, `step\(into, s, 2 \* k\)`, bodyOf(t, ring, function))
		steps := append(accessesOf(t, ring, function), accessesOf(t, ring, "ring_copy_word")...)
		require.Equal(t, readerSteps, steps)
	}
	require.Equal(t, notifySteps, accessesOf(t, eventcount, "eventcount_notify"))
	require.Equal(t, announceSteps, accessesOf(t, eventcount, "eventcount_announce"))
	looks := accessesOf(t, "../../hot/wait.c", "changed")
	require.Equal(t, secondLook, looks[:len(secondLook)])
	for _, look := range looks {
		require.Equal(t, seqCst, look.order)
	}
}
