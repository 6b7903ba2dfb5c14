"""Runs every program of the user's specification, as it is written there."""
