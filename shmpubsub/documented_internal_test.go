package shmpubsub

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// declarations returns those of the package, without its tests.
func declarations(t *testing.T) (all []ast.Decl) {
	t.Helper()
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, entry := range files {
		if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), entry.Name(), nil, parser.ParseComments|parser.SkipObjectResolution)
		require.NoError(t, err)
		all = append(all, file.Decls...)
	}
	return all
}

// go doc shows also the methods of the unexported types that the exported ones embed.
func TestDocumentation_BeginsWithEachExportedName(t *testing.T) {
	found := 0
	check := func(name *ast.Ident, texts ...*ast.CommentGroup) {
		if !name.IsExported() {
			return
		}
		found++
		for _, text := range texts {
			if strings.HasPrefix(text.Text(), name.Name+" ") {
				return
			}
		}
		require.Fail(t, "not documented by a sentence that begins with its name", "%s", name.Name)
	}
	for _, declared := range declarations(t) {
		switch d := declared.(type) {
		case *ast.FuncDecl:
			check(d.Name, d.Doc)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					check(s.Name, d.Doc, s.Doc)
				case *ast.ValueSpec:
					check(s.Names[0], d.Doc, s.Doc)
				}
			}
		}
	}
	require.Greater(t, found, 100)
}
