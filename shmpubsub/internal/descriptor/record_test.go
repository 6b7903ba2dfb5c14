package descriptor

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	pose = `{"kind":"record","name":"Pose","size":16,"fields":[["x","<f8",0],["y","<f8",8]]}`
	imu  = `{"kind":"record","name":"Imu","size":40,"fields":[["stamp","<i8",0],["ax","<f8",8],["label",{"kind":"text","max":9},16]]}`
)

// records are descriptors with what becomes of them.
var records = []struct {
	json, text, line string
	size             uint64
	pooled           bool
}{
	{pose, "Pose{x: float64, y: float64}", "record r16 0 0 0", 16, false},
	{imu, "Imu{stamp: int64, ax: float64, label: str <= 9}", "record r40 0 0 0", 40, false},
	{`{"kind":"record","size":1,"fields":[["Größe 1","<b1",0]]}`, "{Größe 1: bool}", "record r1 0 0 0", 1, false},
	{`{"kind":"record","name":"a[1]","size":2,"fields":[["x: y","<b1",0],[" ","<b1",1]]}`, `"a[1]"{"x: y": bool, " ": bool}`, "record r2 0 0 0", 2, false},
	{
		`{"kind":"record","size":128,"fields":[["cov",{"kind":"array","dtype":"<f8","shape":[3,3]},0],["s",{"kind":"bytes","max":3},72]]}`,
		"{cov: float64[3,3], s: bytes <= 3}", "record r128 0 0 0", 128, false,
	},
	{
		`{"kind":"record","name":"Arm","size":2097256,"fields":[["ok","<b1",0],["points",{"kind":"array","dtype":"<f4","shape":[null,4],"max":131072},8],` +
			`["path",{"kind":"list","dtype":"<f8","max":8},2097168],["pose",` + pose + `,2097240]]}`,
		"Arm{ok: bool, points: float32[<=131072,4], path: list[float] <= 8, pose: Pose{x: float64, y: float64}}",
		"record r2097256 0 0 0", 2097256, true,
	},
	{`{"kind":"array","dtype":` + pose + `,"shape":[null],"max":100}`, "Pose{x: float64, y: float64}[<=100]", "array r16 1 100 1 0", 1600, true},
	{`{"kind":"array","dtype":` + pose + `,"shape":[4,2]}`, "Pose{x: float64, y: float64}[4,2]", "array r16 0 0 2 4 2", 128, false},
	{`{"kind":"list","dtype":` + imu + `,"max":10}`, "list[Imu{stamp: int64, ax: float64, label: str <= 9}] <= 10", "list r40 1 10 1 0", 400, true},
	{nested(MaxDepth), strings.Repeat("{a: ", MaxDepth) + "uint8" + strings.Repeat("}", MaxDepth), "record r1 0 0 0", 1, false},
	{
		`{"kind":"record","size":32,"fields":[["a",{"kind":"array","dtype":{"kind":"record","size":3,"fields":[["b","<u1",2]]},"shape":[null],"max":3},8]]}`,
		"{a: {b: uint8}[<=3]}", "record r32 0 0 0", 32, false,
	},
}

// nested returns depth records, each in another.
func nested(depth int) string {
	return strings.Repeat(`{"kind":"record","size":1,"fields":[["a",`, depth) + `"<u1"` + strings.Repeat(`,0]]}`, depth)
}

// many returns a record of n fields.
func many(n int) string {
	fields := make([]string, n)
	for i := range fields {
		fields[i] = fmt.Sprintf(`["%d","<u1",%d]`, i, i)
	}
	return fmt.Sprintf(`{"kind":"record","size":%d,"fields":[%s]}`, n, strings.Join(fields, ","))
}

func one(size, field string) string {
	return `{"kind":"record","size":` + size + `,"fields":[` + field + `]}`
}

