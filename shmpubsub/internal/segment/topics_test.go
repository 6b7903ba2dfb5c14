package segment

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestList_NamesTopicsAndNothingElse(t *testing.T) {
	dir := domain(t)
	topics, err := List(dir)
	require.NoError(t, err)
	require.Empty(t, topics)

	var owned []*Owned
	for _, topic := range []string{"b", "a/b", "a_b", "ä"} {
		owned = append(owned, create(t, specOf(dir, topic)))
	}
	createDead(t, specOf(dir, "dead"))
	foreign := []string{"sem.other", "shm_pub_sub.", "shm_pub_sub.%2f", "shm_pub_sub#DRAFT", "shm_pub_sub.%"}
	for _, name := range foreign {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	topics, err = List(dir)
	require.NoError(t, err)
	require.Equal(t, []string{"a/b", "a_b", "b", "dead", "ä"}, topics)

	for _, o := range owned {
		require.NoError(t, o.Close())
	}
	require.NoError(t, Remove(dir, "dead"))
	for _, name := range foreign {
		require.NoError(t, os.Remove(filepath.Join(dir, name)))
	}
}

func TestList_SeesMoreTopicsThanOneReadOfTheDirectoryReturns(t *testing.T) {
	dir := domain(t)
	const many = 700
	for i := range many {
		require.NoError(t, os.WriteFile(pathOf(t, dir, string(rune('a'+i%26))+string(rune(0x100+i))), nil, 0o600))
	}
	topics, err := List(dir)
	require.NoError(t, err)
	require.Len(t, topics, many)
	require.IsIncreasing(t, topics)
	for _, topic := range topics {
		require.NoError(t, Remove(dir, topic))
	}
}

func TestList_SaysThatThereIsNoDirectory(t *testing.T) {
	_, err := List(domain(t) + "/none")
	require.ErrorIs(t, err, ErrOpen)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestRemove_TakesOnlyWhatADeadPublisherLeft(t *testing.T) {
	s := specOf(domain(t), "x")
	require.ErrorIs(t, Remove(s.Dir, "x"), ErrNoPublisher)
	require.ErrorIs(t, Remove(s.Dir, ""), ErrName)

	o := create(t, s)
	err := Remove(s.Dir, "x")
	require.ErrorIs(t, err, ErrExists)
	require.ErrorContains(t, err, `remove "x": found a live publisher, process `)
	requireOneOwner(t, s, o)

	v := attach(t, s)
	abandon(o)
	require.False(t, v.Retired())
	require.NoError(t, Remove(s.Dir, "x"))
	require.True(t, v.Retired(), "subscribers are notified")
	require.Empty(t, names(t, s.Dir))
}

func TestInspect_DescribesATopic(t *testing.T) {
	s := specOf(domain(t), "x")
	_, err := Inspect(s.Dir, "x", Trust{})
	require.ErrorIs(t, err, ErrNoPublisher)
	_, err = Inspect(s.Dir, "", Trust{})
	require.ErrorIs(t, err, ErrName)

	o := create(t, s)
	info, err := Inspect(s.Dir, "x", Trust{})
	require.NoError(t, err)
	require.Equal(t, Info{Header: o.Header, Topic: "x", Path: o.path, UID: uint32(os.Geteuid()), Bytes: o.Bytes(), Trusted: true, Alive: true}, info)
	abandon(o)
	info, err = Inspect(s.Dir, "x", Trust{})
	require.NoError(t, err)
	require.False(t, info.Alive)
	require.NoError(t, Remove(s.Dir, "x"))
}
