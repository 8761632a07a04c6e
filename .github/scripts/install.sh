#!/usr/bin/env bash
# Installs the project's modules, in a step of its own: no credential is there yet, and no script of a package runs.
set -euo pipefail
[[ -d node_modules ]] || npm ci --ignore-scripts --no-audit --no-fund
