#!/usr/bin/env bash
# What make status says of an environment, as JSON. One bad moment is nobody's night: unless all is well it is asked again, up to
# three times in all, and the last answer counts. Where it cannot say anything, the file is empty.
# usage: status.sh <environment> <file for the output> [<seconds between two looks>]
set -euo pipefail
environment=$1
status=$2
pause=${3:-20}
for look in 1 2 3; do
  [[ $look == 1 ]] || sleep "$pause"
  if make -s status JSON=1 ENVIRONMENT="$environment" > "$status"; then break; fi
done
