package bind

import (
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestPayloadPublisher_HandsTheChunksOver(t *testing.T) {
	dir := t.TempDir()
	p, err := NewPayloadPublisher(latin1(dir), "x", `{"kind":"text","max":100}`, 3, 0o600, false, "", 2, 1, "")
	require.NoError(t, err)
	text, err := p.Mapping()
	require.NoError(t, err)
	_, err = p.Mapping()
	require.ErrorContains(t, err, "already mapped")
	numbers, line, found := strings.Cut(text, "\n")
	require.True(t, found)
	require.Equal(t, "text - 1 100 0", line)
	fields := strings.Fields(numbers)
	require.Len(t, fields, 18)
	require.Equal(t, []string{"7", "1", "100"}, fields[7:10])
	require.Equal(t, []string{"192", "7", "2", "1", "0"}, fields[13:])
	var pool, size uintptr
	_, err = fmt.Sscan(fields[10]+" "+fields[11], &pool, &size)
	require.NoError(t, err)
	_, err = p.Close()
	require.NoError(t, err)
	b := unsafe.Slice((*byte)(unsafe.Add(nil, pool)), size)
	b[0]++ // it is still there, and the caller's to unmap
	require.NoError(t, unix.MunmapPtr(unsafe.Add(nil, pool), size))
	_, err = p.Mapping()
	require.ErrorContains(t, err, "closed\n")
	_, err = p.Close()
	require.NoError(t, err)
}

func TestPayloadPublisher_RefusesWhatNoTopicHas(t *testing.T) {
	for _, c := range []struct {
		descriptor   string
		views, loans int64
		text         string
	}{
		{`{"kind":"float"}`, 2, 1, "expected one of this library"},
		{`{"kind":"text","max":1}`, 501, 1, "value\n"},
		{`{"kind":"text","max":1}`, 0, 0, "value\n"},
	} {
		_, err := NewPayloadPublisher(latin1(t.TempDir()), "x", c.descriptor, 3, 0o600, false, "", c.views, c.loans, "")
		require.ErrorContains(t, err, c.text)
	}
}
