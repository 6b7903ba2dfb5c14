package killpoint_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A normal build has no trace of the points: no code, no symbol, no name of a file or a function. A build
// with them shows that it would be found.
func TestHere_LeavesNoTraceInANormalBuild(t *testing.T) {
	if os.Getenv("SHM_PUB_SUB_EMULATOR") != "" {
		t.Skip("it builds programs and runs none: that is the same on every processor")
	}
	for tags, want := range map[string]bool{"": false, "killpoints": true} {
		program := filepath.Join(t.TempDir(), "program")
		// The library's users link this much of it.
		build := exec.Command("go", "test", "-c", "-tags="+tags, "-o="+program, "shm_pub_sub/shmpubsub")
		out, err := build.CombinedOutput()
		require.NoError(t, err, "%s", out)
		content, err := os.ReadFile(program)
		require.NoError(t, err)
		require.Equal(t, want, bytes.Contains(content, []byte("shmpubsub/internal/killpoint")), "tags %q", tags)
	}
}
