#!/bin/sh
# Entry point of every identity server node, around the image's own. It exports the secrets, which therefore appear neither
# in the image nor in the container's configuration; it starts the server only when what the server needs is there; it stops it
# gracefully, since the images up to 7.1 keep SIGTERM from the JVM; and it ends a server that does not live.
#   IMAGE_ENTRYPOINT  the image's own entry point
#   SECRETS           directory with a file for each secret
#   CONFIGURATION     deployment.toml, which says by $env{NAME} what the server gets of them
#   KEYSTORES         directory of the shared stores and their checksums
#   SHARED_FILES      directory that all nodes share, with a folder for each of these
#   SHARED_FOLDERS    folders below the server's home that are there instead
#   DATABASE          host:port that must accept connections before the server starts; of several, one
#   WAIT_REASON_FILE  file that says why the server is not started yet; the health check shows it
#   HTTPS_PORT        port that a started server opens
#   START_CHECKS      checks after which a server that has not opened it counts as failed; there is one every 10 s
#   LIVENESS_FAILURES checks after which a server that has, and whose process has done nothing at all since, counts as dead
#   AUDIT_LOG         "stdout": the server's audit log is in the container's output, too
#   PEERS             regular expression of the addresses that the server answers, others get 403; unset where it answers all
#   DRAIN_URL         where the load balancer is told to send nothing more
#   SCHEMA_VERSION    version of its databases' schema; read by those who look at the container from outside
#   DRAIN_SECONDS     how long requests that are under way may take before the JVM is told to stop
set -eu

server=
stop() {
  # A signal may come between the server's start and the next line.
  server=${server:-${!:-}}
  [ -n "$server" ] || exit 143
  # Where nobody accepts the connection, nobody sends anything. A load balancer that is slow to answer reads this all the same.
  connected=$(curl -fsS -o /dev/null --connect-timeout 1 -m 5 -w '%{time_connect}' -X POST "$DRAIN_URL") || true
  [ "$connected" = 0.000000 ] || sleep "$DRAIN_SECONDS"
  if [ -s "$WSO2_SERVER_HOME/wso2carbon.pid" ]; then
    kill -TERM "$(cat "$WSO2_SERVER_HOME/wso2carbon.pid")"
  else
    kill -TERM "$server"
  fi
}
trap stop TERM INT

