#!/bin/sh
# The first that runs in the servers' image: what jobs and nodes need must be in it, or nothing is begun.
#   IMAGE             its name, for messages
#   IMAGE_ENTRYPOINT  its own entry point, which the nodes run
#   IMAGE_PROGRAMS    programs that jobs and nodes call
#   IMAGE_TEMPLATE    template below the server's home, into whose host the nodes put a valve; unset where they put none
#   SERVER_OWNER      uid:gid as which the nodes run, whatever USER the image names; the official images name it by its number
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
# The server writes its configuration anew at every start, and folders as it works. Root's are what is left of a build that ends as root.
user=${SERVER_OWNER%:*} group=${SERVER_OWNER#*:}
closed=
if [ -z "${refused:-}" ] && [ -d "${WSO2_SERVER_HOME:-}" ]; then
  closed=$(find "$WSO2_SERVER_HOME" \( -type d -o -path "$WSO2_SERVER_HOME/repository/conf/*" \) \
    ! -user "$user" ! \( -group "$group" -perm -g=w \) ! -perm -o=w | head -n 1)
fi
if [ -n "$closed" ]; then
  echo "in the image $IMAGE user $user may not write $closed, and every node runs as $user:$group, also where the image's last USER is" \
    "root. Nothing was changed. Build it so that the server's files are that user's: COPY --chown=$user:$group, or at the end" \
    "RUN chown -R $user:$group \"\$WSO2_SERVER_HOME\" and USER $user" >&2
  refused=true
fi
[ -z "${refused:-}" ] || exit 1
