#!/bin/sh
# Checks the new Nginx configuration with the Nginx that will run it and puts it in place in one step. The running load balancer
# sees the change and reloads; a configuration that Nginx refuses changes nothing.
#   REVISION    content hash of the configuration
#   STATUS_URL  where the running load balancer names the revision that it serves
set -eu

root=/etc/nginx/active-active
# Installed again, it gets another name: the load balancer reloads when the name changes, and may have loaded what was changed by hand.
installed=revisions/$REVISION
[ "$(readlink "$root/current")" != "$installed" ] || installed=$installed.again
mkdir -p "$root/revisions"
rm -rf "$root/$installed.new"
cp -R /candidate "$root/$installed.new"
chmod -R a+rX "$root/$installed.new"
nginx -t -q -c "$root/$installed.new/nginx.conf"
rm -rf "${root:?}/$installed"
mv "$root/$installed.new" "$root/$installed"
ln -sfn "$installed" "$root/current.new"
mv -T "$root/current.new" "$root/current"
seal "$root" "$installed"

# Nobody answers before the load balancer's first start; after it, done means served.
waited=0
while served=$(curl -fsS --connect-timeout 1 -m 2 "$STATUS_URL" 2>/dev/null); do
  case $served in *"\"$REVISION\""*) break ;; esac
  if [ "$waited" -ge 20 ]; then
    echo "the load balancer did not take over revision $REVISION within $waited s; see its log" >&2
    exit 1
  fi
  sleep 1
  waited=$((waited + 1))
done

# The one before stays, for a look at what changed; older ones go.
ls -t "$root/revisions" | tail -n +3 | while read -r old; do rm -rf "${root:?}/revisions/$old"; done
