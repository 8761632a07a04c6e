#!/bin/sh
# Goes before the scripts that look for secrets. Which file in /database-secrets is today's password of the servers' database login: two logins alternate, so that a new password
# leaves alone what nodes work with that are not replaced yet. Beside a file stands the revision that it was made for; the first
# login's has none from before there were two.
#   DATABASE_PASSWORD_FILE             name of the file of this revision
#   DATABASE_PASSWORD_REVISION  this revision
set -eu

# The file of a secret of the database.
database_secret() {
  if [ "$1" = DATABASE_PASSWORD ]; then echo "$DATABASE_PASSWORD_FILE"; else echo "$1"; fi
}

# The revision of a login's file; 0 where there is none.
revision_of() {
  if [ ! -s "/database-secrets/$1" ]; then
    echo 0
  elif [ -s "/database-secrets/$1.revision" ]; then
    cat "/database-secrets/$1.revision"
  elif [ "$1" = DATABASE_PASSWORD ]; then
    echo 1
  else
    echo 0
  fi
}

# Whether a secret of the database is there, and of this revision.
has_database_secret() {
  [ -s "/database-secrets/$(database_secret "$1")" ] || return 1
  [ "$1" != DATABASE_PASSWORD ] || [ "$(revision_of "$DATABASE_PASSWORD_FILE")" = "$DATABASE_PASSWORD_REVISION" ]
}
