"""What one process can show of every promise: see docs and README for the promises."""
