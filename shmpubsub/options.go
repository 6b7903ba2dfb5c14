package shmpubsub

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"shm_pub_sub/shmpubsub/internal/segment"
)

// DefaultDir is where topics live unless the environment variable DirEnv or InDir names another directory.
const DefaultDir = "/dev/shm"

// DirEnv is the environment variable that moves topics to another directory. Each directory is an isolated domain,
// for tests and the like.
const DirEnv = "SHM_PUB_SUB_DIR"

// TrustEnv is the environment variable with the users whose topics are trusted, as in [WithTrust]: names, uids or
// "any", separated by commas.
const TrustEnv = segment.TrustEnv

type options struct {
	dir     string
	mode    fs.FileMode
	retain  bool
	maxAge  time.Duration // 0: none
	history int           // values from before the subscriber was created that it receives
	trust   segment.Trust
	trusts  *[]string // WithTrust's users; nil: it is not given
	err     error
}

// PublisherOption sets up a publisher.
type PublisherOption interface{ forPublisher(*options) }

// SubscriberOption sets up a subscriber.
type SubscriberOption interface{ forSubscriber(*options) }

// Option sets up either.
type Option interface {
	PublisherOption
	SubscriberOption
}

type (
	publisherOption  func(*options)
	subscriberOption func(*options)
	dirOption        string
	trustOption      []string
)

func (o publisherOption) forPublisher(p *options)   { o(p) }
func (o subscriberOption) forSubscriber(p *options) { o(p) }
func (o dirOption) forPublisher(p *options)         { p.dir = absolute(string(o)) }
func (o dirOption) forSubscriber(p *options)        { p.dir = absolute(string(o)) }

func (o trustOption) forPublisher(p *options)  { p.trusts = (*[]string)(&o) }
func (o trustOption) forSubscriber(p *options) { p.trusts = (*[]string)(&o) }

// InDir puts the topic in dir.
func InDir(dir string) Option { return dirOption(dir) }

// WithTrust trusts the topics of these users, by name, by uid or "any", besides those of the effective user and root.
// Without it the users in the environment variable [TrustEnv] are trusted and, if the effective user is root, the one
// who called sudo. In a directory that only its owner and group can write to, every file is trusted if its owner is.
//
// Any other file under the topic's name is [ErrUntrusted] for a new subscriber, no publisher for an existing one, and
// a publisher that takes it over carries no value over. [Remove] does not check. A trusted user, and anyone with write
// access to that user's files, can feed this process any value, and end it by truncating a file that it has mapped.
func WithTrust(users ...string) Option { return trustOption(users) }

// WithMode gives the topic's file these permission bits, whatever the umask; the default is 0600. Readers need the
// read bit; anyone with the write bit can overwrite values.
func WithMode(mode fs.FileMode) PublisherOption {
	return publisherOption(func(o *options) { o.mode = mode })
}

// WithRetain keeps the last value readable after the publisher's Close or death, until a later publisher of the
// topic publishes, one of another type takes it over, or [Remove] removes it.
func WithRetain() PublisherOption {
	return publisherOption(func(o *options) { o.retain = true })
}

// WithMaxAge makes Subscribe and Newest report false for a value older than d, to guard against a publisher that
// hangs.
func WithMaxAge(d time.Duration) SubscriberOption {
	return subscriberOption(func(o *options) {
		o.maxAge = d
		if d <= 0 {
			o.err = fmt.Errorf("%w: found %v; expected a positive duration", ErrMaxAge, d)
		}
	})
}

// WithHistory sets how many already published values Recv and its relatives return first, as far as the topic keeps
// them. The default is 1; with 0 they return new values only. All values of later publishers are received.
func WithHistory(n int) SubscriberOption {
	return subscriberOption(func(o *options) {
		o.history = n
		if n < 0 {
			o.err = fmt.Errorf("%w: found %d; expected 0 or more values", ErrHistory, n)
		}
	})
}

func defaultOptions() options {
	dir := os.Getenv(DirEnv)
	if dir == "" {
		dir = DefaultDir
	}
	return options{dir: absolute(dir), mode: 0o600, history: 1}
}

// resolve sets the users to trust.
func (o *options) resolve() error {
	if o.err != nil {
		return o.err
	}
	if o.trusts != nil {
		o.trust, o.err = segment.NewTrust(*o.trusts)
	} else {
		o.trust, o.err = segment.DefaultTrust()
	}
	return o.err
}

// absolute fixes a relative directory, whatever directory the program changes to later.
func absolute(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		return abs
	}
	return dir
}
