package shmpubsub

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"shm_pub_sub/shmpubsub/internal/descriptor"
)

func TestBuilder_CountsTheFieldsOfAllStructs(t *testing.T) {
	record := func(n int, field reflect.Type) reflect.Type {
		fields := make([]reflect.StructField, n)
		for i := range fields {
			fields[i] = reflect.StructField{Name: fmt.Sprint("F", i), Type: field}
		}
		return reflect.StructOf(fields)
	}
	for n, allowed := range map[int]bool{499: true, 500: false} {
		typ := record(2, record(n, reflect.TypeFor[int8]()))
		e, _, err := new(builder).element(typ, "")
		require.Equal(t, allowed, err == nil)
		if allowed {
			_, err := descriptor.Parse(descriptor.Type{Kind: descriptor.KindRecord, Record: e.record}.Encode())
			require.NoError(t, err)
			continue
		}
		require.True(t, errors.Is(err, ErrValueType))
		require.ErrorContains(t, err, "found more fields; expected 1000 at most; make it an array, or another topic")
	}
}
