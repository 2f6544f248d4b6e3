"""The search: coordinator, executors, storage, sampler, pruner, confirmation, rehearsal."""
