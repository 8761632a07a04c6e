#!/bin/sh
# Creates the databases and their schemas, each exactly once: the product's PostgreSQL scripts up to 7.1 drop every table when
# they run again. A database's scripts and the marker that they ran are one transaction, so an interrupted run leaves nothing
# behind. A database with content but without our marker is left alone; in one with our marker, what an earlier release of ours did
# wrong is put right.
#   DATABASE_HOST, DATABASE_PORT  where the server is; lists with commas where there are several
#   DATABASE_SERVERS  the same for messages, where there are several. PGTARGETSESSIONATTRS then has the client find the one that takes writes
#   ADMIN_ROLE    role that creates databases and roles
#   OWNER_ROLE    role that owns the schemas; nobody logs in with it
#   BASE_ROLE     role that has the rights of the identity servers: reads and writes rows, no DDL
#   RUNTIME_ROLE  role that they log in with: that one or, with every second password, a member of it
#   RUNTIME_PASSWORD_FILE  file with its password in /database-secrets
#   OTHER_ROLE, OTHER_PASSWORD_FILE  the same of the login before, which is locked as soon as its file is gone
#   CONNECTIONS   connections that the identity servers may open, and a reserve
#   DATABASES     one database a line: its name, then its scripts in order
# and what schema-version.sh takes, which goes before it.
set -eu

# The server notices a killed job at once and rolls back, instead of keeping the next run waiting.
PGOPTIONS='-c client_connection_check_interval=1000'
PGPASSWORD=$(cat /database-secrets/DATABASE_ADMIN_PASSWORD)
PGHOST=$DATABASE_HOST PGPORT=$DATABASE_PORT PGUSER=$ADMIN_ROLE
export PGOPTIONS PGPASSWORD PGHOST PGPORT PGUSER PGCONNECT_TIMEOUT=5
work=$(mktemp -d)
where=${DATABASE_SERVERS:-$DATABASE_HOST:$DATABASE_PORT}

# sql DATABASE [psql options]: runs standard input; psql substitutes :name, :owner, :base, :runtime, :other.
sql() {
  on=$1
  shift
  psql -XAtq -v ON_ERROR_STOP=1 -v owner="$OWNER_ROLE" -v base="$BASE_ROLE" -v runtime="$RUNTIME_ROLE" -v other="$OTHER_ROLE" \
    -d "$on" "$@"
}

until echo 'SELECT 1' | sql postgres >/dev/null 2>"$work/error"; do
  if grep -q 'password authentication failed' "$work/error"; then
    fail "the database server $where refuses the password of role $PGUSER"
  fi
  if grep -q 'authentication method requirement' "$work/error"; then
    fail "the database server $where asks for the password of role $PGUSER in clear text, which only a server gets whose certificate" \
      "is checked: set database.tls = \"verified\""
  fi
  wait_again || fail "no database server answers at $where for ${WAIT_SECONDS:-60} s: $(cat "$work/error")"
done

# From here on that server alone: a standby may not have a database yet that was just created, and the client asks no other then.
if [ -n "${DATABASE_SERVERS:-}" ]; then
  printf '%s\n' '\echo :HOST :PORT' | sql postgres >"$work/server"
  read -r PGHOST PGPORT <"$work/server"
fi

echo "$DATABASES" >"$work/databases"

before=$(version_before)

# The version whose schema a database has: nothing where there is no marker.
version_of() {
  exists=$(echo "SELECT count(*) FROM pg_database WHERE datname = :'name'" | sql postgres -v name="$1")
  [ "$exists" = 1 ] || return 0
  sql "$1" -v before="$before" <<'SQL'
SELECT to_regclass('public.active_active_schema') IS NOT NULL AS marked \gset
\if :marked
SELECT coalesce(max(to_jsonb(marker) ->> 'version'), :'before') FROM active_active_schema marker;
\endif
SQL
}

note_version() {
  sql "$1" -v version="$SCHEMA_VERSION" <<'SQL'
SET client_min_messages = warning;
SET ROLE :"owner";
BEGIN;
ALTER TABLE active_active_schema ADD COLUMN IF NOT EXISTS version text;
UPDATE active_active_schema SET version = :'version';
COMMIT;
SQL
}

answer_purpose "$work/databases"
require_version "$work/databases" "$where"

limit=$(echo "SELECT current_setting('max_connections')" | sql postgres)
if [ "$limit" -lt "$CONNECTIONS" ]; then
  fail "the database server $where allows $limit connections, but the pools of all nodes and a reserve need" \
    "$CONNECTIONS: raise its max_connections, or set a smaller database.pool_size"
fi

sql postgres <<'SQL'
SET client_min_messages = warning;
SELECT format('CREATE ROLE %I NOLOGIN', :'owner') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'owner') \gexec
SELECT format('CREATE ROLE %I NOLOGIN', :'base') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'base') \gexec
GRANT :"owner" TO CURRENT_USER;
SQL

# repair DATABASE SCRIPT: whoever waits for a lock keeps others waiting, so it does not wait for long.
repair() {
  cat >"$work/repair.sql" <<'SQL'
SET LOCAL ROLE :"owner";
SET LOCAL lock_timeout = '10s';
SQL
  sql "$1" --single-transaction -f "$work/repair.sql" -f "$2" >"$work/output" 2>"$work/error" || {
    cat "$work/error" >&2
    fail "the repair of database $1 failed and was rolled back. Run again when the cause is gone"
  }
  sed "s/^/$1: /" "$work/output"
}