# accepts HOST:PORT: whether a connection comes about within a second. curl holds one that it has until its time is over, so it gets
# little at first.
accepts() {
  for seconds in 0.2 1; do
    [ "$(curl -s -o /dev/null --noproxy '*' -m "$seconds" -w '%{time_connect}' "telnet://$1" </dev/null)" = 0.000000 ] || return 0
  done
  return 1
}

# Which of several servers takes writes, the driver finds out.
database_accepts() {
  for address in $DATABASE; do
    ! accepts "$address" || return 0
  done
  return 1
}

# Prints what is missing, or nothing.
missing() {
  if ! (cd "$KEYSTORES" && sha256sum -c checksums) >/dev/null 2>&1; then
    echo "the shared keystores are damaged; \"make up\" builds them anew from their keys"
  elif ! database_accepts; then
    echo "the database at $DATABASE does not accept connections; the server starts when it does"
  fi
}

# A server that starts without them does not fail: it runs for ever and never listens.
shown=
while problem=$(missing) && [ -n "$problem" ]; do
  echo "$problem" >"$WAIT_REASON_FILE"
  [ "$problem" = "$shown" ] || echo "waiting: $problem" >&2
  shown=$problem
  sleep 2
done
rm -f "$WAIT_REASON_FILE"

# What the configuration does not refer to is not exported: a restored archive may hold a file with the name of any variable, such
# as one by which Java loads a library. A secret that cannot be read ends the start, or the server would work with an empty one.
for name in $(grep -o '\$env{[A-Za-z0-9_]*}' "$CONFIGURATION" | sed 's/^.env{//; s/}$//' | sort -u); do
  [ -e "$SECRETS/$name" ] || continue
  value=$(cat "$SECRETS/$name")
  export "$name=$value"
done

# What a console writes on one node is there for the others, and for the one that replaces this.
for folder in $SHARED_FOLDERS; do
  here=$WSO2_SERVER_HOME/$folder
  if [ ! -L "$here" ]; then
    rm -rf "$here"
    mkdir -p "$(dirname "$here")"
    ln -s "$SHARED_FILES/$(basename "$folder")" "$here"
  fi
done

# log4j2.properties is none of the files that the server makes from deployment.toml. A container that starts again has the line.
audit_log_to_stdout() {
  log4j=$WSO2_SERVER_HOME/repository/conf/log4j2.properties
  line='logger.AUDIT_LOG.appenderRef.CARBON_CONSOLE.ref = CARBON_CONSOLE'
  if ! grep -q '^logger\.AUDIT_LOG\.name' "$log4j" || ! grep -q '^appender\.CARBON_CONSOLE\.type' "$log4j"; then
    echo "the audit log is in its file alone: $log4j lacks the logger AUDIT_LOG or the appender CARBON_CONSOLE" >&2
  elif ! grep -qxF "$line" "$log4j"; then
    printf '\n%s\n' "$line" >>"$log4j"
  fi
}
if [ "${AUDIT_LOG:-}" = stdout ]; then audit_log_to_stdout; fi

# A server without it would believe every header of whoever reaches it, so it does not start.
if [ -n "${PEERS:-}" ]; then
  first_valve "<Valve className=\"org.apache.catalina.valves.RemoteAddrValve\" usePeerAddress=\"true\" allow=\"$PEERS\"/>"
fi

# Left by a server that was killed; its number may belong to another process now.
rm -f "$WSO2_SERVER_HOME/wso2carbon.pid"

"$IMAGE_ENTRYPOINT" "$@" &
server=$!

# The engine restarts what has ended, not what is merely unhealthy. Whether a server lives is asked of its process, never by a
# request: while the database hangs, all of the server's threads may hang with it, and a restart would not help. A JVM that lives
# uses some processor time whatever its threads wait for; one that is stopped, or that the kernel keeps from running, uses none.

# Processor time that the server has used so far; nothing when its process is not known.
processor_time() {
  pid=$(cat "$WSO2_SERVER_HOME/wso2carbon.pid" 2>/dev/null) && [ -n "$pid" ] && cut -d ' ' -f 14,15 "/proc/$pid/stat" 2>/dev/null
}

trap 'exit 1' USR1
watch() {
  listening='' failures=0 before=''
  while :; do
    sleep 10
    # The server limits what it writes in a day, but keeps every day.
    find "$WSO2_SERVER_HOME/repository/logs" -type f -mtime +6 \
      \( -name 'http_access_*' -o -name '*-[01][0-9]-[0-3][0-9]-20[0-9][0-9].*' \) -delete 2>/dev/null || true
    if [ -z "$listening" ] && ! accepts "localhost:$HTTPS_PORT"; then
      failures=$((failures + 1))
      [ "$failures" -lt "$START_CHECKS" ] || break
      continue
    fi
    [ -n "$listening" ] || listening=yes failures=0
    now=$(processor_time) || true
    if [ -n "$now" ] && [ "$now" = "$before" ]; then failures=$((failures + 1)); else failures=0; fi
    before=$now
    [ "$failures" -lt "$LIVENESS_FAILURES" ] || break
  done
  if [ -z "$listening" ]; then problem="has not opened its port"; else problem="has not run"; fi
  echo "the server $problem for $failures checks: it is ended, and the engine starts it again" >&2
  kill -USR1 $$
}
watch &

# wait returns as soon as a signal has been handled; the server is then still stopping.
status=0
wait "$server" || status=$?
while kill -0 "$server" 2>/dev/null; do
  status=0
  wait "$server" || status=$?
done
exit "$status"
