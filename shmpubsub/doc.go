/*
Package shmpubsub publishes and subscribes to values between processes of one
machine, through POSIX shared memory.

A topic has a name, one publisher, and any number of subscribers, each of which
reads the newest value whenever it likes, or receives every value in its turn. Values are bool, int64 or float64. A
publish or a read takes some tens of nanoseconds: there is no server, no system
call and no allocation per value. Python programs share topics with Go ones by
way of the package shm_pub_sub, which is built from this one.

# Basics

A [Publisher] makes its topic and is the only one to write it:

	pub, err := shmpubsub.NewFloatPublisher("robot/lidar/distance", 5)
	if err != nil {
		return err
	}
	defer pub.Close()
	err = pub.Publish(3.2)

A [Subscriber] may be made before the publisher, in any process:

	sub, err := shmpubsub.NewFloatSubscriber("robot/lidar/distance", 0)
	if err != nil {
		return err
	}
	defer sub.Close()
	distance, ok := sub.Subscribe()

Subscribe returns the subscriber's default and false while there is nothing to
read. [Subscriber.Err] says why, where that is not simply that nobody publishes.

# Receiving

A subscriber can also take every value once, the oldest first, and wait for the next:

	value, err := sub.Recv(ctx)

	for value := range sub.Values(ctx) {
		...
	}

[Subscriber.Recv] waits before there is a publisher, and across its restart: what a publisher has published
before its end comes before the next one's values. Which of them to use:

  - the newest value, whenever the program has time for one: [Subscriber.Subscribe], or [Subscriber.Newest] with its
    number, time and age; they wait for nothing and take nothing
  - every value as it comes: Recv, or [Subscriber.Values] in a loop; [Subscriber.RecvSample] with number, time and age
  - what has come since the last time: [Subscriber.TryRecv] for one, [Subscriber.Drain] or
    [Subscriber.DrainInto] for all
  - that there is a publisher: [Subscriber.WaitForPublisher]

A topic keeps as many values as its publisher says, and no publisher waits for a subscriber: who is slower than that
for longer than that misses values. They are skipped, and [Subscriber.Lost] counts them: received and lost make up all
that was published. A new subscriber begins with the newest value; [WithHistory] asks for more of those that are kept.

Waiting costs no processor time: a waiter sleeps on a futex in the topic's file, and a publisher makes a system call
only where somebody does. Where a subscriber may read a topic's file and not write it, it looks for a new value every
millisecond instead. [Publisher.PublishMany] publishes a batch with one look at whether somebody waits.

[List], [Inspect] and [Remove] look at topics from outside.

A topic's name is any non-empty text without NUL that fits a file name once
percent-encoded; slashes make hierarchies. Topics live in [DefaultDir], or in the
directory that the environment variable [DirEnv] names, or [InDir]. Processes see
each other's topics in the same directory only.

# Guarantees

Subscribe reports true exactly while a live publisher has published a value, or
one is retained ([WithRetain]), and the value is not too old ([WithMaxAge]). It
reports true again and again for the same value.

A read after a publish has returned gets that value or a newer one. Values are
never torn and never go backwards within one publisher, however fast it
publishes; those that are overwritten between two reads are skipped.

A value is received by whoever waits for it as soon as the system gives that one a processor. A publisher that
is killed between a value and the wake-up that goes with it delays that one by 0.1 s at most, as a waiter looks
up as often by itself. A waiter that is killed costs a publisher one needless system call.

Close shows at a subscriber's next read. The death of a publisher's process,
kill -9 at any instruction included, shows within 0.1 s. Liveness is a lock that
the kernel drops with the process, so it is right in containers and whatever
becomes of the pid.

A topic has one publisher: a second one gets [ErrExists]. A dead publisher's topic
is taken over by the next, whatever its type and depth, and live subscribers
follow by themselves. One of another type than theirs they do not read: Subscribe
reports false and Err [ErrType].

All of a topic's space is reserved when it is made, so that full shared memory is
[ErrCreate] there and never a fault later. After Close nothing is left, unless the
value is retained; what a killed publisher left goes with the next one, or with
Remove. A retained value stays readable until the next publisher of that type
publishes.

Files have mode 0600 unless [WithMode] says otherwise, whatever the umask, and
subscribers map the values read-only. Methods may be called from many goroutines at
once, Close among them.

# Caveats

Linux only, on 64-bit little-endian machines.

The directory must be on a local file system, which /dev/shm is; NFS is not.

This is not a queue that holds its publisher back. Where no value may ever be lost, give the topic room for
the longest pause of its slowest subscriber, and look at Lost.

A goroutine that waits in Recv for a publisher's next value holds a thread of its process; some hundreds of them
are no trouble.

Anyone can create files in /dev/shm, so only those of the effective user, of root, and,
for root, of the user who called sudo are read. [WithTrust] and the environment variable
[TrustEnv] name more users. In a directory that belongs to one of these, and to which
others may not write, every file is trusted. A new subscriber reports [ErrUntrusted] for
any other file; to one that exists it is no publisher.

A process that may write a topic's file can damage it: one of a user who is trusted,
or of those whom that user gave the write bit. Damage to the header, and
to the order of the values, is found and reported as [ErrLayout], and no file makes
a subscriber hang; but a file that is truncated while it is mapped ends its readers
with SIGBUS. Nothing in this library truncates one.

A file that is deleted by hand takes the topic's name away: those who have it
mapped go on, those who come later do not see it, and a second publisher can take
the name. Use Remove, which refuses while a publisher lives.

A subscriber without a publisher looks for one at every read, which costs a few
system calls.

// Publishers and subscribers hold a file descriptor each, which in Go a garbage collection
// does not close: call Close. Their end comes with the process otherwise.

A process that was forked without exec holds its parent's lock as well, and so
makes a dead parent look alive. Go programs do not fork like that.

# Memory layout

A topic is one file: a page with the word that waiters sleep on, a header that
never changes, the number of values published, and a ring of depth + 1 slots. A
slot has a sequence number, the time of publication and the value. The sequence
number is odd while a value is being written, and a reader takes a value only if it
finds the number even, as expected, and the same before and after (a seqlock). A
writer that stops between any two instructions leaves the last whole value readable.

docs/memory-layout.md in the repository has every field, for programs in other
languages.
*/
package shmpubsub
