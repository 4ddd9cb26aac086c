# The API and its workers, in one image: `serve` is the default, `worker` the other half (see deploy/compose.yaml).
FROM python:3.13-slim AS build
RUN pip install --no-cache-dir uv
WORKDIR /srv/fenghuo
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
# Dependencies first: they change less often than we do.
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --frozen --no-dev --no-install-project
COPY . .
RUN uv sync --frozen --no-dev

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /srv/fenghuo fenghuo
COPY --from=build --chown=root:root /srv/fenghuo /srv/fenghuo
WORKDIR /srv/fenghuo
# A volume that is mounted here becomes the service's.
RUN install -d -o fenghuo -g root /var/lib/fenghuo/files
USER fenghuo
ENV PATH=/srv/fenghuo/.venv/bin:$PATH PYTHONUNBUFFERED=1 FENGHUO_HOST=0.0.0.0 FENGHUO_PORT=8000
EXPOSE 8000
# Live, not ready: a database that is away for a minute is no reason to kill the API.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"FENGHUO_PORT\"]}/health/live', timeout=2)"]
ENTRYPOINT ["fenghuo"]
CMD ["serve"]
