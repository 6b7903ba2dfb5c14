package ring

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// stamped is a value and its time.
type stamped struct{ k, at uint64 }

// tried is the set that is due, found by trying all of them: tests/support/aligned.py has the same. after has the times of the
// last set.
func tried(kept [][]stamped, after []uint64, tolerance uint64) (best []stamped) {
	topics := make([][]stamped, len(kept))
	for i, values := range kept {
		for j, v := range values {
			if v.at > after[i] && (j+1 == len(values) || values[j+1].at > v.at) {
				topics[i] = append(topics[i], v)
			}
		}
	}
	owner, pivot := -1, stamped{}
	for i, values := range topics {
		for _, v := range values {
			if (owner < 0 || v.at > pivot.at) && allWithin(topics, v.at, v.at+tolerance) {
				owner, pivot = i, v
			}
		}
	}
	if owner < 0 {
		return nil
	}
	topics[owner] = []stamped{pivot}
	one := make([]stamped, len(topics))
	var try func(i int)
	try = func(i int) {
		if i == len(topics) {
			if spreadOf(one) <= tolerance && (best == nil || better(one, best)) {
				best = append([]stamped(nil), one...)
			}
			return
		}
		for _, one[i] = range topics[i] {
			try(i + 1)
		}
	}
	try(0)
	return best
}

// allWithin reports whether each topic has a candidate in that time.
func allWithin(topics [][]stamped, from, to uint64) bool {
	for _, values := range topics {
		there := false
		for _, v := range values {
			there = there || from <= v.at && v.at <= to
		}
		if !there {
			return false
		}
	}
	return true
}

func earliestOf(set []stamped) uint64 {
	earliest := set[0].at
	for _, v := range set {
		earliest = min(earliest, v.at)
	}
	return earliest
}

func spreadOf(set []stamped) uint64 {
	latest := uint64(0)
	for _, v := range set {
		latest = max(latest, v.at)
	}
	return latest - earliestOf(set)
}

// better reports whether a has less spread than b, or is later, or has the earlier values after one earliest time.
func better(a, b []stamped) bool {
	if s, t := spreadOf(a), spreadOf(b); s != t {
		return s < t
	}
	if s, t := earliestOf(a), earliestOf(b); s != t {
		return s > t
	}
	for i := range a {
		if a[i].at != b[i].at {
			return a[i].at < b[i].at
		}
	}
	return false
}

// aligning is a random script for a Set and its model.
type aligning struct {
	rng       *rand.Rand
	writers   []Writer
	set       Set
	floor     uint64
	awaited   int
	values    [][]stamped
	after     []uint64
	tolerance uint64
	now       uint64
}

func newAligning(rng *rand.Rand, topics int) *aligning {
	tolerances := []uint64{0, 1, 2, 3, 5, 10, 30}
	a := &aligning{
		rng: rng, set: make(Set, topics), values: make([][]stamped, topics), after: make([]uint64, topics),
		tolerance: tolerances[rng.IntN(len(tolerances))], now: 100,
	}
	for range topics {
		a.writers = append(a.writers, NewWriter(heap(2+rng.IntN(7), 1, 0)))
	}
	for i := range a.set {
		a.set[i].None()
	}
	return a
}

func (a *aligning) publish() (topic int) {
	pick := func(of ...uint64) uint64 { return of[a.rng.IntN(len(of))] }
	i := a.rng.IntN(len(a.writers))
	a.now += pick(0, 0, 1, 1, 2, 4, 9)
	at := a.now - pick(0, 0, 0, 1, 3, 12)
	if n := len(a.values[i]); n > 0 {
		at = max(at, a.values[i][n-1].at)
	}
	a.values[i] = append(a.values[i], stamped{uint64(len(a.values[i]) + 1), at})
	a.writers[i].Write([]uint64{0}, int64(at))
	return i
}

// due is what the model finds, of what is kept.
func (a *aligning) due() []stamped {
	kept := make([][]stamped, len(a.values))
	for i, values := range a.values {
		kept[i] = values[max(len(values)-int(a.writers[i].capacity()), 0):]
	}
	return tried(kept, a.after, a.tolerance)
}

