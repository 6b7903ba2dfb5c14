package descriptor

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// canonical are descriptors with what becomes of them.
var canonical = []struct {
	json, text, line string
	size             uint64
	pooled           bool
}{
	{`{"kind":"scalar","dtype":"<u1"}`, "uint8", "scalar u1 0 0 0", 1, false},
	{`{"kind":"scalar","dtype":"<c16"}`, "complex128", "scalar c16 0 0 0", 16, false},
	{`{"kind":"array","dtype":"<u1","shape":[480,640,3]}`, "uint8[480,640,3]", "array u1 0 0 3 480 640 3", 921600, true},
	{`{"kind":"array","dtype":"<f4","shape":[null,4],"max":131072}`, "float32[<=131072,4]", "array f4 1 131072 2 0 4", 131072 * 16, true},
	{`{"kind":"array","dtype":"<f8","shape":[]}`, "float64[]", "array f8 0 0 0", 8, false},
	{`{"kind":"array","dtype":"<b1","shape":[128]}`, "bool[128]", "array b1 0 0 1 128", 128, false},
	{`{"kind":"array","dtype":"<b1","shape":[129]}`, "bool[129]", "array b1 0 0 1 129", 129, true},
	{`{"kind":"array","dtype":"<f2","shape":[null],"max":1}`, "float16[<=1]", "array f2 1 1 1 0", 2, true},
	{`{"kind":"bytes","max":4096}`, "bytes <= 4096", "bytes - 1 4096 0", 4096, true},
	{`{"kind":"text","max":4096}`, "str <= 4096", "text - 1 4096 0", 4096, true},
	{`{"kind":"list","dtype":"<f8","max":3}`, "list[float] <= 3", "list f8 1 3 1 0", 24, true},
	{`{"kind":"list","dtype":"<i8","max":3}`, "list[int] <= 3", "list i8 1 3 1 0", 24, true},
	{`{"kind":"list","dtype":"<b1","max":3}`, "list[bool] <= 3", "list b1 1 3 1 0", 3, true},
	{`{"kind":"array","dtype":"<u1","shape":[1` + strings.Repeat(",1", 31) + `]}`, "uint8[1" + strings.Repeat(",1", 31) + "]", "array u1 0 0 32 1" + strings.Repeat(" 1", 31), 1, false},
}

func TestParse_TakesWhatEncodeReturns(t *testing.T) {
	for _, c := range canonical {
		typ, err := Parse([]byte(c.json))
		require.NoError(t, err, c.json)
		require.Equal(t, c.json, string(typ.Encode()))
		require.Equal(t, c.text, typ.String())
		require.Equal(t, c.line, typ.Line())
		require.Equal(t, c.size, typ.Size())
		require.Equal(t, c.pooled, typ.Pooled(), c.json)
	}
}

func TestParse_RefusesEverythingElse(t *testing.T) {
	for _, text := range []string{
		"", "null", "[]", "{}", "1", "bool", `{"kind":"bool"}`, `{"kind":"float"}`, `{"kind":"any"}`,
		`{"kind":"scalar"}`, `{"kind":"scalar","dtype":"u1"}`, `{"kind":"scalar","dtype":">u2"}`, `{"kind":"scalar","dtype":"<"}`,
		`{"kind":"scalar","dtype":"<f8"}`, `{"kind":"scalar","dtype":"<i8"}`, `{"kind":"scalar","dtype":"<b1"}`, `{"kind":"scalar","dtype":"<f16"}`,
		`{"kind":"scalar","dtype":"<u1","max":1}`, `{"kind":"scalar","dtype":"<u1","shape":[]}`,
		`{"kind":"scalar","dtype":"<u1"} `, `{"kind": "scalar","dtype":"<u1"}`, `{"dtype":"<u1","kind":"scalar"}`, `{"kind":"scalar","dtype":"\u003cu1"}`,
		`{"kind":"scalar","dtype":"<u1","unit":"m"}`, `{"kind":"scalar","kind":"scalar","dtype":"<u1"}`,
		`{"kind":"array","dtype":"<u1"}`, `{"kind":"array","dtype":"<u1","shape":[0]}`, `{"kind":"array","dtype":"<u1","shape":[-1]}`,
		`{"kind":"array","dtype":"<u1","shape":[1.5]}`, `{"kind":"array","dtype":"<u1","shape":[1e2]}`, `{"kind":"array","dtype":"<u1","shape":[3],"max":3}`,
		`{"kind":"array","dtype":"<u1","shape":[null]}`, `{"kind":"array","dtype":"<u1","shape":[null],"max":0}`, `{"kind":"array","dtype":"<u1","shape":[2,null],"max":3}`,
		`{"kind":"array","dtype":"<u1","shape":[1` + strings.Repeat(",1", 32) + `]}`, `{"kind":"array","dtype":"<u1","shape":[[2]]}`, `{"kind":"array","dtype":"<O","shape":[2]}`,
		`{"kind":"array","dtype":"<u1","shape":[18446744073709551615]}`, `{"kind":"array","dtype":"<u1","shape":[18446744073709551616]}`,
		`{"kind":"array","dtype":"<u8","shape":[4294967296,4294967296]}`, `{"kind":"array","dtype":"<u8","shape":[null,4294967296],"max":4294967296}`,
		`{"kind":"array","dtype":"<u1","shape":[1048577,1048576]}`,
		`{"kind":"text"}`, `{"kind":"text","max":0}`, `{"kind":"text","max":1099511627777}`, `{"kind":"bytes","max":-1}`, `{"kind":"bytes","dtype":"<u1","max":3}`,
		`{"kind":"list","max":3}`, `{"kind":"list","dtype":"<f4","max":3}`, `{"kind":"list","dtype":"<f8"}`, `{"kind":"list","dtype":"<f8","max":3,"shape":[3]}`,
		strings.Repeat("[", 20000), strings.Repeat(`{"kind":`, 5000), strings.Repeat(" ", MaxJSON+1),
	} {
		_, err := Parse([]byte(text))
		require.ErrorContains(t, err, "found ", "%.80s", text)
		require.ErrorContains(t, err, "expected ", "%.80s", text)
	}
}

