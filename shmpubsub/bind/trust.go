package bind

import (
	"strings"

	"shm_pub_sub/shmpubsub"
	"shm_pub_sub/shmpubsub/internal/segment"
)

// users splits what check_trust in _trust.py writes: the users to trust, separated by commas.
func users(trust string) []string {
	if trust == "" {
		return nil
	}
	return strings.Split(trust, ",")
}

func topicOptions(dir, trust string) []shmpubsub.Option {
	return []shmpubsub.Option{shmpubsub.InDir(fromLatin1(dir)), shmpubsub.WithTrust(users(trust)...)}
}

// CheckTrust checks that the users in trust exist.
func CheckTrust(trust string) (bool, error) {
	_, err := segment.NewTrust(users(trust))
	return true, coded(err)
}
