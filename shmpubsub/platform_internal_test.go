package shmpubsub

import (
	"context"
	"go/ast"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// calls has every exported function that may fail, with arguments with which it does not, or fails otherwise.
var calls = map[string]func() error{
	"NewPublisher":       func() error { return errorOf(NewPublisher[[3]uint8]("x", 3)) },
	"NewBoolPublisher":   func() error { return errorOf(NewBoolPublisher("x", 3)) },
	"NewIntPublisher":    func() error { return errorOf(NewIntPublisher("x", 3)) },
	"NewFloatPublisher":  func() error { return errorOf(NewFloatPublisher("x", 3, WithViews(-1))) },
	"NewTextPublisher":   func() error { return errorOf(NewTextPublisher("", 3)) },
	"NewBytesPublisher":  func() error { return errorOf(NewBytesPublisher("x", -1)) },
	"NewSlicePublisher":  func() error { return errorOf(NewSlicePublisher[float32]("x", 3, WithMaxSize(8))) },
	"NewSubscriber":      func() error { return errorOf(NewSubscriber("x", struct{ A []int }{})) },
	"NewBoolSubscriber":  func() error { return errorOf(NewBoolSubscriber("x", false)) },
	"NewIntSubscriber":   func() error { return errorOf(NewIntSubscriber("x", 0)) },
	"NewFloatSubscriber": func() error { return errorOf(NewFloatSubscriber("x", 0, WithHistory(-1))) },
	"NewTextSubscriber":  func() error { return errorOf(NewTextSubscriber("x", "")) },
	"NewBytesSubscriber": func() error { return errorOf(NewBytesSubscriber("x")) },
	"NewSliceSubscriber": func() error { return errorOf(NewSliceSubscriber[float32]("x")) },
	"Align":              func() error { return errorOf(Align(-1)) },
	"Select":             func() error { return errorOf(Select(context.Background())) },
	"List":               func() error { return errorOf(List(InDir("/dev/null"))) },
	"Inspect":            func() error { return errorOf(Inspect("x")) },
	"Remove":             func() error { return Remove("x", WithTrust("nobody at all")) },
}

func errorOf[T any](_ T, err error) error { return err }

// fallible returns the names of the package's exported functions whose last result is an error.
func fallible(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, declared := range declarations(t) {
		f, ok := declared.(*ast.FuncDecl)
		if !ok || f.Recv != nil || !f.Name.IsExported() || f.Type.Results == nil {
			continue
		}
		results := f.Type.Results.List
		if last, ok := results[len(results)-1].Type.(*ast.Ident); ok && last.Name == "error" {
			names = append(names, f.Name.Name)
		}
	}
	slices.Sort(names)
	return names
}

// On a machine that is supported, the package is made to believe another.
func TestPlatform_UnsupportedIsTheErrorOfEveryFunction(t *testing.T) {
	t.Setenv(DirEnv, t.TempDir())
	if unsupported == nil {
		unsupported = platformError(32, true)
		defer func() { unsupported = nil }()
	}
	require.Equal(t, fallible(t), slices.Sorted(maps.Keys(calls)), "found in the sources; expected in calls")
	for name, call := range calls {
		err := call()
		require.ErrorIs(t, err, ErrUnsupported, name)
		require.Regexp(t, `^unsupported platform: found \w+/\w+, which is (32-bit|big-endian); expected 64-bit little-endian Linux; build with GOARCH=`, err.Error())
	}
}

func TestPlatform_IsSupportedWith64BitsInLittleEndianOrder(t *testing.T) {
	require.NoError(t, platformError(64, true))
	require.ErrorContains(t, platformError(32, true), "which is 32-bit;")
	require.ErrorContains(t, platformError(64, false), "which is big-endian;")
}
