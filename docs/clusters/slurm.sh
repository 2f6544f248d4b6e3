#!/bin/bash
# Four coordinators on nodes of their own share one study in PostgreSQL:
#
#     export NIA_OPTUNA_STORAGE=postgresql+psycopg://nia@db.example.org/nia   # password in ~/.pgpass
#     sbatch docs/clusters/slurm.sh studies/cifar_cnn.py --trials 200
#
#SBATCH --job-name=nia-optuna
#SBATCH --array=1-4
#SBATCH --cpus-per-task=8
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --output=%x-%A-%a.log
# A minute before its time is up each is told, puts back what it trains and says how to go on.
#SBATCH --signal=B:TERM@60
set -euo pipefail

: "${NIA_OPTUNA_STORAGE:?is not set: the URL of the PostgreSQL database that all tasks share}"
# On a file system that all nodes share, so that what one had begun another can go on with.
export NIA_OPTUNA_RUNS="${NIA_OPTUNA_RUNS:-${SLURM_SUBMIT_DIR:-$PWD}/runs}"

# A trainer for each core of the task; exec, so that the signal reaches the program.
exec nia-optuna run "$@"
