"""nia-optuna with less patience, so that what is to happen after a death happens in seconds.

`python -m benchmarks.soak.hasty run STUDY.py …` is the command line as it is, but for two numbers:
a coordinator that says nothing is taken for dead after LEASE seconds instead of sixty, and an
unfinished training is kept every KEPT seconds instead of ten.
"""

LEASE, KEPT = 6.0, 1.0

if __name__ == "__main__":
    from nia_optuna.search.forks import prepare_trainers

    prepare_trainers()  # first, as `run` does it itself
    from nia_optuna.cli.main import main
    from nia_optuna.search import leases

    leases.LEASE_SECONDS = LEASE
    main()
elif __name__ == "__mp_main__":  # in a trainer, where multiprocessing loads this file again
    from nia_optuna.training import standing

    standing.WORTH_KEEPING = KEPT
