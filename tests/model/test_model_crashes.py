"""Every interleaving of crashes with short histories: the shard's memory, and the executor's work."""
