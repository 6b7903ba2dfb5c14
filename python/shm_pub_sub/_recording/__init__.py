"""Recordings of topics, in MCAP files."""
