"""Waiting and streams at length: every value, every wake-up, under kills, interrupts and forks."""