func want(t *testing.T, text string) Type {
	t.Helper()
	w, err := ParseWant(text)
	require.NoError(t, err, text)
	return w
}

func TestReads_ComparesAllButTheMostStepsOfTheFirstAxis(t *testing.T) {
	array := func(shape string) string { return fmt.Sprintf(`{"kind":"array","dtype":"<f4","shape":[%s]}`, shape) }
	for _, c := range []struct {
		topic, want string
		reads       bool
	}{
		{"bool", "", true},
		{"bool", "bool", true},
		{"int", "float", false},
		{`{"kind":"text","max":3}`, `{"kind":"text","max":9}`, true},
		{`{"kind":"text","max":3}`, `{"kind":"text"}`, true},
		{`{"kind":"text","max":3}`, `{"kind":"bytes"}`, false},
		{`{"kind":"list","dtype":"<f8","max":3}`, `{"kind":"list","dtype":"<f8"}`, true},
		{`{"kind":"list","dtype":"<f8","max":3}`, `{"kind":"list","dtype":"<i8"}`, false},
		{`{"kind":"list","dtype":"<f8","max":3}`, `{"kind":"array","dtype":"<f8","shape":[null]}`, false},
		{`{"kind":"scalar","dtype":"<u1"}`, `{"kind":"scalar","dtype":"<i1"}`, false},
		{`{"kind":"scalar","dtype":"<f4"}`, array(""), false},
		{array("3,4"), array("3,4"), true},
		{array("3,4"), array("4,4"), false},
		{array("3,4"), array("3,5"), false},
		{array("3,4"), array("3"), false},
		{array("3,4"), array("3,4,1"), false},
		{array("3,4"), array("null,4"), true},
		{array("3,4"), array("null,5"), false},
		{`{"kind":"array","dtype":"<f4","shape":[null,4],"max":9}`, array("3,4"), true},
		{`{"kind":"array","dtype":"<f4","shape":[null,4],"max":9}`, array("null,4"), true},
		{`{"kind":"array","dtype":"<f8","shape":[null,4],"max":9}`, array("null,4"), false},
		{array(""), array(""), true},
		{array(""), array("1"), false},
	} {
		require.Equal(t, c.reads, want(t, c.topic).Reads(want(t, c.want)), "%s as %s", c.topic, c.want)
	}
}

func TestString_OfWhatIsWantedNeedsNoBound(t *testing.T) {
	for text, shown := range map[string]string{
		"": "any", "bool": "bool", "int": "int", "float": "float", `{"kind":"text"}`: "str", `{"kind":"list","dtype":"<f8"}`: "list[float]",
		`{"kind":"array","dtype":"<f4","shape":[null,4]}`: "float32[:,4]",
	} {
		require.Equal(t, shown, want(t, text).String())
	}
}

func TestFits_WantsWholeStepsUpToTheMost(t *testing.T) {
	points := want(t, `{"kind":"array","dtype":"<f4","shape":[null,4],"max":3}`)
	for length, fits := range map[uint64]bool{0: true, 16: true, 48: true, 8: false, 64: false} {
		require.Equal(t, fits, points.Fits(length), length)
	}
	for length, fits := range map[uint64]bool{0: false, 8: true, 16: false} {
		require.Equal(t, fits, Float.Fits(length), length)
	}
}

// FuzzParse: a descriptor is refused, or comes back the same and its size is bounded.
func FuzzParse(f *testing.F) {
	for _, c := range canonical {
		f.Add([]byte(c.json))
	}
	f.Add([]byte(`{"kind":"array","dtype":"<u8","shape":[4294967296,4294967296]}`))
	for _, c := range records {
		f.Add([]byte(c.json))
	}
	for _, text := range hostileRecords {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		typ, err := Parse(b)
		if err != nil {
			return
		}
		if got := typ.Encode(); string(got) != string(b) {
			t.Fatalf("%q came back as %q", b, got)
		}
		if size := typ.Size(); size == 0 || size > MaxSize || typ.Row() == 0 || len(typ.Shape) > MaxDimensions {
			t.Fatalf("%q has %d bytes", b, size)
		}
		if !typ.Reads(typ) || !typ.Reads(Any) || !typ.Fits(typ.Size()) || Difference(typ, typ) != "" {
			t.Fatalf("%q does not read itself", b)
		}
		if typ.Record != nil {
			requireApart(t, typ.Record, 1)
		}
	})
}
