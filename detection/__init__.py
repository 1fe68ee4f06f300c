"""Detection: what came over the wire becomes a signal, and rules say of what class it is."""