# Both logins have their rights from the base. A role of that name that has not is somebody else's.
belongs() {
  [ "$1" = "$BASE_ROLE" ] ||
    [ "$(echo "SELECT pg_has_role(:'name', :'base', 'member')" | sql postgres -v name="$1")" = t ]
}

exists() {
  [ "$(echo "SELECT count(*) FROM pg_roles WHERE rolname = :'name'" | sql postgres -v name="$1")" = 1 ]
}

sessions_of() {
  echo "SELECT count(*) FROM pg_stat_activity WHERE usename = :'name'" | sql postgres -v name="$1"
}

# Whether the role can log in with the password that the nodes have.
logs_in() {
  PGPASSWORD=$(cat "/database-secrets/$RUNTIME_PASSWORD_FILE") psql -XAtq -U "$RUNTIME_ROLE" -d postgres -c 'SELECT 1' >/dev/null 2>&1
}

if ! exists "$RUNTIME_ROLE"; then
  echo 'CREATE ROLE :"runtime" NOLOGIN IN ROLE :"base"' | sql postgres
elif ! belongs "$RUNTIME_ROLE"; then
  fail "the database server $where has a role $RUNTIME_ROLE that is not this environment's; nothing was changed." \
    "Set another database.username, or remove that role"
fi
if ! logs_in; then
  sessions=$(sessions_of "$RUNTIME_ROLE")
  if [ "$sessions" != 0 ]; then
    fail "role $RUNTIME_ROLE has $sessions connections with another password than the one in /database-secrets/$RUNTIME_PASSWORD_FILE: a new one" \
      "would cut their owners off. Raise database.password_revision by one: then the nodes change to the other role, one by one"
  fi
  # psql makes the verifier that the server keeps (RFC 5803): neither the connection nor the server's log sees the password. Without a
  # terminal it takes the two answers from standard input, so no process list shows it either.
  password=$(cat "/database-secrets/$RUNTIME_PASSWORD_FILE")
  printf '%s\n%s\n' "$password" "$password" |
    sql postgres -c "SET password_encryption = 'scram-sha-256'" -c "\\password \"$RUNTIME_ROLE\"" >/dev/null 2>"$work/error" || {
    cat "$work/error" >&2
    fail "the database server $where takes no SCRAM verifier as the password of role $RUNTIME_ROLE. If a rule for passwords forbids it," \
      "have role $RUNTIME_ROLE given the password by its administrators, with LOGIN, and run again: what logs in is left as it is"
  }
  echo 'ALTER ROLE :"runtime" LOGIN' | sql postgres
fi
if [ ! -e "/database-secrets/$OTHER_PASSWORD_FILE" ] && exists "$OTHER_ROLE" && belongs "$OTHER_ROLE"; then
  [ "$(sessions_of "$OTHER_ROLE")" = 0 ] || fail "role $OTHER_ROLE has connections still; it was not locked"
  echo 'ALTER ROLE :"other" NOLOGIN PASSWORD NULL' | sql postgres
fi

while read -r database scripts; do
  exists=$(echo "SELECT count(*) FROM pg_database WHERE datname = :'name'" | sql postgres -v name="$database")
  if [ "$exists" = 0 ]; then
    echo 'CREATE DATABASE :"name" OWNER :"owner" ENCODING UTF8 TEMPLATE template0' | sql postgres -v name="$database"
  fi

  marked=$(echo "SELECT to_regclass('public.active_active_schema') IS NOT NULL" | sql "$database")
  if [ "$marked" = t ]; then
    for script in $scripts; do
      [ ! -r "/schema-repairs/${script#/schema-fixes/}" ] || repair "$database" "/schema-repairs/${script#/schema-fixes/}"
    done
    note_version "$database"
    echo "$database: schema is there, left unchanged"
    continue
  fi
  foreign=$(
    sql "$database" <<'SQL'
SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind IN ('r', 'p', 'v', 'm', 'S') AND nspname !~ '^pg_' AND nspname <> 'information_schema'
SQL
  )
  if [ "$foreign" != 0 ]; then
    fail "database $database on $where holds $foreign tables, views or sequences that were not created here;" \
      "nothing was changed. Give the environment an empty database, or set database.schema = \"manual\" if the schema is complete"
  fi

  set -- -f "$work/before.sql"
  for script in $scripts; do
    [ -r "$script" ] || fail "the identity server's image has no ${script#/schema-scripts/}: nothing of $database was created"
    set -- "$@" -f "$script"
  done
  cat >"$work/before.sql" <<'SQL'
SET LOCAL ROLE :"owner";
SQL
  cat >"$work/after.sql" <<'SQL'
CREATE TABLE active_active_schema (scripts text NOT NULL, version text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
INSERT INTO active_active_schema (scripts, version) VALUES (:'scripts', :'version');
GRANT USAGE ON SCHEMA public TO :"base";
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :"base";
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO :"base";
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO :"base";
SQL
  sql "$database" -v scripts="$scripts" -v version="$SCHEMA_VERSION" --single-transaction "$@" -f "$work/after.sql" >"$work/output" 2>&1 || {
    cat "$work/output" >&2
    fail "the schema of database $database failed and was rolled back; nothing of it remains"
  }
  echo "$database: schema created"
done <"$work/databases"
