#!/bin/sh
# Healthy is: the shared keystores are whole, the server answers its health request with 200 (while it starts and stops it also
# answers with redirects), and the load balancer, where there is one that knows this node, sends traffic to it. So whoever waits
# for this node to be healthy waits until it can carry the load, and can restart.
#   WAIT_REASON_FILE       file that says why the server is not started yet
#   KEYSTORES              directory of the shared stores and their checksums
#   HEALTH_URL, HEALTH_CA  request and CA certificate
#   STATUS_URL, NODE_NAME  where the load balancer says who is in rotation, and this node's name there
set -eu

if [ -s "$WAIT_REASON_FILE" ]; then
  cat "$WAIT_REASON_FILE"
  exit 1
fi

failure=0
code=$(curl -s -o /dev/null -w '%{http_code}' -m 3 --cacert "$HEALTH_CA" "$HEALTH_URL") || failure=$?
if [ "$failure" = 28 ]; then
  pid=$(cat "$WSO2_SERVER_HOME/wso2carbon.pid" 2>/dev/null) || true
  case $(cut -d ' ' -f 3 "/proc/${pid:-none}/stat" 2>/dev/null) in
    [Tt]) echo "the server's process is stopped" ;;
    *) echo "the server waits for its database, for a free connection to it, or for a free thread: the health request is not answered" ;;
  esac
  exit 1
elif [ "$failure" != 0 ]; then
  echo "the server does not accept connections (curl's exit code is $failure)"
  exit 1
elif [ "$code" != 200 ]; then
  echo "health request answered with $code"
  exit 1
fi

if ! (cd "$KEYSTORES" && sha256sum -c checksums) >/dev/null 2>&1; then
  echo "the shared keystores are damaged: the server runs with its copies and could not restart; \"make up\" builds them anew"
  exit 1
fi

status=$(curl -fsS --connect-timeout 1 -m 2 "$STATUS_URL" 2>/dev/null) || exit 0
case $status in
  *"\"name\":\"$NODE_NAME\",\"rotation\":\"in\""*) exit 0 ;;
  *"\"name\":\"$NODE_NAME\""*)
    echo "the load balancer does not send traffic to $NODE_NAME yet"
    exit 1
    ;;
esac
