"""Storage → facts → findings: pure functions on frozen values. No torch, no plotting, no files."""
