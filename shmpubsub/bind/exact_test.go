package bind

import (
	"fmt"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

const point = `{"kind":"record","name":"Point","size":8,"fields":[["x","<f8",0]]}`

func TestCheckDescriptor_AcceptsWhatPublishersWrite(t *testing.T) {
	for _, text := range []string{`{"kind":"text","max":9}`, `{"kind":"scalar","dtype":"<f4"}`, point} {
		ok, err := CheckDescriptor(text)
		require.NoError(t, err)
		require.True(t, ok)
	}
}

func TestCheckDescriptor_RefusesAllElse(t *testing.T) {
	for _, text := range []string{"", "float", "{}", `{"kind":"text"}`, `{"max":9,"kind":"text"}`, point + " ", `{"kind":"scalar","dtype":"<f8"}`} {
		_, err := CheckDescriptor(text)
		require.ErrorContains(t, err, "value\n", text)
		require.ErrorContains(t, err, "found ", text)
	}
}

func TestAttach_AfterEqualsWantsThatDescriptor(t *testing.T) {
	dir := latin1(t.TempDir())
	for found, others := range map[string][]string{
		`{"kind":"text","max":9}`:                                {`{"kind":"text","max":8}`, `{"kind":"text"}`, `{"kind":"bytes","max":9}`},
		`{"kind":"array","dtype":"<f8","shape":[20]}`:            {`{"kind":"array","dtype":"<f8","shape":[null],"max":20}`, `{"kind":"array","dtype":"<f4","shape":[20]}`},
		`{"kind":"array","dtype":"<f8","shape":[null],"max":20}`: {`{"kind":"array","dtype":"<f8","shape":[20]}`},
		point: {`{"kind":"record","name":"Place","size":8,"fields":[["x","<f8",0]]}`},
	} {
		p, err := NewPayloadPublisher(dir, "x", found, 3, 0o600, false, false, "", 2, 1, "")
		require.NoError(t, err)
		text, err := Attach(dir, "x", "="+found, "")
		require.NoError(t, err)
		var address, size uintptr
		var fd int
		_, err = fmt.Sscan(text, &address, &size, new(int), new(int), new(int), &fd)
		require.NoError(t, err)
		require.NoError(t, unix.MunmapPtr(unsafe.Add(nil, address), size))
		require.NoError(t, unix.Close(fd))
		for _, other := range others {
			_, err := Attach(dir, "x", "="+other, "")
			require.ErrorContains(t, err, "type\n", other)
		}
		_, err = p.Close()
		require.NoError(t, err)
	}
}
