"""Training several networks of one structure as one batched network."""
