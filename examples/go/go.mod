module shm_pub_sub_examples

go 1.26.0

require shm_pub_sub v0.0.0

require golang.org/x/sys v0.49.0 // indirect

replace shm_pub_sub => ../..
