package shmpubsub

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzMetadata reads any text as metadata. What it accepts can be published again, and says the same.
func FuzzMetadata(f *testing.F) {
	for _, text := range []string{
		"", "{}", "null", "[]", `{"unit":"m/s","description":"\"}]{[","attributes":{"a":[1,{"b":null}]},"fields":{"x":{"unit":"m"}}}`,
		`{"attributes":{"a":1e999}}`, "{\"unit\":\"\xff\"}", `{"unit":"\ud800"}`, `{"a":"\\"}`, strings.Repeat("[", 40), `{"Unit":1,"unit":"m"}`,
		`{"attributes":` + strings.Repeat(`{"a":`, 31) + "1" + strings.Repeat("}", 32), `{"attributes":` + strings.Repeat(`{"a":`, 32) + "1" + strings.Repeat("}", 33),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := decodeMetadata(text)
		if err != nil {
			require.Equal(t, Metadata{}, m)
			return
		}
		require.True(t, json.Valid([]byte(text)))
		again, err := options{meta: m}.metadata("x")
		require.NoError(t, err)
		require.LessOrEqual(t, nesting(again), maxNesting)
		back := parseMetadata(again)
		_, err = options{meta: back}.metadata("x")
		require.NoError(t, err)
	})
}
