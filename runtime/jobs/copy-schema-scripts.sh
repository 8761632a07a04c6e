#!/bin/sh
# Copies the product's schema scripts out of its image, for the schema job that runs in the database's image.
#   SCHEMA_VERSION  version of the image's server
set -eu

sums() {
  (cd "$1" && find . -type f -exec sha256sum {} + | sort -k 2)
}

# Our first release did not note the version of what it created, but left the scripts here.
before=/schema-scripts/scripts-before
if [ ! -e "$before" ]; then
  if [ -d /schema-scripts/dbscripts ]; then sums /schema-scripts/dbscripts >"$before.new"; else : >"$before.new"; fi
  mv "$before.new" "$before"
fi

rm -rf /schema-scripts/dbscripts.new
cp -R "$WSO2_SERVER_HOME/dbscripts" /schema-scripts/dbscripts.new
chmod -R a+rX /schema-scripts/dbscripts.new
rm -rf /schema-scripts/dbscripts
mv /schema-scripts/dbscripts.new /schema-scripts/dbscripts
seal /schema-scripts dbscripts

# The same scripts, the same schema.
if [ "$(sums /schema-scripts/dbscripts)" = "$(cat "$before")" ]; then echo "$SCHEMA_VERSION" >/schema-scripts/version-before; fi
