#!/bin/sh
# Creates the databases and their schemas in MySQL or MariaDB, each exactly once. These cannot roll back DDL: a marker is
# written before the first script and completed after the last, so an interrupted run is recognised, and a person decides what
# becomes of it. A database with content but without our marker is left alone. Nothing is ever dropped.
#   DATABASE_HOST, DATABASE_PORT  where the server is
#   DATABASE_SERVERS  instead: host:port of each server of a database that fails over, one of which takes writes
#   STANDBYS      what becomes of the others: "passed over", or "refused", where the servers' driver could not tell them apart
#   ADMIN_ROLE    account that creates databases and accounts and runs the scripts
#   RUNTIME_ROLE  account of the identity servers: reads and writes rows, no DDL; two alternate, with every new password
#   RUNTIME_PASSWORD_FILE  file with its password in /database-secrets
#   OTHER_ROLE, OTHER_PASSWORD_FILE  the same of the account before, which is locked as soon as its file is gone
#   CONNECTIONS   connections that the identity servers may open, and a reserve
#   DATABASES     one database a line: its name, then its scripts in order
# and what schema-version.sh takes, which goes before it.
#   TLS           off, required or verified
#   AUTHORITIES   file with the authorities of the server's certificate; those that the client knows if not set
set -eu

# The client warns of a password in its environment, but every other way shows it in the process list or needs it quoted.
MYSQL_PWD=$(cat /database-secrets/DATABASE_ADMIN_PASSWORD)
export MYSQL_PWD
work=$(mktemp -d)
where=${DATABASE_SERVERS:-$DATABASE_HOST:$DATABASE_PORT}

# Images of MariaDB have the client under its own name, since 11 under no other.
client=mysql
if command -v mariadb >/dev/null; then client=mariadb; fi

case $($client --version):$TLS in
  *MariaDB*:off) tls='--skip-ssl' ;;
  *MariaDB*:required) tls='--ssl --skip-ssl-verify-server-cert' ;;
  *MariaDB*:verified) tls='--ssl --ssl-verify-server-cert' ;;
  *:off) tls='--ssl-mode=DISABLED --get-server-public-key' ;;
  *:required) tls='--ssl-mode=REQUIRED' ;;
  *:verified) tls='--ssl-mode=VERIFY_IDENTITY' ;;
  *) fail "TLS is \"$TLS\"; allowed: off, required, verified" ;;
esac

# sql [options]: runs standard input.
sql() {
  # shellcheck disable=SC2086
  $client --no-defaults --batch --skip-column-names --default-character-set=utf8mb4 --connect-timeout=5 --protocol=tcp $tls \
    ${AUTHORITIES:+--ssl-ca="$AUTHORITIES"} --host="$DATABASE_HOST" --port="$DATABASE_PORT" --user="$ADMIN_ROLE" "$@"
}

# A text as an SQL literal.
quoted() {
  printf "'%s'" "$(printf '%s' "$1" | sed -e 's/\\/\\\\/g' -e "s/'/''/g")"
}

# Whether a server answers; of several, DATABASE_HOST and DATABASE_PORT are then those of the one that takes writes.
answers() {
  [ -n "${DATABASE_SERVERS:-}" ] || {
    echo 'SELECT 1' | sql >/dev/null 2>"$work/error"
    return
  }
  writable='' standbys=''
  for server in $DATABASE_SERVERS; do
    DATABASE_HOST=$(echo "${server%:*}" | tr -d '[]') DATABASE_PORT=${server##*:}
    case $(echo 'SELECT @@GLOBAL.read_only' | sql 2>>"$work/error") in
      '') ;;
      0 | OFF) writable=${writable:-$server} ;;
      *) standbys="$standbys $server" ;;
    esac
  done
  if [ "$STANDBYS" = refused ] && [ -n "$standbys" ]; then
    fail "database.hosts:$standbys takes no writes, but MySQL's driver would use it: it takes the first host that answers." \
      "Name hosts that all lead to the server that takes writes, such as MySQL Routers"
  fi
  if [ -z "$writable" ]; then
    [ -z "$standbys" ] || echo "no server takes writes:$standbys answers, but is read-only" >>"$work/error"
    return 1
  fi
  DATABASE_HOST=$(echo "${writable%:*}" | tr -d '[]') DATABASE_PORT=${writable##*:}
}

