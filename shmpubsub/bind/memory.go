package bind

import "shm_pub_sub/shmpubsub/internal/memlimit"

// MemoryRoom describes, as JSON, how large a topic the memory limits allow; null if no limit is known.
func MemoryRoom() (string, error) {
	room, ok := memlimit.Find("/")
	if !ok {
		return "null", nil
	}
	room.Where = latin1(room.Where)
	return toJSON(room)
}
