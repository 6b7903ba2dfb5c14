"""The bridge to other machines: its parts, and bridges in network namespaces."""