until : >"$work/error" && answers; do
  if grep -q 'Access denied' "$work/error"; then
    fail "the database server $where refuses the password of account $ADMIN_ROLE"
  fi
  wait_again || fail "no database server answers at $where for ${WAIT_SECONDS:-60} s: $(cat "$work/error")"
done

echo "$DATABASES" >"$work/databases"

# Whether the marker of a database has this column.
marker_has() {
  echo "SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = $(quoted "$1")
    AND TABLE_NAME = 'active_active_schema' AND COLUMN_NAME = '$2'" | sql | grep -qx 1
}

before=$(version_before)

# The version whose schema a database has: nothing where there is no marker.
version_of() {
  if marker_has "$1" version; then
    echo "SELECT COALESCE(MAX(version), '$before') FROM active_active_schema" | sql "$1"
  elif marker_has "$1" scripts; then
    echo "$before"
  fi
}

note_version() {
  marker_has "$1" version || echo 'ALTER TABLE active_active_schema ADD version VARCHAR(50)' | sql "$1"
  echo "UPDATE active_active_schema SET version = $(quoted "$SCHEMA_VERSION")" | sql "$1"
}

answer_purpose "$work/databases"
require_version "$work/databases" "$where"

limit=$(echo 'SELECT @@GLOBAL.max_connections' | sql)
if [ "$limit" -lt "$CONNECTIONS" ]; then
  fail "the database server $where allows $limit connections, but the pools of all nodes and a reserve need $CONNECTIONS:" \
    "raise its max_connections, or set a smaller database.pool_size"
fi

account="$(quoted "$RUNTIME_ROLE")@'%'"
other="$(quoted "$OTHER_ROLE")@'%'"

exists() {
  [ "$(echo "SELECT COUNT(*) FROM mysql.user WHERE User = $(quoted "$1") AND Host = '%'" | sql)" = 1 ]
}

sessions_of() {
  echo "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = $(quoted "$1")" | sql
}

# An account that has rights, and none on a database of ours, is somebody else's.
belongs() {
  granted=$(
    echo "SELECT DISTINCT REPLACE(TABLE_SCHEMA, CHAR(92), '') FROM information_schema.SCHEMA_PRIVILEGES WHERE GRANTEE = CONCAT('''', $(quoted "$1"), '''@''%''')" | sql
  )
  [ -n "$granted" ] || return 0
  echo "$DATABASES" | while read -r database _; do
    ! echo "$granted" | grep -qxF "$database" || echo ours
  done | grep -q ours
}

# Whether the account can log in with the password that the nodes have.
logs_in() {
  echo 'SELECT 1' | MYSQL_PWD=$(cat "/database-secrets/$RUNTIME_PASSWORD_FILE") sql --user="$RUNTIME_ROLE" >/dev/null 2>&1
}

sha1() {
  sha1sum | cut -d ' ' -f 1
}

# Hexadecimal digits as bytes.
bytes() {
  for byte in $(printf '%s' "$1" | sed 's/../& /g'); do
    # shellcheck disable=SC2059
    printf "\\$(printf '%03o' "0x$byte")"
  done
}

# MariaDB takes what it keeps of a password in its place, so neither the connection nor a log sees the password. What MySQL keeps only its
# server can make; it is told the password, which it leaves out of its logs, and for a server elsewhere the configuration demands TLS.
password=$(cat "/database-secrets/$RUNTIME_PASSWORD_FILE")
case $(echo 'SELECT VERSION()' | sql) in
  *MariaDB*)
    once=$(printf '%s' "$password" | sha1)
    identified="PASSWORD '*$(bytes "$once" | sha1 | tr a-f A-F)'"
    ;;
  *) identified=$(quoted "$password") ;;
esac

if ! exists "$RUNTIME_ROLE"; then
  # Not echo: the shell's would take the backslashes for its own.
  printf 'CREATE USER %s IDENTIFIED BY %s;\n' "$account" "$identified" | sql
