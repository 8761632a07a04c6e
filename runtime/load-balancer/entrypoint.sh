# Runs Nginx, reloads it when the installed configuration or a certificate changes, and passes what it logs on to the container's output. Who
# takes that may be away, such as an engine or containerd while it is started again, and whoever prints into a full pipe waits. So Nginx logs into
# files, in memory, and only what passes them on waits. A large file is put aside; while the one before is still waiting, it begins anew, and
# what was in it is dropped. Process 1 is this shell: it hands the engine's signals on to Nginx, and ends when the last of its logs is passed on.
#   LOGS  folder of the files
rm -f /tmp/nginx.pid
# The configuration has this included where it is, which load balancers of earlier releases lack: these print by themselves.
ln -sf /etc/nginx/active-active/current/passed-on.conf /tmp/passed-on.conf
mkdir -p "$LOGS"
rm -f "$LOGS"/*
: >"$LOGS/requests.log"
: >"$LOGS/errors.log"

# Until Nginx has ended and all is taken. USR1 says that it has.
pass_on() {
  trap : USR1
  exec 3<"$1"
  while :; do
    last=no
    [ ! -e "$LOGS/ended" ] || last=yes
    cat <&3
    if [ -e "$1.before" ]; then
      # Some of Nginx' processes may not have begun the new file yet.
      sleep 1
      cat <&3
      exec 3<"$1"
      rm "$1.before"
      [ ! -e "$1.dropped" ] || echo "lines are missing here: for some time nobody took what the load balancer prints" >&2
      rm -f "$1.dropped"
    elif [ "$last" = yes ]; then
      return
    else
      sleep 0.5 &
      wait "$!"
    fi
  done
}
pass_on "$LOGS/requests.log" &
requests=$!
pass_on "$LOGS/errors.log" >&2 &
errors=$!

nginx -c /etc/nginx/active-active/current/nginx.conf -g 'daemon off;' &
nginx=$!
trap 'kill -QUIT "$nginx"' QUIT
trap 'kill -TERM "$nginx"' TERM
trap 'kill -INT "$nginx"' INT
trap 'kill -HUP "$nginx"' HUP

# Nginx writes its number down when no signal ends it by mistake any more.
tell() {
  kill "-$1" "$(cat /tmp/nginx.pid)"
}

put_aside() {
  find "$LOGS" -name '*.log' -size +8192k | while read -r log; do
    if [ -e "$log.before" ]; then
      : >"$log.dropped"
      : >"$log"
    else
      mv "$log" "$log.before"
      : >>"$log"
      tell USR1
    fi
  done
}

watched() {
  readlink /etc/nginx/active-active/current
  cksum /etc/nginx/certificates/*.crt
}

(
  before=$(watched)
  while sleep 1; do
    put_aside
    now=$(watched)
    if [ "$now" != "$before" ] && tell HUP; then before=$now; fi
  done
) &

# wait returns as soon as a signal has been handed on; Nginx is then still stopping.
status=0
wait "$nginx" || status=$?
while kill -0 "$nginx" 2>/dev/null; do
  status=0
  wait "$nginx" || status=$?
done

: >"$LOGS/ended"
kill -USR1 "$requests" "$errors"
# Not for ever, where nobody takes it.
(sleep 2 && kill "$requests" "$errors") 2>/dev/null &
wait "$requests" "$errors"
exit "$status"
