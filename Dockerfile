# docker build -t optbench .
# docker run --rm -v "$PWD/reports:/optbench/reports" optbench      runs make demo; its page is in reports/
FROM python:3.13-slim
RUN apt-get update && apt-get install --yes --no-install-recommends git make && rm -rf /var/lib/apt/lists/*
WORKDIR /optbench
COPY pyproject.toml constraints.txt Makefile README.md LICENSE ./
COPY hydra_plugins hydra_plugins
COPY conf conf
COPY optbench optbench
RUN make .venv/installed
CMD ["make", "demo"]
