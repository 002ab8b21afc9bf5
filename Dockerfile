# Two stages: the first installs everything into /opt/songnet, the second runs it.
ARG PYTHON_VERSION=3.11

FROM python:${PYTHON_VERSION}-slim AS build

# The CPU build of torch: 200 MB instead of several GB. For an NVIDIA card give the address of a
# CUDA build (--build-arg TORCH_INDEX=...); an empty one takes torch from where all else comes from.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN python -m venv /opt/songnet

# The dependencies come before the code, so that a change of the code does not fetch them again.
# torch comes alone: its own dependencies are pinned in constraints.txt like all others.
COPY pyproject.toml constraints.txt ./
RUN if [ -n "${TORCH_INDEX}" ]; then \
      /opt/songnet/bin/pip install --no-deps --constraint constraints.txt \
        --index-url "${TORCH_INDEX}" torch; \
    fi
RUN /opt/songnet/bin/python -c "import tomllib; \
project = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
print('\n'.join(project['dependencies']))" > dependencies.txt \
 && /opt/songnet/bin/pip install --constraint constraints.txt --requirement dependencies.txt

COPY README.md LICENSE ./
COPY songnet songnet
COPY storage storage
COPY chatbot chatbot
RUN /opt/songnet/bin/pip install --no-deps . \
 && /opt/songnet/bin/pip check


FROM python:${PYTHON_VERSION}-slim

# tini is process 1: it hands SIGTERM to the bot and takes in the orphans of a killed worker.
# The fonts write names of any script in pictures; their styles with serifs, half of them, stay out.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends tini fonts-noto-core fonts-noto-cjk \
 && rm -rf /var/lib/apt/lists/* \
 && find /usr/share/fonts -name 'NotoSerif*' -delete \
 && groupadd --gid 10001 songnet \
 && useradd --uid 10001 --gid songnet --home-dir /data --no-create-home songnet \
 && install --directory --owner songnet --group songnet --mode 0700 /data

COPY --from=build /opt/songnet /opt/songnet

# HOME is the volume, so nothing is ever written outside of it. PYTHONSAFEPATH: files in the volume
# cannot stand in for modules.
ENV PATH=/opt/songnet/bin:$PATH \
    HOME=/data \
    SONGNET_DATA=/data \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONSAFEPATH=1

USER songnet
WORKDIR /data
VOLUME /data
STOPSIGNAL SIGTERM

# Docker sees for itself whether the process lives. This asks the bot whether all of its parts do:
# its event loop, database, queue, workers and chats. A worker's container asks otherwise: compose.yaml.
HEALTHCHECK --interval=30s --timeout=20s --start-period=60s --retries=3 \
  CMD ["python", "-m", "chatbot", "health"]

ENTRYPOINT ["tini", "--", "python", "-m", "chatbot"]