// found is what the Set finds; it is taken.
func (a *aligning) found(t *testing.T) (set []stamped) {
	t.Helper()
	for i := range a.set {
		require.True(t, a.set[i].Look(a.writers[i].Ring, a.floor, 1<<62))
	}
	if found, _ := a.set.Find(a.tolerance); !found {
		a.awaited, a.floor = a.set.Await(a.tolerance, a.awaited, a.floor)
		return nil
	}
	for i := range a.set {
		set = append(set, stamped{a.set[i].K, a.set[i].Time})
		a.set[i].Take()
		a.after[i] = a.set[i].Time
	}
	require.Equal(t, spreadOf(set), a.set.Spread())
	return set
}

func TestSet_FindsTheSetsOfTheModel(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	sets := 0
	for script := 0; sets < 20_000; script++ {
		a := newAligning(rng, 1+rng.IntN(4))
		for step := range 40 {
			if rng.IntN(5) < 3 {
				a.publish()
				continue
			}
			due := a.due()
			found := a.found(t)
			require.Equal(t, due, found, "seed %d, script %d, step %d, tolerance %d, values %v", seed, script, step, a.tolerance, a.values)
			if found != nil {
				sets++
			}
		}
	}
}

// A waiter that looks only after news of the topic that is awaited finds each set as soon as it is there.
func TestSet_AwaitsTheTopicThatEveryLaterSetNeeds(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	idle := 0
	for script := range 500 {
		a := newAligning(rng, 2+rng.IntN(3))
		for a.found(t) != nil {
			continue
		}
		for step := range 100 {
			topic := a.publish()
			due := a.due()
			if topic != a.awaited {
				require.Nil(t, due, "seed %d, script %d, step %d, tolerance %d, values %v", seed, script, step, a.tolerance, a.values)
				idle++
				continue
			}
			require.Equal(t, due, a.found(t), "seed %d, script %d, step %d, tolerance %d, values %v", seed, script, step, a.tolerance, a.values)
			for {
				due := a.due()
				if found := a.found(t); found == nil {
					require.Nil(t, due)
					break
				}
			}
		}
	}
	require.Positive(t, idle, "values that wake nobody")
}

func TestCandidates_LeaveOutWhatIsTooOldOrOfAnotherClock(t *testing.T) {
	set := make(Set, 2)
	for name, c := range map[string]struct {
		a, b        []int64
		from, until uint64
		want        string
	}{
		"all count":                              {[]int64{10, 20}, []int64{19}, 0, 100, "2 1"},
		"too old":                                {[]int64{10, 20}, []int64{19}, 20, 100, "none"},
		"just not too old":                       {[]int64{10, 20}, []int64{19}, 19, 100, "2 1"},
		"ahead of the clock":                     {[]int64{100}, []int64{100}, 0, 100, "none"},
		"nothing published":                      {[]int64{10}, nil, 0, 100, "none"},
		"carried over from an earlier boot":      {[]int64{90, 20}, []int64{19}, 0, 100, "2 1"},
		"one carried over, and nothing else yet": {[]int64{90}, []int64{19}, 0, 100, "none"},
	} {
		t.Run(name, func(t *testing.T) {
			set[0], set[1] = Candidates{}, Candidates{}
			require.True(t, set[0].Look(timed(4, c.a...), c.from, c.until))
			require.True(t, set[1].Look(timed(4, c.b...), c.from, c.until))
			found := "none"
			if ok, _ := set.Find(5); ok {
				found = fmt.Sprint(set[0].K, " ", set[1].K)
			}
			require.Equal(t, c.want, found)
		})
	}
	r := timed(4, 10)
	r.head.Store(headLimit)
	require.False(t, set[0].Look(r, 0, 100))
}

// A publisher that overwrites all candidates between the look and the search does not make it say that there is no set: newer
// values may be in one.
func TestSet_FindSaysThatItWasLapped(t *testing.T) {
	fast := heap(3, 1, 0)
	w := NewWriter(fast)
	w.Write([]uint64{1}, 1000)
	set := make(Set, 2)
	require.True(t, set[0].Look(timed(2, 1000), 0, 1<<62))
	require.True(t, set[1].Look(fast, 0, 1<<62))
	for at := int64(1001); at < 1005; at++ {
		w.Write([]uint64{1}, at)
	}
	found, lapped := set.Find(100)
	require.False(t, found)
	require.True(t, lapped)
	require.True(t, set[1].Look(fast, 0, 1<<62))
	found, lapped = set.Find(100)
	require.True(t, found)
	require.False(t, lapped)
}