var hostileRecords = []string{
	`{"kind":"record"}`, `{"kind":"record","size":1}`, one("1", ""), one("0", `["a","<u1",0]`), one("-1", `["a","<u1",0]`),
	one("1", `["a","<u1"]`), one("1", `["a","<u1",0,0]`), one("1", `null`), one("1", `[null,"<u1",0]`), one("1", `["a",null,0]`), one("1", `["a","<u1",null]`),
	one("1", `{"a":1}`), one("1", `["a","u1",0]`), one("1", `["a","<O",0]`), one("1", `["a","<",0]`), one("1", `["a","",0]`), one("2", `["a",">u2",0]`),
	one("1", `["a","<u1",-1]`), one("1", `["a","<u1",0.5]`), one("1", `["a","<u1",1]`), one("1", `["a","<u2",0]`),
	one("1", `["a","<u1",18446744073709551615]`), one("18446744073709551615", `["a","<u1",0]`), one("1099511627777", `["a","<u1",0]`),
	one("2", `["a","<u1",0],["a","<u1",1]`), one("2", `["a","<u1",1],["b","<u1",0]`), one("2", `["a","<u2",0],["b","<u1",1]`),
	one("1", `["","<u1",0]`), one("1", `["a\"b","<u1",0]`), one("1", `["a\\b","<u1",0]`), one("1", `["a\nb","<u1",0]`), one("1", "[\"a\xffb\",\"<u1\",0]"),
	one("1", "[\"a\u202eb\",\"<u1\",0]"), one("1", "[\"a\u2028b\",\"<u1\",0]"), one("1", "[\"a\u00a0b\",\"<u1\",0]"), one("1", "[\"a\ufffdb\",\"<u1\",0] "),
	one("1", `["`+strings.Repeat("a", MaxName+1)+`","<u1",0]`), strings.Replace(pose, "Pose", "", 1), strings.Replace(pose, "Pose", "Po\u200bse", 1),
	one("1", `["a",{"kind":"scalar","dtype":"<u1"},0]`), one("16", `["a",{"kind":"text"},0]`), one("15", `["a",{"kind":"text","max":8},0]`),
	one("24", `["a",{"kind":"text","max":8},4]`), one("20", `["a",{"kind":"text","max":8},0]`), one("24", `["a",`+one("16", `["b",{"kind":"text","max":8},0]`)+`,4]`),
	one("1099511627776", `["a",{"kind":"bytes","max":1099511627776},0]`), one("16", `["a",{"kind":"list","dtype":"<f4","max":1},0]`),
	one("16", `["a",{"kind":"array","dtype":"<f8","shape":[null]},0]`), one("16", `["a",{"kind":"array","dtype":"<f8","shape":[0]},0]`),
	one("16", `["a",{"kind":"array","dtype":"<f8","shape":[4294967296,4294967296]},0]`), one("16", `["a",{"kind":"any"},0]`), one("16", `["a",{"kind":"int"},0]`),
	`{"kind":"scalar","dtype":` + pose + `}`, `{"kind":"text","dtype":` + pose + `,"max":1}`, `{"kind":"array","dtype":` + pose + `}`,
	`{"kind":"array","dtype":` + pose + `,"shape":[68719476737]}`, `{"kind":"list","dtype":` + pose + `}`, `{"kind":"list","dtype":{"kind":"text","max":1},"max":1}`,
	strings.Replace(pose, `"size"`, `"max":3,"size"`, 1), strings.TrimSuffix(pose, "}") + `,"shape":[1]}`, strings.TrimSuffix(pose, "}") + `,"fields":[]}`,
	nested(MaxDepth + 1), nested(MaxDepth + 500), many(MaxFields + 1), many(1_000_000), strings.Repeat(`{"kind":"array","dtype":`, 2500),
	strings.Repeat(`{"kind":"array","dtype":`, 2000) + `"<u1"` + strings.Repeat(`}`, 2000), strings.Repeat(`{"kind":"record","size":1,"fields":[[`, 1600),
	one("1000", `["a",`+many(500)+`,0],["b",`+many(499)+`,500]`),
}

func TestParse_TakesRecords(t *testing.T) {
	for _, c := range records {
		typ, err := Parse([]byte(c.json))
		require.NoError(t, err, c.json)
		require.Equal(t, c.json, string(typ.Encode()))
		require.Equal(t, c.text, typ.String())
		require.Equal(t, c.line, typ.Line())
		require.Equal(t, c.size, typ.Size(), c.json)
		require.Equal(t, c.pooled, typ.Pooled(), c.json)
		require.True(t, typ.Fits(c.size))
		requireApart(t, typ.Record, 1)
	}
	_, err := Parse([]byte(many(MaxFields)))
	require.NoError(t, err)
	wanted, err := ParseWant(`{"kind":"list","dtype":` + pose + `}`)
	require.NoError(t, err)
	require.Equal(t, "list[Pose{x: float64, y: float64}]", wanted.String())
}

