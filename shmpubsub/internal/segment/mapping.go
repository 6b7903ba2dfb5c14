package segment

// Mapping is where a publisher's topic is mapped in this process, for code in another language that knows the memory
// layout: the Python extension publishes through it without entering Go.
type Mapping struct {
	Header           // First and ChunksOffset count from the file's start
	Page     uintptr // of page 0
	Address  uintptr // of the header
	Size     uint64  // bytes mapped from there: to the chunks or the file's end
	Pool     uintptr // of chunk 0; 0: there are none
	PoolSize uint64
	FD       int // whose lock shows that the publisher lives; Close closes it
	Replaced int // the process whose topic was taken over; 0: none
	Carried  Carried
}

// Mapping returns the segment's mapping. The pool is valid until Close or, after ReleasePool, until it is unmapped, the
// rest until Close.
func (o *Owned) Mapping() Mapping {
	return Mapping{
		Header: o.Header, Page: o.memory.page.address(), Address: o.memory.data.address(), Size: uint64(len(o.memory.data)),
		Pool: o.pool.address(), PoolSize: uint64(len(o.pool)), FD: o.fd, Replaced: o.Replaced, Carried: o.Carried,
	}
}
