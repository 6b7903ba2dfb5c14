"""What benchmarks/network.py measures: topics that cross from one machine to another."""
