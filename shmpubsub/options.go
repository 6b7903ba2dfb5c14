package shmpubsub

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"shm_pub_sub/shmpubsub/internal/segment"
)

// DefaultDir is where topics live unless the environment variable DirEnv or InDir says otherwise.
const DefaultDir = "/dev/shm"

// DirEnv names the environment variable that moves topics to another directory. Processes see each
// other's topics only in the same directory, so it serves to keep domains apart, tests among them.
const DirEnv = "SHM_PUB_SUB_DIR"

// TrustEnv names the environment variable with the users whose topics are trusted, as [WithTrust] has it: names, uids or
// "any", separated by commas.
const TrustEnv = segment.TrustEnv

type options struct {
	dir     string
	mode    fs.FileMode
	retain  bool
	maxAge  time.Duration // 0: none
	history int           // values, before the subscriber was made, that it receives
	trust   segment.Trust
	trusts  *[]string // what WithTrust has; nil: it is not given
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

// WithTrust trusts the topics of these users, by name, by uid or "any", beside those of the effective user and root; without
// it those of the users in the environment variable [TrustEnv], and, if the effective user is root, of the one who called sudo.
// In a directory that only its owner and group can write to everything is trusted if its owner is.
//
// Anything of somebody else's at the topic's name is [ErrUntrusted] for a new subscriber and no publisher for one that exists,
// and a publisher that takes it over carries no value over. [Remove] does not ask. Whoever is trusted can feed this process
// any value, and end it by truncating a file that it has mapped; so can those who may write to his files.
func WithTrust(users ...string) Option { return trustOption(users) }

// WithMode gives the topic's file these permission bits, whatever the umask; without it they are
// 0600. Readers need the read bit; those who also have the write bit could overwrite values.
func WithMode(mode fs.FileMode) PublisherOption {
	return publisherOption(func(o *options) { o.mode = mode })
}

// WithRetain keeps the last value readable after the publisher was closed or died: until a later
// publisher of the topic publishes, one of another type takes it over, or [Remove] removes it.
func WithRetain() PublisherOption {
	return publisherOption(func(o *options) { o.retain = true })
}

// WithMaxAge makes Subscribe and Newest report false for a value published longer ago than d: the guard against
// a publisher that lives but hangs.
func WithMaxAge(d time.Duration) SubscriberOption {
	return subscriberOption(func(o *options) {
		o.maxAge = d
		if d <= 0 {
			o.err = fmt.Errorf("%w: found %v; expected a positive duration", ErrMaxAge, d)
		}
	})
}

// WithHistory has Recv and its like begin with the last n values that were published before the
// subscriber was made, as many of them as the topic keeps; without it with the newest, and with 0 only with
// what comes. Of a publisher that comes later everything is received in any case.
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

// resolve finds out whom to trust.
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

// absolute keeps a relative directory where it was when it was named, whatever the program does next.
func absolute(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		return abs
	}
	return dir
}
