"""`python -m nia_optuna` is `nia-optuna`."""

from nia_optuna.cli.main import main

if __name__ == "__main__":
    # Spawned trainers import this file too, under another name.
    main()
