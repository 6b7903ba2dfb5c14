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
	p, err := NewPayloadPublisher(latin1(dir), "x", `{"kind":"text","max":100}`, 3, 0o600, false, false, "", 2, 1, "")
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
	require.Equal(t, []string{"256", "7", "2", "1", "0"}, fields[13:])
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
		_, err := NewPayloadPublisher(latin1(t.TempDir()), "x", c.descriptor, 3, 0o600, false, false, "", c.views, c.loans, "")
		require.ErrorContains(t, err, c.text)
	}
}

func TestMappings_OfRecordsHaveTheirDescriptor(t *testing.T) {
	dir := latin1(t.TempDir())
	const record = `{"kind":"record","name":"Größe","size":16,"fields":[["x","<f8",0],["y","<f8",8]]}`
	for descriptor, line := range map[string]string{
		record: "record r16 0 0 0",
		`{"kind":"array","dtype":` + record + `,"shape":[null],"max":131072}`: "array r16 1 131072 1 0",
		`{"kind":"list","dtype":` + record + `,"max":10}`:                     "list r16 1 10 1 0",
	} {
		p, err := NewPayloadPublisher(dir, "x", descriptor, 3, 0o600, false, false, "", 2, 1, "")
		require.NoError(t, err)
		published, err := p.Mapping()
		require.NoError(t, err)
		found, err := Attach(dir, "x", descriptor, "")
		require.NoError(t, err)
		for _, text := range []string{published, found} {
			lines := strings.Split(text, "\n")
			require.Equal(t, []string{line, descriptor}, lines[1:])
		}
		var address, size uintptr
		var fd int
		_, err = fmt.Sscan(found, &address, &size, new(int), new(int), new(int), &fd)
		require.NoError(t, err)
		require.NoError(t, unix.MunmapPtr(unsafe.Add(nil, address), size))
		require.NoError(t, unix.Close(fd))
		_, err = Attach(dir, "x", strings.Replace(descriptor, `"y"`, `"z"`, 1), "")
		require.ErrorContains(t, err, "type\nopen")
		require.ErrorContains(t, err, `: field "z": found none; use`)
		info, err := Inspect(dir, "x", "")
		require.NoError(t, err)
		require.Contains(t, info, `Größe{x: float64, y: float64}`)
		_, err = p.Close()
		require.NoError(t, err)
	}
}
