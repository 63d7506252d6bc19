FROM python:3.11-slim-bookworm AS build
COPY requirements.lock .
# The base image's pip installs into an environment that has none itself.
RUN python -m venv --without-pip /venv \
 && pip --python /venv/bin/python install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock \
 && find /venv -type d -name tests -prune -exec rm -r {} +
COPY app /srv/app
# Compiled here since the container cannot write here; by hash since copying may change times.
RUN python -m compileall -q --invalidation-mode unchecked-hash /srv/app

FROM python:3.11-slim-bookworm
COPY --from=build /venv /venv
COPY --from=build /srv /srv
WORKDIR /srv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 HOST=0.0.0.0 PORT=8000 NUMBA_CACHE_DIR=/srv/compiled
# The compiled loops, for this machine's processor: where the folder can't be written to, or the processor is
# another, every start takes some seconds longer.
RUN python -c "import app.main" && chown -R 10001:10001 /srv/compiled
EXPOSE 8000
# A number, so that an orchestrator can see that it is not root.
USER 10001:10001
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=2)"]
CMD ["python", "-m", "app"]
