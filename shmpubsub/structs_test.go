package shmpubsub_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub"
)

// Deep is a struct in N-1 others.
type (
	Deep1 struct{ A int8 }
	Deep2 struct{ A Deep1 }
	Deep3 struct{ A [2]Deep2 }
	Deep4 struct{ A shmpubsub.Array[[2]Deep3] }
	Deep5 struct{ A shmpubsub.ListOf[[2]Deep4] }
	Deep6 struct{ A Deep5 }
	Deep7 struct{ A Deep6 }
	Deep8 struct{ A Deep7 }
	Deep9 struct{ A Deep8 }
)

func TestPublisher_RefusesFieldsThatNoRecordHas(t *testing.T) {
	type inner struct {
		Names []string `shm:"names"`
	}
	type outer struct {
		Inner [3]inner `shm:"inner"`
	}
	for _, c := range []struct {
		refused error
		text    string
	}{
		{refusal[struct{ N int }](t), "field N: found int; expected a type that has the same size everywhere; write int64"},
		{refusal[struct{ N [3]uint }](t), "field N: found uint; expected a type that has the same size everywhere; write uint64"},
		{refusal[struct{ N uintptr }](t), "write uint64"},
		{refusal[struct{ S string }](t), "field S: found string; expected a type of fixed size without pointers; write shmpubsub.Text[[32]byte], for text of up to 32 bytes"},
		{refusal[outer](t), "field outer.Inner.Names: found []string; expected a type of fixed size without pointers; write shmpubsub.Array[[100]string], for up to 100 elements"},
		{refusal[struct{ B []byte }](t), "write shmpubsub.Bytes[[100]byte], for up to 100 bytes"},
		{refusal[struct{ P *Pose }](t), "field P: found *shmpubsub_test.Pose; expected a type of fixed size without pointers; write shmpubsub_test.Pose"},
		{refusal[struct{ M map[string]int8 }](t), "write a struct with a field for each key"},
		{refusal[struct{ I any }](t), "found interface {}; expected a type of fixed size without pointers; write the type of its values"},
		{refusal[struct{ F func() }](t), "found func(); expected a type of fixed size without pointers; leave it out"},
		{refusal[struct{ E error }](t), "write the type of its values"},
		{refusal[struct{ T time.Time }](t), "field T.wall: found a field that is not exported"},
		{refusal[struct{ A [0]int8 }](t), "field A: found [0]int8; expected one element or more; leave it out"},
		{refusal[struct{ A [2]shmpubsub.Text[[3]byte] }](t), "found shmpubsub.Text[[3]uint8]; expected it as a field of its own; make it the field of a struct, and write an array of that"},
		{refusal[struct{ a int8 }](t), `field a: found a field that is not exported; expected an exported one; export it, with a tag shm:"name" for the name that it has in Python`},
		{refusal[struct{}](t), "found struct {}, which has no fields; expected one or more"},
		{refusal[struct{ _ [3]byte }](t), "which has no fields"},
		{refusal[struct {
			A int8
			_ string
		}](t), "field _: found string; expected padding; write an array of bytes, such as [4]byte"},
		{refusal[struct {
			A int8
			_ [0]func()
		}](t), "found [0]func(); expected padding"},
		{refusal[struct {
			A int8 `shm:"b"`
			B int8 `shm:"b"`
		}](t), `field B: found the name "b", which A has; expected names that differ; change its tag`},
		{refusal[struct {
			A int8 `shm:"-"`
		}](t), `field A: found the tag "-"; expected a name; call the field _ if it is padding, or take it out of the struct`},
		{refusal[struct {
			A int8 `shm:"a,omitempty"`
		}](t), `field A: found the tag "a,omitempty"; expected a name, or a name and a unit; write shm:"ax,unit=m/s^2"`},
		{refusal[struct {
			A int8 `shm:"a\\b"`
		}](t), `found the name "a\\b"; expected up to 255 printable characters but " and \; change its tag`},
		{refusal[struct{ A shmpubsub.Text[[3]int16] }](t), "expected an array of bytes in its brackets; change the array in its brackets"},
		{refusal[struct{ A shmpubsub.Bytes[byte] }](t), "expected an array of one element or more in its brackets, such as [32]byte"},
		{refusal[struct{ A shmpubsub.Array[[0]int8] }](t), "expected an array of one element or more in its brackets"},
		{refusal[struct{ A shmpubsub.Array[[3]int] }](t), "field A: found int; expected a type that has the same size everywhere; write int64"},
		{refusal[struct{ A shmpubsub.ListOf[[3]int16] }](t), "expected an array of bool, int64, float64 or a struct in its brackets"},
		{refusal[struct {
			A shmpubsub.ListOf[[3][2]float64]
		}](t), "expected an array of bool, int64, float64 or a struct in its brackets"},
		{refusal[Deep9](t), "field Deep9.A.A.A.A.A.A.A.A: found more structs in one another; expected 8 at most; flatten some"},
		{refusal[[3]string](t), "found [3]string; expected bool, an integer"},
	} {
		require.ErrorContains(t, c.refused, c.text)
		require.True(t, strings.HasPrefix(c.refused.Error(), `create "x": invalid type of values: f`), c.refused)
	}
	domain(t)
	made[*shmpubsub.Publisher[Deep8]](t)(shmpubsub.NewPublisher[Deep8]("deep", 1))
}

// refusal returns the error of a publisher, which a subscriber and those of slices have too.
func refusal[T any](t *testing.T) error {
	t.Helper()
	_, err := shmpubsub.NewPublisher[T]("x", 1)
	require.ErrorIs(t, err, shmpubsub.ErrValueType)
	var none T
	_, other := shmpubsub.NewSubscriber("x", none)
	require.EqualError(t, other, strings.Replace(err.Error(), "create", "subscribe", 1))
	_, slice := shmpubsub.NewSlicePublisher[T]("x", 1, shmpubsub.WithMaxSize(1))
	require.ErrorIs(t, slice, shmpubsub.ErrValueType)
	if !strings.Contains(err.Error(), "invalid type of values: found ") {
		require.EqualError(t, slice, err.Error())
	}
	return err
}

// An embedded struct is a field like others.
func TestPublisher_TakesEmbeddedStructsAndTypesOfOtherPackages(t *testing.T) {
	type stamped struct {
		Pose
		Month time.Month
	}
	require.ErrorContains(t, refusal[stamped](t), "field stamped.Month: found time.Month; expected a type that has the same size everywhere; write int64")
	type timed struct {
		Pose
		At time.Duration `shm:"at,unit=ns"`
	}
	topicOf(t, "timed{Pose: Pose{X: float64, Y: float64}, at: int64}", timed{Pose{1, 2}, time.Second})
}
