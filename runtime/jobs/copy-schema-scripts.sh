#!/bin/sh
# Copies the product's schema scripts out of its image, for the schema job that runs in the database's image.
set -eu

rm -rf /schema-scripts/dbscripts.new
cp -R "$WSO2_SERVER_HOME/dbscripts" /schema-scripts/dbscripts.new
chmod -R a+rX /schema-scripts/dbscripts.new
rm -rf /schema-scripts/dbscripts
mv /schema-scripts/dbscripts.new /schema-scripts/dbscripts
