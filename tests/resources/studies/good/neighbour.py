"""What a study file imports from beside it."""

WIDEST = 32
