#!/bin/sh
# The first that runs in the servers' image: what jobs and nodes need must be in it, or nothing is begun.
#   IMAGE             its name, for messages
#   IMAGE_ENTRYPOINT  its own entry point, which the nodes run
#   IMAGE_PROGRAMS    programs that jobs and nodes call
#   IMAGE_TEMPLATE    template below the server's home, into whose host the nodes put a valve; unset where they put none
set -eu

lacks=
for program in $IMAGE_PROGRAMS; do
  command -v "$program" >/dev/null || lacks="$lacks $program"
done
if [ -n "$lacks" ]; then
  echo "the image $IMAGE lacks:$lacks. Nothing was changed. Use an image that has them, such as the official ones on Ubuntu;" \
    "those on Alpine have neither curl nor openssl" >&2
  refused=true
fi
if [ ! -x "$IMAGE_ENTRYPOINT" ]; then
  echo "the image $IMAGE has no entry point $IMAGE_ENTRYPOINT; is it one of identity_server.distribution? Nothing was changed" >&2
  refused=true
fi
if [ -n "${IMAGE_TEMPLATE:-}" ] && ! grep -qs '<Host ' "${WSO2_SERVER_HOME:-}/$IMAGE_TEMPLATE"; then
  echo "the image $IMAGE has no $IMAGE_TEMPLATE with a <Host ...>, in which nodes refuse strangers; is it one of" \
    "identity_server.distribution? Nothing was changed" >&2
  refused=true
fi
[ -z "${refused:-}" ] || exit 1
