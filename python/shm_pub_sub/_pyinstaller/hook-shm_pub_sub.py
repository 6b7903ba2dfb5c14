"""The Go library: loaded by its path, so no import of it is to be seen."""

hiddenimports = ["shm_pub_sub._shmpubsub"]