func TestParse_RefusesHostileRecords(t *testing.T) {
	for _, text := range hostileRecords {
		typ, err := Parse([]byte(text))
		require.ErrorContains(t, err, "found ", "%.200s", text)
		require.ErrorContains(t, err, "expected ", "%.200s", text)
		require.Zero(t, typ)
		require.Less(t, len(err.Error()), 1000)
	}
}

// requireApart checks, in its own way, that the fields neither overlap nor leave the record.
func requireApart(t *testing.T, r *Record, depth int) {
	t.Helper()
	require.LessOrEqual(t, depth, MaxDepth)
	last := uint64(0)
	for _, f := range r.Fields {
		require.GreaterOrEqual(t, f.Offset, last)
		room := f.Type.Size()
		if f.Type.Variable {
			require.Zero(t, f.Offset%8)
			room += 8
		}
		last = f.Offset + room
		require.LessOrEqual(t, last, r.Bytes)
		if f.Type.Record != nil {
			requireApart(t, f.Type.Record, depth+1)
		}
	}
}

func TestReads_ComparesRecordsButForTheirNames(t *testing.T) {
	for _, c := range []struct{ topic, want, difference string }{
		{pose, pose, ""},
		{pose, strings.Replace(pose, "Pose", "Position", 1), ""},
		{pose, strings.Replace(pose, `"name":"Pose",`, "", 1), ""},
		{imu, strings.Replace(imu, `"ax","<f8"`, `"ax","<i8"`, 1), `field "ax": found float64, expected int64`},
		{imu, strings.Replace(imu, `"max":9`, `"max":10`, 1), `field "label": found str <= 9, expected str <= 10`},
		{imu, strings.Replace(imu, `"ax"`, `"ay"`, 1), `field "ay": found none`},
		{imu, strings.Replace(imu, `,["label",{"kind":"text","max":9},16]`, "", 1), `field "label": found one more`},
		{imu, strings.Replace(imu, `["ax","<f8",8],`, "", 1), `field "ax": found one more`},
		{strings.Replace(imu, `,["label",{"kind":"text","max":9},16]`, "", 1), imu, `field "label": found none`},
		{one("2", `["a","<u1",0],["b","<u1",1]`), one("2", `["b","<u1",0],["a","<u1",1]`), `field "b": found "a" before it`},
		{one("8", `["a","<u1",0],["b","<u1",1]`), one("8", `["a","<u1",0],["b","<u1",4]`), `field "b" at offset 1: expected 4`},
		{one("8", `["a","<u1",0]`), one("2", `["a","<u1",0]`), `found 8 bytes, expected 2`},
		{one("16", `["p",`+pose+`,0]`), one("16", `["p",`+strings.Replace(pose, "y", "z", 1)+`,0]`), `field "p.z": found none`},
		{one("9", `["p",`+one("8", `["a","<u1",0]`)+`,0]`), one("9", `["p",`+one("9", `["a","<u1",0]`)+`,0]`), `field "p": found 8 bytes, expected 9`},
		{one("16", `["p",`+pose+`,0]`), one("16", `["p",{"kind":"array","dtype":`+pose+`,"shape":[1]},0]`),
			`field "p": found Pose{x: float64, y: float64}, expected Pose{x: float64, y: float64}[1]`},
		{`{"kind":"list","dtype":` + pose + `,"max":3}`, `{"kind":"list","dtype":` + strings.Replace(pose, "y", "z", 1) + `}`, `field "z": found none`},
		{`{"kind":"array","dtype":` + pose + `,"shape":[null],"max":3}`, `{"kind":"array","dtype":` + pose + `,"shape":[3]}`, ""},
	} {
		topic, wanted := want(t, c.topic), want(t, c.want)
		require.Equal(t, c.difference, Difference(topic, wanted), "%s as %s", c.topic, c.want)
		require.Equal(t, c.difference == "", topic.Reads(wanted), "%s as %s", c.topic, c.want)
	}
	require.False(t, want(t, pose).Reads(want(t, `{"kind":"array","dtype":`+pose+`,"shape":[1]}`)))
	require.False(t, want(t, `{"kind":"array","dtype":`+pose+`,"shape":[1]}`).Reads(want(t, `{"kind":"array","dtype":"<u1","shape":[1]}`)))
	require.Empty(t, Difference(want(t, pose), want(t, `{"kind":"array","dtype":`+pose+`,"shape":[1]}`)))
	require.Empty(t, Difference(want(t, pose), Float))
}
