package bind

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// FuzzCoded wraps a text, as a path or a name may put it there, in an error of each kind: what comes out
// must be a C string of UTF-8 whose first line is the kind, and stand for the same bytes.
func FuzzCoded(f *testing.F) {
	for _, s := range []string{"", "exists", "a\nb", "a\x00b", "\xff\xfe", "\xed\xa0\x80", "\uFFFD", "found \"ä\"\n"} {
		f.Add(s, uint8(0))
	}
	f.Fuzz(func(t *testing.T, text string, kind uint8) {
		want, err := "internal", errors.New(text)
		if n := int(kind) % (len(kinds) + 1); n < len(kinds) {
			want, err = kinds[n].kind, fmt.Errorf("%s%w", text, kinds[n].err)
		}
		crossing := coded(err).Error()
		require.True(t, utf8.ValidString(crossing))
		require.NotContains(t, crossing, "\x00")
		got, rest, found := strings.Cut(fromLatin1(crossing), "\n")
		require.True(t, found)
		require.Equal(t, want, got)
		require.Equal(t, strings.ReplaceAll(err.Error(), "\x00", `\x00`), rest)
	})
}
