#!/bin/sh
# Goes before run-mysql-schema.sh where the database server has a certificate of its own authority, which this client takes only
# as an option.
set -eu

mysql() {
  command mysql "$@" --ssl-ca=/database-authorities.pem
}
