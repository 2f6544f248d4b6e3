FROM python:3.12-slim

RUN useradd --create-home --uid 1000 nia
WORKDIR /home/nia

COPY --chown=nia pyproject.toml README.md LICENSE /src/
COPY --chown=nia nia_optuna /src/nia_optuna
# Such as [postgres], for a storage that several machines share.
ARG EXTRAS=""
RUN pip install --no-cache-dir "/src${EXTRAS}"

USER 1000
# Made by that user, so that a fresh volume mounted here belongs to it too.
RUN mkdir runs data reports
ENV NIA_OPTUNA_RUNS=/home/nia/runs \
    NIA_OPTUNA_DATA=/home/nia/data
VOLUME ["/home/nia/runs", "/home/nia/data"]

ENTRYPOINT ["nia-optuna"]
CMD ["--help"]
