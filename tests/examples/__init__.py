"""Every example, run as its first lines say, in processes of its own."""
