package bind

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPaths_AreTheSameBytesWhateverTheyAre(t *testing.T) {
	for _, name := range []string{"plain", "ä", "\xe4", "\xff\xfe", "\xed\xa0\x80"} {
		dir := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.Mkdir(dir, 0o700))
		p, err := NewIntPublisher(latin1(dir), "topic", 1, 0o600, false, false, "", "")
		require.NoError(t, err)
		require.FileExists(t, filepath.Join(dir, "shm_pub_sub.topic"))
		path, err := Path(latin1(dir), "topic")
		require.NoError(t, err)
		require.Equal(t, filepath.Join(dir, "shm_pub_sub.topic"), fromLatin1(path))
		names, err := List(latin1(dir))
		require.NoError(t, err)
		require.Equal(t, `["topic"]`, names)
		_, err = p.Close()
		require.NoError(t, err)
		_, err = List(latin1(dir + "-absent"))
		require.ErrorContains(t, err, latin1(dir+"-absent"))
	}
}
