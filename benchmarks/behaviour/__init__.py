"""What each library does when processes start late, fork, die or run out of memory."""
