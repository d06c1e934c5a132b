# Puerto as an image. What is installed is what was tested: requirements.lock, by digest.
#
#   docker build -t puerto .
#   docker run --read-only --tmpfs /tmp -v puerto:/var/lib/puerto -p 127.0.0.1:8000:8000 puerto

# Any Debian with Python 3.11 or later, and its venv.
ARG BASE=python:3.11-slim

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python3 -m venv /opt/puerto
COPY requirements.lock ./
RUN /opt/puerto/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY adapters adapters
COPY domain domain
COPY entrypoints entrypoints
COPY plugins plugins
COPY puerto puerto
# The service needs neither of the two that installed it.
RUN /opt/puerto/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
    && /opt/puerto/bin/pip uninstall --yes setuptools pip

FROM ${BASE}
LABEL org.opencontainers.image.title="Puerto" \
      org.opencontainers.image.description="A self-hosted agent server" \
      org.opencontainers.image.licenses="MIT"
RUN groupadd --gid 10001 puerto \
    && useradd --uid 10001 --gid 10001 --home-dir /var/lib/puerto --shell /usr/sbin/nologin puerto \
    && install --directory --owner puerto --group puerto --mode 0700 /var/lib/puerto
COPY --from=build /opt/puerto /opt/puerto
ENV PATH=/opt/puerto/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    API_HOST=0.0.0.0 \
    API_PORT=8000 \
    PUERTO_DATA_DIR=/var/lib/puerto
USER 10001:10001
WORKDIR /var/lib/puerto
VOLUME /var/lib/puerto
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python3", "-c", "import os, urllib.request as web; web.urlopen(f\"http://127.0.0.1:{os.environ['API_PORT']}/api/ready\", timeout=4)"]
ENTRYPOINT ["puerto"]
CMD ["serve"]
