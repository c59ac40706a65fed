"""Where batches come from: Redis streams, price files, replayed alerts."""