elif ! belongs "$RUNTIME_ROLE"; then
  fail "the database server $where has an account $RUNTIME_ROLE that is not this environment's; nothing was changed." \
    "Set another database.username, or remove that account"
elif ! logs_in; then
  sessions=$(sessions_of "$RUNTIME_ROLE")
  if [ "$sessions" != 0 ]; then
    fail "account $RUNTIME_ROLE has $sessions connections with another password than the one in /database-secrets/$RUNTIME_PASSWORD_FILE: a new one" \
      "would cut their owners off. Raise database.password_revision by one: then the nodes change to the other account, one by one"
  fi
  printf 'ALTER USER %s IDENTIFIED BY %s ACCOUNT UNLOCK;\n' "$account" "$identified" | sql
fi
if [ ! -e "/database-secrets/$OTHER_PASSWORD_FILE" ] && exists "$OTHER_ROLE" && belongs "$OTHER_ROLE"; then
  [ "$(sessions_of "$OTHER_ROLE")" = 0 ] || fail "account $OTHER_ROLE has connections still; it was not locked"
  echo "ALTER USER $other ACCOUNT LOCK" | sql
fi

# In a grant, "_" stands for any character.
grant() {
  # shellcheck disable=SC2016
  printf 'GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE ON `%s`.* TO %s;\n' \
    "$(printf '%s' "$1" | sed 's/_/\\_/g')" "$account" | sql
}

while read -r database scripts; do
  for script in $scripts; do
    [ -r "$script" ] || fail "the identity server's image has no ${script#/schema-scripts/}: nothing of $database was created"
  done

  charset=$(
    echo "SELECT DEFAULT_CHARACTER_SET_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = $(quoted "$database")" | sql
  )
  if [ -z "$charset" ]; then
    echo "CREATE DATABASE \`$database\` CHARACTER SET latin1 COLLATE latin1_swedish_ci" | sql
    charset=latin1
  fi

  tables=$(
    echo "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = $(quoted "$database")" | sql
  )
  if echo "$tables" | grep -qx active_active_schema; then
    completed=$(echo 'SELECT COUNT(*) FROM active_active_schema WHERE completed_at IS NOT NULL' | sql "$database")
    if [ "$completed" = 0 ]; then
      fail "database $database on $where: an earlier run stopped in the middle of the scripts, and this server cannot roll" \
        "them back. Nothing was changed now. It holds that incomplete schema and nothing else: remove it yourself with" \
        "DROP DATABASE \`$database\` and run again"
    fi
    grant "$database"
    note_version "$database"
    echo "$database: schema is there, left unchanged"
    continue
  fi
  if [ -n "$tables" ]; then
    fail "database $database on $where holds $(echo "$tables" | wc -l) tables or views that were not created here;" \
      "nothing was changed. Give the environment an empty database, or set database.schema = \"manual\" if the schema is complete"
  fi
  if [ "$charset" != latin1 ]; then
    fail "database $database on $where has the character set $charset, with which the product's indexes are too long;" \
      "nothing was changed. Create it with CHARACTER SET latin1 COLLATE latin1_swedish_ci"
  fi

  sql "$database" <<SQL
CREATE TABLE active_active_schema (
  scripts VARCHAR(1000) NOT NULL, version VARCHAR(50) NOT NULL, started_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, completed_at TIMESTAMP NULL
);
INSERT INTO active_active_schema (scripts, version) VALUES ($(quoted "$scripts"), $(quoted "$SCHEMA_VERSION"));
SQL
  for script in $scripts; do
    sql "$database" <"$script" >"$work/output" 2>&1 || {
      cat "$work/output" >&2
      fail "the schema of database $database failed in ${script##*/schema-scripts/}, and this server cannot roll it back." \
        "When the cause is fixed, remove what is there with DROP DATABASE \`$database\` and run again"
    }
  done
  grant "$database"
  echo 'UPDATE active_active_schema SET completed_at = CURRENT_TIMESTAMP' | sql "$database"
  echo "$database: schema created"
done <"$work/databases"
