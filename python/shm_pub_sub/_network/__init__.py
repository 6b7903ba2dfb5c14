"""The bridge: topics of other machines, over Eclipse Zenoh. `shm_pub_sub.network` is the API."""
