#!/bin/sh
# A load balancer takes clients from the moment that it serves the public name and knows a node that serves; what it does later, when no node
# serves, is its own affair.
#   STATUS_URL  its own status
set -eu
sh /etc/nginx/active-active/current/health.sh
curl -fsS -m 2 "$STATUS_URL" | grep -q '"rotation":"in"'
