package shmpubsub

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"shm_pub_sub/shmpubsub/internal/descriptor"
	"shm_pub_sub/shmpubsub/internal/segment"
)

// DefaultDir is where topics live unless the environment variable [DirEnv] or [InDir] names another directory.
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
	bridged bool
	maxAge  time.Duration // 0: none
	history int           // values from before the subscriber was created that it receives
	views   int           // -1: not given
	loans   int           // 0: not given
	maxSize int           // 0: not given
	shape   []int         // nil: not given
	list    bool
	meta    Metadata
	json    string // WithMetadataJSON's; "": not given
	trust   segment.Trust
	trusts  *[]string // WithTrust's users; nil: it is not given
	err     error
}

// PublisherOption sets up a publisher.
type PublisherOption interface{ forPublisher(*options) }

// SubscriberOption sets up a subscriber.
type SubscriberOption interface{ forSubscriber(*options) }

// Option sets up a publisher or a subscriber, or says where [List], [Inspect] and [Remove] look.
type Option interface {
	PublisherOption
	SubscriberOption
}

type (
	publisherOption  func(*options)
	subscriberOption func(*options)
	dirOption        string
	trustOption      []string
	shapeOption      []int
)

func (o publisherOption) forPublisher(p *options)   { o(p) }
func (o subscriberOption) forSubscriber(p *options) { o(p) }
func (o dirOption) forPublisher(p *options)         { p.dir = absolute(string(o)) }
func (o dirOption) forSubscriber(p *options)        { p.dir = absolute(string(o)) }

func (o trustOption) forPublisher(p *options)  { p.trusts = (*[]string)(&o) }
func (o trustOption) forSubscriber(p *options) { p.trusts = (*[]string)(&o) }

func (o shapeOption) forPublisher(p *options)  { p.shape = o }
func (o shapeOption) forSubscriber(p *options) { p.shape = o }

// InDir puts the topic in a directory other than [DefaultDir]. A relative one is that of the working directory now.
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
// topic publishes, one of another type, or with less room than the value needs, takes it over, or [Remove] removes it.
func WithRetain() PublisherOption {
	return publisherOption(func(o *options) { o.retain = true })
}

// WithBridged marks the topic as one that bridges do not send to other machines, as they mark what they receive. So
// nothing comes back to where it is from.
func WithBridged() PublisherOption {
	return publisherOption(func(o *options) { o.bridged = true })
}

// WithViews lets subscribers use up to n values in place at once (Borrow here, copy=False in Python), over all of them; the
// default is 2, the most 500, and 0 makes every read a copy. Each takes the room of a value. Values of up to 128 bytes of a
// fixed size are always copied.
func WithViews(n int) PublisherOption {
	return publisherOption(func(o *options) {
		if o.views = n; n < 0 {
			o.err = fmt.Errorf("%w: found %d; expected 0 to %d", ErrViews, n, segment.MaxViews)
		}
	})
}

// WithLoans lets the publisher fill up to n values at once, by Loan and Publish together; the default is 1. Each takes the
// room of a value.
func WithLoans(n int) PublisherOption {
	return publisherOption(func(o *options) {
		if o.loans = n; n < 1 {
			o.err = fmt.Errorf("%w: found %d; expected 1 to %d", ErrLoans, n, segment.MaxLoans)
		}
	})
}

// WithMaxSize sets the greatest length of a value: the bytes of text (4096 without it) and of byte strings (the same), the
// elements of a list, or the first axis of an array that varies.
func WithMaxSize(n int) PublisherOption {
	return publisherOption(func(o *options) {
		if o.maxSize = n; n < 1 {
			o.err = fmt.Errorf("%w: found %d; expected 1 or more", ErrMaxSize, n)
		}
	})
}

// WithShape makes the slices of a [SlicePublisher], or [SliceSubscriber], the elements of an array of that shape, the last
// axis varying fastest: WithShape(480, 640, 3) for frames. A first axis of 0 varies, up to [WithMaxSize]: WithShape(0, 4) for
// points of four numbers.
func WithShape(axes ...int) Option { return shapeOption(append([]int{}, axes...)) }

// WithList makes the topic of a [SlicePublisher] of bool, int, int64, float64 or a struct a list, as Python's publishers of
// lists have, instead of an array.
func WithList() PublisherOption {
	return publisherOption(func(o *options) { o.list = true })
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

// defaultOptions returns what options start from, wherever topics can be used at all.
func defaultOptions() (options, error) {
	dir := os.Getenv(DirEnv)
	if dir == "" {
		dir = DefaultDir
	}
	return options{dir: absolute(dir), mode: 0o600, history: 1, views: -1}, unsupported
}

func publisherOptions(topic string, opts []PublisherOption) (options, error) {
	o, err := defaultOptions()
	if err != nil {
		return options{}, err
	}
	for _, opt := range opts {
		opt.forPublisher(&o)
	}
	if err := o.resolve(); err != nil {
		return options{}, err
	}
	if o.mode&^fs.ModePerm != 0 {
		return options{}, fmt.Errorf("%w: topic %q: found %v; expected permission bits only", ErrMode, topic, o.mode)
	}
	return o, nil
}

func subscriberOptions(opts []SubscriberOption) (options, error) {
	o, err := defaultOptions()
	if err != nil {
		return options{}, err
	}
	for _, opt := range opts {
		opt.forSubscriber(&o)
	}
	return o, o.resolve()
}

// refuse reports an option that does not go with the type of a topic's values.
func (o options) refuse(operation, topic string, of form, slices bool) error {
	found, expected := "", ""
	switch scalar := of.word || of.typ.Kind == descriptor.KindScalar; {
	case o.shape != nil && !slices:
		found, expected = "WithShape", "a slice publisher or subscriber"
	case o.list && !slices:
		found, expected = "WithList", "a slice publisher"
	case o.maxSize != 0 && !slices && !of.text():
		found, expected = "WithMaxSize", "text or slices"
	case o.views >= 0 && scalar:
		found, expected = "WithViews", "arrays, text or slices"
	case o.loans > 0 && scalar:
		found, expected = "WithLoans", "arrays, text or slices"
	default:
		return nil
	}
	return fmt.Errorf("%w: %s %q: found %s for values of type %v; expected %s", ErrValueType, operation, topic, found, of.typ, expected)
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
