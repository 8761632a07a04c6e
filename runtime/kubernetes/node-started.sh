#!/bin/sh
# A node has started when it is healthy and refuses who is no load balancer: a server that has not read its rules would believe every
# header of whoever reaches it.
#   HEALTH_SCRIPT          asks whether it is healthy
#   HEALTH_URL, HEALTH_CA  its health request and the CA certificate
#   TOKEN_HEADER           header by which it knows the load balancers
set -eu
/bin/sh "$HEALTH_SCRIPT"
code=$(curl -s -o /dev/null -w '%{http_code}' -m 3 --cacert "$HEALTH_CA" -H "$TOKEN_HEADER: none" "$HEALTH_URL") || true
if [ "$code" != 403 ]; then
  echo "the server answers a wrong $TOKEN_HEADER with $code instead of 403: it would believe whoever reaches it, so it gets no requests"
  exit 1
fi
