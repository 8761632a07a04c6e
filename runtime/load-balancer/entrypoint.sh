# Runs Nginx and reloads it when the installed configuration or a certificate changes. The watcher is a child of Nginx, which
# is process 1 and gets the engine's signals itself.
watched() {
  readlink /etc/nginx/active-active/current
  cksum /etc/nginx/certificates/*.crt
}

(
  before=$(watched)
  while sleep 1; do
    now=$(watched)
    if [ "$now" != "$before" ]; then
      before=$now
      kill -HUP 1
    fi
  done
) &

exec nginx -c /etc/nginx/active-active/current/nginx.conf -g 'daemon off;'
