package shmpubsub_test

import (
	"encoding/binary"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
)

func TestMetadata_IsWhatThePublisherWasGiven(t *testing.T) {
	for name, c := range map[string]struct {
		options []shmpubsub.PublisherOption
		want    shmpubsub.Metadata
		json    string
	}{
		"none":        {nil, shmpubsub.Metadata{}, ""},
		"empty parts": {[]shmpubsub.PublisherOption{shmpubsub.WithUnit(""), shmpubsub.WithAttributes(map[string]any{})}, shmpubsub.Metadata{}, ""},
		"unit":        {[]shmpubsub.PublisherOption{shmpubsub.WithUnit("°C")}, shmpubsub.Metadata{Unit: "°C"}, `{"unit":"°C"}`},
		"description": {[]shmpubsub.PublisherOption{shmpubsub.WithDescription("a < b & c")}, shmpubsub.Metadata{Description: "a < b & c"}, `{"description":"a < b & c"}`},
		"attributes": {
			[]shmpubsub.PublisherOption{shmpubsub.WithAttributes(map[string]any{"range": []int{-1, 1}, "frame_id": "base"})},
			shmpubsub.Metadata{Attributes: map[string]any{"range": []any{-1.0, 1.0}, "frame_id": "base"}}, `{"attributes":{"frame_id":"base","range":[-1,1]}}`,
		},
		"JSON": {
			[]shmpubsub.PublisherOption{shmpubsub.WithMetadataJSON(`{"fields":{"ax":{"unit":"m/s^2"}},"more":1}`)},
			shmpubsub.Metadata{Fields: map[string]shmpubsub.Metadata{"ax": {Unit: "m/s^2"}}}, `{"fields":{"ax":{"unit":"m/s^2"}},"more":1}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			domain(t)
			s := made[*shmpubsub.FloatSubscriber](t)(shmpubsub.NewFloatSubscriber("x", 0))
			require.Zero(t, s.Metadata())
			p := made[*shmpubsub.FloatPublisher](t)(shmpubsub.NewFloatPublisher("x", 1, c.options...))
			require.Equal(t, c.want, s.Metadata())
			i, err := shmpubsub.Inspect("x")
			require.NoError(t, err)
			require.Equal(t, c.want, i.Metadata)
			require.Equal(t, c.json, i.MetadataJSON)
			require.NoError(t, p.Close())
			require.Zero(t, s.Metadata())
		})
	}
}

func TestMetadata_OfChunksAndSlices(t *testing.T) {
	domain(t)
	made[*shmpubsub.BytesPublisher](t)(shmpubsub.NewBytesPublisher("x", 1, shmpubsub.WithUnit("pages")))
	s := made[*shmpubsub.BytesSubscriber](t)(shmpubsub.NewBytesSubscriber("x"))
	require.Equal(t, "pages", s.Metadata().Unit)
	require.NoError(t, s.Close())
	require.Zero(t, s.Metadata())
}

func TestMetadata_HasTheUnitsOfAStructsTags(t *testing.T) {
	domain(t)
	made[*shmpubsub.Publisher[Arm]](t)(shmpubsub.NewPublisher[Arm]("x", 1, shmpubsub.WithDescription("the left one")))
	i, err := shmpubsub.Inspect("x")
	require.NoError(t, err)
	angle := shmpubsub.Metadata{Fields: map[string]shmpubsub.Metadata{"angle": {Unit: "rad"}}}
	require.Equal(t, shmpubsub.Metadata{
		Description: "the left one", Fields: map[string]shmpubsub.Metadata{"joints": angle, "points": {Unit: "m"}, "seen": angle},
	}, i.Metadata)
	require.Equal(t, `{"description":"the left one","fields":{"joints":{"fields":{"angle":{"unit":"rad"}}},"points":{"unit":"m"},"seen":{"fields":{"angle":{"unit":"rad"}}}}}`, i.MetadataJSON)
}

func TestMetadata_RefusesWhatIsNone(t *testing.T) {
	for name, c := range map[string]struct {
		option shmpubsub.PublisherOption
		text   string
	}{
		"NaN":       {shmpubsub.WithAttributes(map[string]any{"a": math.NaN()}), "found attributes that JSON cannot express"},
		"a channel": {shmpubsub.WithAttributes(map[string]any{"a": make(chan int)}), "expected text, numbers, bools, slices and maps of these"},
		"no UTF-8":  {shmpubsub.WithUnit("\xff"), "found a unit or description that is not UTF-8"},
		"too much":  {shmpubsub.WithDescription(strings.Repeat("x", 65536)), "found 65554 bytes of JSON; expected 65536 at most"},
		"too deep":  {shmpubsub.WithMetadataJSON(`{"attributes":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + "}"), "nested 33 deep; expected 32"},
		"no JSON":   {shmpubsub.WithMetadataJSON("m/s"), "found JSON that cannot be read"},
		"a list":    {shmpubsub.WithMetadataJSON("[]"), "expected an object"},
		"null":      {shmpubsub.WithMetadataJSON("null"), "found null; expected an object"},
		"a number":  {shmpubsub.WithMetadataJSON(`{"unit":1}`), "found JSON that cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			domain(t)
			_, err := shmpubsub.NewIntPublisher("x", 1, c.option)
			require.ErrorIs(t, err, shmpubsub.ErrMetadata)
			require.ErrorContains(t, err, c.text)
		})
	}
}

