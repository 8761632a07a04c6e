#!/bin/sh
# Goes before the scripts that create schemas, which say how a database is asked: version_of DATABASE prints the version whose schema it
# has, nothing where it has no marker; note_version DATABASE writes SCHEMA_VERSION into its marker.
#   ENVIRONMENT     name of the environment, for messages
#   SCHEMA_VERSION  version of the servers, whose schema this must be
#   WAIT_SECONDS    how long the server may take to answer; 60 if not set
#   PURPOSE         "versions" only says which schema each database has; "note" only writes SCHEMA_VERSION into every marker
set -eu

fail() {
  echo "$*" >&2
  exit 1
}

# wait_again: after a try to reach the server that has failed; says no when the time is over. Often at first, since a new server is there
# within seconds; later seldom, since MySQL locks out whom it could not greet a hundred times.
tries=0
wait_again() {
  [ "$tries" -gt 0 ] || deadline=$(($(date +%s) + ${WAIT_SECONDS:-60}))
  [ "$(date +%s)" -lt "$deadline" ] || return 1
  if [ "$tries" -lt 20 ]; then sleep 0.2; else sleep 1; fi
  tries=$((tries + 1))
}

# The version of a database of our first release, whose marker has none. Where the scripts that made it are still those of the image, it
# has the image's.
version_before() {
  if [ -r /schema-scripts/version-before ]; then cat /schema-scripts/version-before; else echo unknown; fi
}

# answer_purpose FILE: does no more than PURPOSE asks for, where it asks for something. FILE names a database a line.
answer_purpose() {
  [ -n "${PURPOSE:-}" ] || return 0
  while read -r database _; do
    version=$(version_of "$database")
    [ -n "$version" ] || continue
    case $PURPOSE in
      versions) echo "$database has the schema of $version" ;;
      note) note_version "$database" ;;
    esac
  done <"$1"
  exit
}

# require_version FILE SERVER: refuses where a database has the schema of another version.
require_version() {
  others='' unnoted=''
  while read -r database _; do
    version=$(version_of "$database")
    case $version in
      '' | "$SCHEMA_VERSION") ;;
      unknown) unnoted="$unnoted $database" ;;
      *) others="$others $database ($version)" ;;
    esac
  done <"$1"
  if [ -n "$others" ]; then
    fail "the servers are of version $SCHEMA_VERSION, but on $2 these databases have the schema of another:$others. Nothing was" \
      "changed. Set the version back, or upgrade: make upgrade ENVIRONMENT=$ENVIRONMENT"
  fi
  if [ -n "$unnoted" ]; then
    fail "our first release created$unnoted, from other scripts than those of this image, so their version is not known. Nothing was" \
      "changed. Run \"make up\" with the version before once, or say which it is: make upgrade ENVIRONMENT=$ENVIRONMENT FROM=7.1.0"
  fi
}
