package bind

import (
	"errors"
	"strings"

	"shm_pub_sub/shmpubsub"
)

// kinds has the more specific errors before those that they may wrap.
var kinds = []struct {
	err  error
	kind string
}{
	{shmpubsub.ErrExists, "exists"},
	{shmpubsub.ErrType, "type"},
	{shmpubsub.ErrCreate, "create"},
	{shmpubsub.ErrLayout, "layout"},
	{shmpubsub.ErrOpen, "open"},
	{shmpubsub.ErrNoPublisher, "nopublisher"},
	{shmpubsub.ErrName, "value"},
	{shmpubsub.ErrDepth, "value"},
	{shmpubsub.ErrMode, "value"},
	{shmpubsub.ErrViews, "value"},
	{shmpubsub.ErrLoans, "value"},
	{shmpubsub.ErrMetadata, "value"},
	{shmpubsub.ErrMaxSize, "value"},
	{shmpubsub.ErrValueType, "value"},
	{shmpubsub.ErrValue, "value"},
	{shmpubsub.ErrLoan, "value"},
	{shmpubsub.ErrMaxAge, "value"},
	{shmpubsub.ErrHistory, "value"},
	{shmpubsub.ErrTrust, "value"},
	{shmpubsub.ErrClosed, "closed"},
	{shmpubsub.ErrUnsupported, "internal"}, // the extension is not built there
}

// errNothing says that Subscribe returned false.
var errNothing = errors.New("nothing\nno value")

// coded puts err's kind in front of its text, which becomes a C string in Latin-1: see path.go.
func coded(err error) error {
	if err == nil {
		return nil
	}
	kind := "internal"
	for _, k := range kinds {
		if errors.Is(err, k.err) {
			kind = k.kind
			break
		}
	}
	text := strings.ReplaceAll(err.Error(), "\x00", `\x00`)
	return errors.New(kind + "\n" + latin1(text))
}
