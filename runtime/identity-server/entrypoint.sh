#!/bin/sh
# Entry point of every identity server node, around the image's own. It exports the secrets, which therefore appear neither
# in the image nor in the container's configuration, and it stops the server gracefully: the images up to 7.1 keep SIGTERM
# from the JVM.
#   IMAGE_ENTRYPOINT  the image's own entry point
#   SECRETS           directory with one file for each variable to export
#   DRAIN_URL         where the load balancer is told to send nothing more
#   DRAIN_SECONDS     how long requests that are under way may take before the JVM is told to stop
set -eu

for file in "$SECRETS"/*; do
  export "$(basename "$file")=$(cat "$file")"
done

# Left by a server that was killed; its number may belong to another process now.
rm -f "$WSO2_SERVER_HOME/wso2carbon.pid"

"$IMAGE_ENTRYPOINT" "$@" &
server=$!

stop() {
  # A load balancer that does not answer sends nothing, so there is nothing to wait for.
  if curl -fsS -o /dev/null -m 2 -X POST "$DRAIN_URL"; then sleep "$DRAIN_SECONDS"; fi
  if [ -s "$WSO2_SERVER_HOME/wso2carbon.pid" ]; then
    kill -TERM "$(cat "$WSO2_SERVER_HOME/wso2carbon.pid")"
  else
    kill -TERM "$server"
  fi
}
trap stop TERM INT

# wait returns as soon as a signal has been handled; the server is then still stopping.
status=0
wait "$server" || status=$?
while kill -0 "$server" 2>/dev/null; do
  status=0
  wait "$server" || status=$?
done
exit "$status"
