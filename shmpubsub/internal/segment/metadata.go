package segment

// metaOffset returns where metadata begins in the file.
func (h Header) metaOffset() uint64 { return h.descOffset + h.descSize }

// metaRead returns how many bytes of metadata are read: one more than there may be says that there are too many.
func (h Header) metaRead() int { return int(min(h.metaSize, MaxMetadata+1)) }

// Metadata returns a copy of at most MaxMetadata + 1 bytes of the topic's metadata, which may be anything.
func (v *View) Metadata() string {
	if v.metaSize == 0 {
		return ""
	}
	return string(v.memory.data[v.metaOffset()-HeaderOffset:][:v.metaRead()])
}

// readMetadata is View.Metadata for an open file. Of one that is truncated meanwhile it returns nothing.
func readMetadata(fd int, h Header) string {
	if h.metaSize == 0 {
		return ""
	}
	b := make([]byte, h.metaRead())
	if !readAll(fd, b, h.metaOffset()) {
		return ""
	}
	return string(b)
}
