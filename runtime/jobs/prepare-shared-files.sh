#!/bin/sh
# Fills the volume that all nodes share: each folder the first time with what the image has in it. From then on the volume counts.
#   FOLDERS       folders below the server's home
#   SERVER_OWNER  uid:gid of the server's user
set -eu

for folder in $FOLDERS; do
  shared=/shared-files/$(basename "$folder")
  [ -d "$shared" ] && continue
  rm -rf "$shared.new"
  mkdir "$shared.new"
  if [ -d "$WSO2_SERVER_HOME/$folder" ]; then cp -R "$WSO2_SERVER_HOME/$folder/." "$shared.new/"; fi
  mv "$shared.new" "$shared"
done
chown -R "$SERVER_OWNER" /shared-files
