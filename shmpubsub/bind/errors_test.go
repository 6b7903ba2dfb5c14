package bind

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// An error without a kind would be reported as internal.
func TestKinds_HaveEveryErrorOfThePackage(t *testing.T) {
	listed, err := os.ReadFile("errors.go")
	require.NoError(t, err)
	file, err := parser.ParseFile(token.NewFileSet(), "../errors.go", nil, 0)
	require.NoError(t, err)
	count := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		for i := 0; ok && i < len(spec.Names); i++ {
			count++
			name := spec.Names[i].Name
			if name != "ErrUntrusted" { // an ErrOpen
				require.Contains(t, string(listed), "{shmpubsub."+name+", ", name)
			}
		}
		return true
	})
	require.Equal(t, strings.Count(string(listed), "{shmpubsub.Err"), count-1)
}