func TestMetadata_IsNotReadBeyondItsLimit(t *testing.T) {
	domain(t)
	made[*shmpubsub.IntPublisher](t)(shmpubsub.NewIntPublisher("x", 1, shmpubsub.WithUnit("m")))
	const size, header = 1 << 30, 65536
	bytes, err := os.ReadFile(fileOf("x"))
	require.NoError(t, err)
	end := binary.LittleEndian.Uint64(bytes[header+72:]) + size
	file, err := os.OpenFile(fileOf("x"), os.O_RDWR, 0)
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	require.NoError(t, file.Truncate(int64(end)))
	_, err = file.WriteAt(binary.LittleEndian.AppendUint64(nil, end), header+48)
	require.NoError(t, err)
	_, err = file.WriteAt(binary.LittleEndian.AppendUint32(nil, size), header+124)
	require.NoError(t, err)
	i, err := shmpubsub.Inspect("x")
	require.NoError(t, err)
	require.Equal(t, 65537, len(i.MetadataJSON)) // Len would print it
	require.Zero(t, i.Metadata)
	require.Zero(t, made[*shmpubsub.IntSubscriber](t)(shmpubsub.NewIntSubscriber("x", 0)).Metadata())
}

func TestMetadata_OfAHostileFileIsNone(t *testing.T) {
	for name, bytes := range map[string]string{
		"no JSON": "m/s", "no UTF-8": "{\"unit\":\"\xff\"}", "a list": "[]", "a number": `{"unit":1}`, "too deep": `{"attributes":{"a":` + strings.Repeat("[", 900),
	} {
		t.Run(name, func(t *testing.T) {
			domain(t)
			made[*shmpubsub.IntPublisher](t)(shmpubsub.NewIntPublisher("x", 1, shmpubsub.WithUnit(strings.Repeat("m", 1000))))
			file, err := os.OpenFile(fileOf("x"), os.O_RDWR, 0)
			require.NoError(t, err)
			defer func() { require.NoError(t, file.Close()) }()
			at, size := make([]byte, 8), binary.LittleEndian.AppendUint32(nil, uint32(len(bytes)))
			_, err = file.ReadAt(at, 65536+72)
			require.NoError(t, err)
			_, err = file.WriteAt([]byte(bytes), int64(binary.LittleEndian.Uint64(at)))
			require.NoError(t, err)
			_, err = file.WriteAt(size, 65536+124)
			require.NoError(t, err)
			i, err := shmpubsub.Inspect("x")
			require.NoError(t, err)
			require.Zero(t, i.Metadata)
			require.Equal(t, bytes, i.MetadataJSON)
			s := made[*shmpubsub.IntSubscriber](t)(shmpubsub.NewIntSubscriber("x", 0))
			require.Zero(t, s.Metadata())
		})
	}
}
