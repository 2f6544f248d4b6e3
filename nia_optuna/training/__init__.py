"""Training one recipe: a generator of epochs that has never heard of Optuna."""
