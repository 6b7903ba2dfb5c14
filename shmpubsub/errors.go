package shmpubsub

import (
	"errors"

	"shm_pub_sub/shmpubsub/internal/segment"
)

// The errors of this package wrap one of these; their texts say what was found, what was expected
// and what to do.
var (
	// ErrExists says that a live publisher holds the topic.
	ErrExists = segment.ErrExists
	// ErrCreate says that the topic's shared memory could not be created: no space, no permission, no directory.
	ErrCreate = segment.ErrCreate
	// ErrOpen says that a topic exists and could not be opened.
	ErrOpen = segment.ErrOpen
	// ErrUntrusted says that the file under a topic's name belongs to a user who is not trusted: see [WithTrust].
	ErrUntrusted = segment.ErrUntrusted
	// ErrLayout says that a topic's file is damaged, foreign, or of another layout version.
	ErrLayout = segment.ErrLayout
	// ErrType says that the topic's publisher publishes another type.
	ErrType = segment.ErrType
	// ErrNoPublisher says that there is no such topic.
	ErrNoPublisher = segment.ErrNoPublisher
	// ErrName says that a topic name is empty, too long, not UTF-8, or contains NUL.
	ErrName = segment.ErrName
	// ErrDepth says that a depth is below 1 or too large for any memory.
	ErrDepth = segment.ErrDepth
	// ErrMaxSize says that a greatest length is missing, or below 1.
	ErrMaxSize = errors.New("invalid maximum size")
	// ErrValueType says that values of a Go type cannot be published, or that an option does not go with the type.
	ErrValueType = errors.New("invalid type of values")
	// ErrValue says that a value does not fit: it is too long, of another length, or text that is not UTF-8; or that an argument
	// of [Select] or [Align] cannot be used.
	ErrValue = errors.New("invalid value")
	// ErrLoan says that a publisher fills as many values at once as it may: see [WithLoans].
	ErrLoan = errors.New("no loan left")
	// ErrMetadata says that metadata is not JSON, or too much.
	ErrMetadata = segment.ErrMetadata
	// ErrMode says that a file mode is invalid.
	ErrMode = segment.ErrMode
	// ErrViews says that a number of views cannot be used: 0 to 500.
	ErrViews = segment.ErrViews
	// ErrLoans says that a number of loans cannot be used: 1 to 500.
	ErrLoans = segment.ErrLoans
	// ErrTrust says that a user to trust is unknown.
	ErrTrust = segment.ErrTrust
	// ErrMaxAge says that a maximum age is not positive.
	ErrMaxAge = errors.New("invalid maximum age")
	// ErrHistory says that a number of earlier values is negative.
	ErrHistory = errors.New("invalid history")
	// ErrClosed says that a publisher or subscriber was used after Close.
	ErrClosed = errors.New("already closed")
	// ErrUnsupported says that the program is built for a platform that has no topics: one of 32 bits, or big-endian. It is
	// the error of every function of this package there.
	ErrUnsupported = errors.New("unsupported platform")
)
