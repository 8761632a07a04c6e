# Passes the access log on to the container's output. Who reads that may be away, such as containerd while it is started again, and a full pipe
# would stop whoever writes into it. So Nginx writes into a file, and only this waits. A file that is large is put aside, and what of it nobody
# has taken by then is dropped.
#   REQUESTS  the access log
rm -f "$REQUESTS" "$REQUESTS.before"
(
  : > "$REQUESTS"
  tail -n +1 -f "$REQUESTS" &
  while sleep 5; do
    if [ "$(wc -c < "$REQUESTS")" -gt 8388608 ]; then
      mv "$REQUESTS" "$REQUESTS.before"
      # Nginx begins a new one.
      kill -USR1 1
      # For the rest of the old one, which is still read.
      sleep 2
      kill $!
      : >> "$REQUESTS"
      tail -n +1 -f "$REQUESTS" &
    fi
  done
) &
