package segment

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub/internal/descriptor"
	"shm_pub_sub/shmpubsub/internal/ring"
)

const (
	point  = `{"kind":"record","name":"Point","size":16,"fields":[["x","<f8",0],["y","<f8",8]]}`
	cloud  = `{"kind":"record","size":816,"fields":[["stamp","<i8",0],["points",{"kind":"array","dtype":"<f8","shape":[null],"max":100},8]]}`
	points = `{"kind":"array","dtype":` + point + `,"shape":[null],"max":10}`
)

func recordSpec(t testing.TB, text string) Spec {
	s := specOf(domain(t), "x")
	s.Type, s.Views, s.Loans = typeOf(t, text), 2, 1
	return s
}

func TestCreate_MakesTopicsOfRecords(t *testing.T) {
	for text, pooled := range map[string]bool{point: false, cloud: true, points: true, `{"kind":"list","dtype":` + point + `,"max":3}`: true} {
		s := recordSpec(t, text)
		o := create(t, s)
		require.Equal(t, pooled, o.Pooled)
		v := attach(t, s)
		require.Equal(t, s.Type, v.Type)
		info, err := Inspect(s.Dir, "x", Trust{})
		require.NoError(t, err)
		require.Equal(t, text, string(info.Type.Encode()))
		require.NoError(t, o.Close())
	}
}

func TestAttach_NamesTheFirstFieldThatDiffers(t *testing.T) {
	s := recordSpec(t, point)
	o := create(t, s)
	defer func() { require.NoError(t, o.Close()) }()
	_, err := Attach(s.Dir, "x", typeOf(t, strings.Replace(point, `"y","<f8"`, `"y","<i8"`, 1)), Trust{})
	require.ErrorIs(t, err, ErrType)
	require.ErrorContains(t, err, `open "x": found a topic of type Point{x: float64, y: float64} (publisher: process `)
	require.ErrorContains(t, err, `; expected Point{x: float64, y: int64}: field "y": found float64, expected int64; use the publisher's type or another name`)
	v, err := Attach(s.Dir, "x", typeOf(t, strings.Replace(point, "Point", "Place", 1)), Trust{})
	require.NoError(t, err)
	v.Close()
}

func TestTakeOver_CarriesARecordOverIfItIsTheSame(t *testing.T) {
	for name, c := range map[string]struct {
		before, next string
		carried      Carried
	}{
		"the same":                  {point, point, CarriedOver},
		"another name":              {point, strings.Replace(point, "Point", "Place", 1), CarriedOver},
		"another field's name":      {point, strings.Replace(point, `"y"`, `"z"`, 1), CarryRefused},
		"another field's type":      {point, strings.Replace(point, `"y","<f8"`, `"y","<i8"`, 1), CarryRefused},
		"another size":              {point, strings.Replace(point, "16", "24", 1), CarryRefused},
		"an array of it":            {point, points, CarryRefused},
		"in chunks":                 {cloud, cloud, CarriedOver},
		"in chunks, of another":     {cloud, strings.Replace(cloud, "stamp", "time", 1), CarryRefused},
		"an array with less room":   {points, strings.Replace(points, `"max":10`, `"max":1`, 1), CarriedOver},
		"an array of other records": {points, strings.Replace(points, `"y"`, `"z"`, 1), CarryRefused},
	} {
		t.Run(name, func(t *testing.T) {
			s := recordSpec(t, c.before)
			s.Retain = true
			o := create(t, s)
			value := []uint64{11, 22}
			if o.Pooled {
				value = []uint64{0, min(o.ElemSize, 816)}
				if s.Type.Variable {
					value[1] = 16
				}
				o.Pool()[ChunkPayload+8] = 22
			}
			w := ring.NewWriter(o.Ring())
			w.Write(value, 77)
			require.NoError(t, o.Close())
			s.Type = typeOf(t, c.next)
			next := create(t, s)
			require.Equal(t, c.carried, next.Carried)
			if v := attach(t, s); c.carried == CarriedOver {
				require.EqualValues(t, 77, v.CarriedTime)
				newest, _ := peek(v.fd, v.Header)
				require.Equal(t, value, newest.value)
				if v.Pooled {
					require.EqualValues(t, 22, v.Pool()[ChunkPayload+8])
				}
			}
			require.NoError(t, next.Close())
			require.NoError(t, Remove(s.Dir, "x"))
		})
	}
}

// What is refused in a descriptor is in internal/descriptor. It must fit the header, too.
func TestAttach_RefusesARecordThatIsNotTheHeaders(t *testing.T) {
	h := newHeader(Spec{Type: typeOf(t, point), Depth: 3})
	good, err := h.withType([]byte(point))
	require.NoError(t, err)
	require.Equal(t, h, good)
	for _, text := range []string{strings.Replace(point, "16", "24", 1), points, `{"kind":"record","size":16,"fields":[]}`, `{"kind":"scalar","dtype":"<c16"}`} {
		_, err := h.withType([]byte(text))
		require.ErrorIs(t, err, ErrLayout, text)
	}
	h.Type = descriptor.Type{Kind: descriptor.KindRecord}
	require.Equal(t, "record", h.Type.String())
}
