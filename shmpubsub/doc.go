/*
Package shmpubsub publishes and subscribes to values between processes of one
machine, through POSIX shared memory.

A topic has a name, one publisher and any number of subscribers. A subscriber
reads the newest value at any time, or receives every value in order. Values are
numbers, bools, arrays, structs, slices, text or bytes. Publishing or reading a
number takes some tens of nanoseconds, a large array hardly more than copying it,
and arrays can be filled and read in place: there is no server, and no system call
or allocation per value. Python programs share topics with Go programs through the
package shm_pub_sub, which is built from this one.

# Basics

A [Publisher] creates its topic and is the only one to write it:

	pub, err := shmpubsub.NewFloatPublisher("robot/lidar/distance", 5)
	if err != nil {
		return err
	}
	defer pub.Close()
	err = pub.Publish(3.2)

A [Subscriber] may be created before the publisher, in any process:

	sub, err := shmpubsub.NewFloatSubscriber("robot/lidar/distance", 0)
	if err != nil {
		return err
	}
	defer sub.Close()
	distance, ok := sub.Subscribe()

Subscribe returns the subscriber's default and false while there is nothing to
read. [Subscriber.Err] returns why, unless simply nobody publishes.

# Types

[NewPublisher] and [NewSubscriber] take bool, integers, floats and complex numbers of
any size and name, fixed arrays of them, nested too, and string:

	type frame [480][640][3]uint8

	pub, err := shmpubsub.NewPublisher[frame]("robot/camera", 3)

	sub, err := shmpubsub.NewSubscriber("robot/camera", frame{})

In Python that is an array of shape (480, 640, 3) and dtype uint8. int and uint have 64
bits. Other types are [ErrValueType].

A large array is better not passed by value. [Subscriber.SubscribeInto] and
[Subscriber.RecvInto] copy to a variable; [Publisher.Loan] and [Subscriber.Borrow] do
without a copy:

	err := pub.Loan(func(f *frame) error { return camera.Read(f) })

	sub.Borrow(func(f *frame) { show(f) })

What is borrowed does not change before its function returns, whatever is published,
closed or taken over. Publishers never wait for it: a topic has room for as many values
in use as [WithViews] says, and beyond that Borrow copies.

[NewSlicePublisher] and [NewSliceSubscriber] are for values of any length up to
[WithMaxSize], or of a shape that the program does not know when it is compiled
([WithShape]); subscribers append to a slice of their caller's:

	pub, err := shmpubsub.NewSlicePublisher[[4]float32]("robot/points", 3,
		shmpubsub.WithMaxSize(131072))

	points, ok = sub.Subscribe(points[:0])

[NewTextPublisher] and [NewBytesPublisher] are for text and byte strings, and
[WithList] makes a slice what Python publishes as a list.

# Structs

What belongs together is published together, as a struct. Its topic is a record, which
other languages read by the names of its fields:

	type Imu struct {
		Stamp int64      `shm:"stamp,unit=ns"`
		Accel [3]float64 `shm:"accel,unit=m/s^2"`
		Valid bool       `shm:"valid"`
		Label shmpubsub.Text[[32]byte] `shm:"label"`
	}

	pub, err := shmpubsub.NewPublisher[Imu]("robot/imu", 3)

A tag says a field's name, and its unit if it has one; without a tag the name is Go's.
Python's publisher of a dataclass with the same fields, of the same types in the same
order, makes the same topic; the names of the types may differ. A topic whose fields
differ is [ErrType], which names the first one that does.

Fields are bool, numbers of a fixed size, fixed arrays, structs and, for what varies in
length, [Text], [Bytes], [Array] and [ListOf], each with room for the most. They are
exported; those called _ are padding. int, string, slices, pointers and the like are
[ErrValueType], which names the field and says what to write instead.

A struct is laid out as C does it, and read and written where it is, by Loan and Borrow
too. What pads it is published as zeros. Slices of structs are arrays of records or,
with [WithList], lists.

# Receiving

A subscriber can also take every value once, oldest first, and wait for the next:

	value, err := sub.Recv(ctx)

	for value := range sub.Values(ctx) {
		...
	}

[Subscriber.Recv] waits before there is a publisher, and across its restart: the
values of a publisher that has ended come before those of the next one. Which
method to use:

  - the newest value, whenever the program has time for one: [Subscriber.Subscribe],
    or [Subscriber.Newest] for its number, time and age too; they neither wait nor
    consume
  - the value of some time: [Subscriber.At], [Subscriber.After] and [Subscriber.Since],
    which do not consume either
  - every value as it arrives: Recv, or [Subscriber.Values] in a loop;
    [Subscriber.RecvSample] for number, time and age too
  - all values since the last call: [Subscriber.TryRecv] for one,
    [Subscriber.Drain] or [Subscriber.DrainInto] for all
  - values of several topics, of any types, in one goroutine: [Select], which
    returns the subscribers that have some
  - whether there is a publisher: [Subscriber.WaitForPublisher]

A topic keeps as many values as its publisher asked for, and publishers never
wait for subscribers. A subscriber that falls further behind skips values, and
[Subscriber.Lost] counts them: received plus lost equals everything published. A
new subscriber begins with the newest value; [WithHistory] asks for earlier ones.

Waiting costs no processor time: a waiter sleeps on a futex in the topic's file,
and a publisher makes a system call only if somebody waits. A subscriber that may
read a topic's file but not write it polls every millisecond instead.
[Publisher.PublishMany] publishes a batch and wakes waiters once.

# Times

What several sensors measured belongs together by the time of measurement, which is
earlier than that of Publish. [Publisher.PublishAt] says it, and [Publisher.LoanAt] for
a value that is filled in place:

	measured := shmpubsub.Now()
	...
	err := pub.PublishAt(distance, measured)

Times are CLOCK_MONOTONIC in nanoseconds, which [Now] reads, and time.monotonic_ns in
Python. They are not in the future, and do not decrease: PublishAt reports [ErrValue]
otherwise, and publishes nothing. They are those of [Sample], and of [WithMaxAge].

Subscribers find what a topic keeps by them, and consume nothing:

	frame, ok := camera.At(reading.Time)           // the nearest value
	next, err := camera.After(ctx, reading.Time)   // the first one at or after it
	readings := encoder.Since(frame.Time)          // all after it

[Subscriber.At] and [Subscriber.Since] do not wait; [Subscriber.After] does, as
Recv does. A publisher should keep as many values as its subscribers look back at.

# Samples that belong together

[Align] finds one sample of each of several topics, all of about the same time:

	aligned, err := shmpubsub.Align(10*time.Millisecond, camera, arm)
	if err != nil {
		return err
	}
	defer aligned.Close()
	for aligned.Next(ctx) == nil {
		joints, _ := arm.Aligned(aligned)
		camera.BorrowAligned(aligned, func(f *frame) { act(f, joints.Value) })
	}

Each set is delivered once, as soon as there is one, and the newest that there is. It
takes no values from the subscribers, and what is borrowed stays until the next set.

# Managing topics

[List], [Inspect] and [Remove] manage topics from outside.

A topic's name is any non-empty text without NUL that fits a file name once
percent-encoded; slashes make hierarchies. Topics live in [DefaultDir], in the
directory that the environment variable [DirEnv] names, or in [InDir]'s. Each
directory is an isolated domain.

# Guarantees

Subscribe reports true exactly while a live publisher has published a value, or
one is retained ([WithRetain]), and the value is not too old ([WithMaxAge]). It
reports true for the same value again and again.

The times of a topic's values do not decrease from one to the next, whichever goroutines
publish them, in whatever way. A value that was carried over from before a reboot may
have a time in the future; At, After and Since do not find it once there is another one.

A read after a publish has returned gets that value or a newer one. Values are
never torn and never go backwards within one publisher, however fast it
publishes; those that are overwritten between two reads are skipped.

A waiter receives a value as soon as the system gives it a processor. If a
publisher is killed between a value and its wake-up, the waiter finds the value
within 0.1 s by itself. If a waiter is killed, a publisher makes one needless
system call.

Subscribers notice a Close at their next read, and the death of a publisher's
process within 0.1 s, even by kill -9 at any instruction. Liveness is a lock that
the kernel drops with the process, which makes it right in containers and when pids
are reused.

A topic has one publisher: a second one gets [ErrExists]. The next publisher takes
over a dead one's topic, whatever its type and depth, and live subscribers
reattach automatically. They do not read a topic of another type: Subscribe
reports false and Err [ErrType].

All of a topic's space is reserved when it is created, so that full shared memory
is [ErrCreate] there and never a fault later. After Close nothing remains, unless
the value is retained; what a killed publisher leaves is removed by the next one,
or by Remove. A retained value stays readable until the next publisher of that
type publishes.

Files have mode 0600 unless [WithMode] says otherwise, whatever the umask, and
subscribers map the values read-only. Methods are safe for concurrent use,
including Close.

# Caveats

Linux only, on 64-bit little-endian machines. Programs for others, such as 32-bit
ARM, compile, and every function of this package returns [ErrUnsupported] there.

The directory must be on a local file system, as /dev/shm is; NFS does not work.

Publishers never block, so this is no queue with back-pressure. If no value may be
lost, give the topic room for the longest pause of its slowest subscriber, and
check Lost.

A goroutine that waits in Recv for a publisher's next value occupies a thread of
its process; some hundreds of them are no problem.

Anyone can create files in /dev/shm, so only those of the effective user, of root, and,
for root, of the user who called sudo are read. [WithTrust] and the environment variable
[TrustEnv] name more users. In a directory that belongs to one of these, and to which
others may not write, every file is trusted. A new subscriber reports [ErrUntrusted] for
any other file; an existing one treats it as no publisher.

A process with write access to a topic's file can damage it: one of a trusted user,
or of users that have its write bit. Damage to the header, and
to the order of the values, is found and reported as [ErrLayout], and no file makes
a subscriber hang; but a file that is truncated while it is mapped ends its readers
with SIGBUS. Nothing in this library truncates one.

A subscriber that may not write a topic's file cannot keep a large value from being
overwritten while it copies it. If the publisher is that much faster, Recv waits, and
Subscribe and its like report false after a second, with [ErrOpen].

A pointer or slice that Borrow or Loan gave to a function is invalid once that has
returned. A write to what is borrowed ends the program.

Deleting a file by hand takes the topic's name away: processes that have it mapped go
on, later ones do not see it, and a second publisher can take the name. Use Remove,
which refuses while a publisher lives.

A subscriber without a publisher looks for one at every read, which costs a few
system calls.

Publishers and subscribers hold a file descriptor each: call Close. Otherwise they
end with the process.

A process that was forked without exec holds its parent's lock too, and so makes
a dead parent look alive. Go programs do not fork like that.

# Memory layout

A topic is one file: a page with the word that waiters sleep on, a header that
never changes, the number of values published, and a ring of depth + 1 slots. A
slot has a sequence number, the time of publication and the value, or the number of
a chunk that has it. Readers keep a chunk by an entry in a table beside the word. The sequence
number is odd while a value is being written, and a reader takes a value only if it
finds the number even, as expected, and the same before and after (a seqlock). A
writer that stops between any two instructions leaves the last whole value readable.

docs/memory-layout.md in the repository has every field, for programs in other
languages.
*/
package shmpubsub
