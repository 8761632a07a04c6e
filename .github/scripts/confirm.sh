#!/usr/bin/env bash
# Goes on only if somebody has typed the name of an environment that exists and is not protected.
# usage: ENVIRONMENT=… CONFIRMATION=… confirm.sh
set -euo pipefail
file=config/$ENVIRONMENT.toml
if [[ ! $ENVIRONMENT =~ ^[a-z][a-z0-9-]{0,29}$ || ! -f $file ]]; then
  echo "there is no environment \"$ENVIRONMENT\": config/ has $(cd config && echo *.toml)" >&2
  exit 1
fi
if [[ $CONFIRMATION != "$ENVIRONMENT" ]]; then
  echo "nothing was destroyed: the confirmation must be the name of the environment, $ENVIRONMENT" >&2
  exit 1
fi
if sed '/^[[:space:]]*\[/,$d' "$file" | grep -Eq '^[[:space:]]*"?protected"?[[:space:]]*=[[:space:]]*true'; then
  echo "$ENVIRONMENT is protected: $file has protected = true, so it is not destroyed" >&2
  exit 1
fi
echo "$ENVIRONMENT will be destroyed with all its data"
