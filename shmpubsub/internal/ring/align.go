package ring

// Samples that belong together: of several rings one value each, within a tolerance. protocol/align.h is the same in C,
// and says how a set is found, and why.

// Candidates are the values of one ring that may be in the next set: those that are kept and later than its value in the
// last set, of several with one time only the last. The zero Candidates are none.
type Candidates struct {
	Head uint64 // as it was when they were looked for
	K    uint64 // the value in the set
	Time uint64 // its time

	ring   Ring
	after  uint64 // the time of its value in the last set; 0: there was none
	first  uint64 // they are among values first to Head; Head+1: there is none
	newest uint64 // time of value Head

	at, atTime uint64 // K and Time while a better set is looked for
}

// None makes them none: there is nothing to read.
func (c *Candidates) None() { c.Head, c.first = 0, 1 }

// Look looks for the candidates in r. Those before from, and those at until and later, are left out. It reports false if
// head is garbage.
func (c *Candidates) Look(r Ring, from, until uint64) (sound bool) {
	c.ring, c.Head = r, r.Published()
	c.first = c.Head + 1
	if c.Head >= headLimit {
		return false
	}
	newest, kept := r.timeOf(c.Head)
	if c.Head == 0 || !kept || newest >= until {
		return true
	}
	c.newest = newest
	c.first = r.first(r.oldest(c.Head), c.Head, max(from, c.after+1))
	return true
}

// Take makes the value in the set that of the last set.
func (c *Candidates) Take() { c.after = c.Time }

func (c *Candidates) lacking() bool { return c.first > c.Head }

// newestUntil returns the newest candidate at or before t, which is also the last with its time.
func (c *Candidates) newestUntil(t uint64) (k, at uint64, ok bool) {
	end := c.ring.first(c.first, c.Head, t+1)
	if end <= c.first {
		return 0, 0, false
	}
	at, kept := c.ring.timeOf(end - 1)
	return end - 1, at, kept && at <= t
}

// oldestFrom returns the oldest candidate at or after t.
func (c *Candidates) oldestFrom(t uint64) (k, at uint64, ok bool) {
	first := c.ring.first(c.first, c.Head, t)
	if first > c.Head {
		return 0, 0, false
	}
	if at, ok = c.ring.timeOf(first); !ok {
		return 0, 0, false
	}
	return c.newestUntil(at)
}

// Set is one of each topic.
type Set []Candidates

// ends returns the topics whose time is the earliest, and the latest.
func (s Set) ends() (earliest, latest *Candidates) {
	earliest, latest = &s[0], &s[0]
	for i := range s {
		if s[i].Time < earliest.Time {
			earliest = &s[i]
		}
		if s[i].Time > latest.Time {
			latest = &s[i]
		}
	}
	return earliest, latest
}

// Spread returns the latest less the earliest time of the set, ns.
func (s Set) Spread() uint64 {
	earliest, latest := s.ends()
	return latest.Time - earliest.Time
}

// latest is the sweep: it returns the pivot's time.
func (s Set) latest(tolerance uint64) (m uint64, ok bool) {
	for i := range s {
		if s[i].lacking() {
			return 0, false
		}
		s[i].K, s[i].Time = s[i].Head, s[i].newest
	}
	for {
		earliest, latest := s.ends()
		if latest.Time-earliest.Time <= tolerance {
			return earliest.Time, true
		}
		if latest.K, latest.Time, ok = latest.newestUntil(earliest.Time + tolerance); !ok {
			return 0, false
		}
	}
}

func (s Set) latestAt() (latest uint64) {
	for i := range s {
		latest = max(latest, s[i].atTime)
	}
	return latest
}

func (s Set) keep() {
	for i := range s {
		s[i].K, s[i].Time = s[i].at, s[i].atTime
	}
}

// goBack goes back to the candidates just before t, of any topic but the pivot's, and returns their time; 0: there is none.
func (s Set) goBack(pivot int, t uint64) (latest uint64) {
	for i := range s {
		if _, at, ok := s[i].newestUntil(t - 1); i != pivot && ok {
			latest = max(latest, at)
		}
	}
	for i := range s {
		if k, at, ok := s[i].newestUntil(t - 1); i != pivot && ok && at == latest {
			s[i].at, s[i].atTime = k, at
		}
	}
	return latest
}

// moved reports whether a topic has values that were not looked at: if not, no publisher of this library has overwritten one.
func (s Set) moved() bool {
	for i := range s {
		if s[i].ring.Published() != s[i].Head {
			return true
		}
	}
	return false
}

// Find finds the set: each topic's K and Time. Lapped: there was one, of which a value was overwritten meanwhile; newer
// values, which were not looked at, may be in one. Tolerance and times are less than 2^63 ns.
func (s Set) Find(tolerance uint64) (found, lapped bool) {
	m, ok := s.latest(tolerance)
	if !ok {
		return false, false
	}
	pivot := -1
	for i := range s {
		s[i].at, s[i].atTime, ok = s[i].oldestFrom(m)
		if !ok || s[i].atTime < m || s[i].atTime-m > tolerance {
			return false, s.moved()
		}
		if pivot < 0 && s[i].atTime == m {
			pivot = i
		}
	}
	if pivot < 0 {
		return false, s.moved()
	}
	best := s.latestAt() - m
	s.keep()
	for t := s.goBack(pivot, m); t > 0 && m-t < best; t = s.goBack(pivot, t) {
		if spread := s.latestAt() - t; spread < best {
			best = spread
			s.keep()
		}
	}
	return true, false
}

// Await returns, as there is no set, the topic that every later one has a new value of, and the time before which none has a
// value. If there are several, it stays with the one that was awaited before, which is probably the last to come the next time
// too; floor is the one that was returned before.
func (s Set) Await(tolerance uint64, before int, floor uint64) (topic int, newFloor uint64) {
	if s[before].lacking() {
		return before, floor
	}
	behind := 0
	for i := range s {
		if s[i].lacking() {
			return i, floor
		}
		if s[i].newest < s[behind].newest {
			behind = i
		}
	}
	return behind, s[behind].newest - min(s[behind].newest, tolerance)
}
