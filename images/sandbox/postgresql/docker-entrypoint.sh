#!/usr/bin/env bash
# Starts PostgreSQL and, on an empty volume, first creates the cluster described by the POSTGRES_* variables.
set -Eeuo pipefail

# The volume is mounted at PGDATA itself, so the directory cannot be renamed as a whole. The cluster is therefore made
# in a subdirectory and moved up file by file, PG_VERSION last: that file alone decides whether a cluster exists.
# Without this, a container killed in its first seconds leaves a cluster that looks complete but lacks its roles and
# databases, and every later start would accept it.
readonly staging="$PGDATA/.initialising"

fail() {
  echo "docker-entrypoint: $*" >&2
  exit 1
}

# Sets NAME from the file that NAME_FILE names, or to a default: secrets then need not stand in the container's
# environment.
read_setting() {
  local name="$1" default="${2-}" file_variable="${1}_FILE"
  if [[ -n "${!name:-}" && -n "${!file_variable:-}" ]]; then
    fail "both $name and $file_variable are set; set only one of them"
  fi
  if [[ -n "${!file_variable:-}" ]]; then
    [[ -r "${!file_variable}" ]] || fail "$file_variable names '${!file_variable}', which user $(id -u) cannot read"
    printf -v "$name" '%s' "$(<"${!file_variable}")"
  elif [[ -z "${!name:-}" ]]; then
    printf -v "$name" '%s' "$default"
  fi
  unset "$file_variable"
}

run_sql() {
  psql --no-psqlrc --no-password --quiet -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "${1}" "${@:2}"
}

run_init_files() {
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    case "$file" in
      *.sh)
        echo "docker-entrypoint: running $file"
        if [[ -x "$file" ]]; then "$file"; else source "$file"; fi
        ;;
      *.sql)
        echo "docker-entrypoint: running $file"
        run_sql "$POSTGRES_DB" --file "$file"
        ;;
      *.sql.gz)
        echo "docker-entrypoint: running $file"
        gunzip --stdout "$file" | run_sql "$POSTGRES_DB"
        ;;
    esac
  done
}

create_cluster() {
  read_setting POSTGRES_PASSWORD
  read_setting POSTGRES_USER postgres
  read_setting POSTGRES_DB "$POSTGRES_USER"
  read_setting POSTGRES_INITDB_ARGS
  export POSTGRES_USER POSTGRES_DB
  [[ -n "$POSTGRES_PASSWORD" ]] || fail 'set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE: the superuser needs a password'

  # Only what an interrupted attempt left is removed. Anything else without PG_VERSION is not ours to delete.
  if [[ -d "$staging" ]]; then
    echo 'docker-entrypoint: an earlier initialisation was interrupted; starting it again'
    find "$PGDATA" -mindepth 1 -maxdepth 1 ! -name lost+found ! -path "$staging" -exec rm -rf {} +
    rm -rf "$staging"
  fi
  if [[ -n "$(find "$PGDATA" -mindepth 1 -maxdepth 1 ! -name lost+found -print -quit)" ]]; then
    fail "$PGDATA holds files but no PG_VERSION; mount an empty volume or one with a PostgreSQL 17 cluster"
  fi
  mkdir -m 0700 "$staging"

  # Word splitting is the documented contract of POSTGRES_INITDB_ARGS.
  # shellcheck disable=SC2086
  initdb --pgdata="$staging" --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") \
    --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 $POSTGRES_INITDB_ARGS
  printf '\nhost all all all scram-sha-256\n' >> "$staging/pg_hba.conf"

  # Socket only: nobody can connect from outside before the cluster is complete, so an open port means a usable
  # database.
  pg_ctl --pgdata="$staging" --silent --wait --options="-c listen_addresses=''" start
  trap 'pg_ctl --pgdata="$staging" --silent --mode=immediate stop || true' ERR
  if [[ "$POSTGRES_DB" != postgres ]]; then
    run_sql postgres -v database="$POSTGRES_DB" <<<'CREATE DATABASE :"database";'
  fi
  # Init scripts may connect as any client would; the password goes to them alone.
  PGPASSWORD="$POSTGRES_PASSWORD" run_init_files
  trap - ERR
  pg_ctl --pgdata="$staging" --silent --wait --mode=fast stop

  find "$staging" -mindepth 1 -maxdepth 1 ! -name PG_VERSION -exec mv --target-directory="$PGDATA" {} +
  chmod 0700 "$PGDATA" 2>/dev/null || true
  sync --file-system "$PGDATA"
  mv "$staging/PG_VERSION" "$PGDATA/PG_VERSION"
  echo 'docker-entrypoint: the cluster is complete'
}

if [[ "${1:-}" == -* ]]; then
  set -- postgres "$@"
fi

if [[ "${1:-}" == postgres ]]; then
  if [[ "$(id -u)" == 0 ]]; then
    mkdir -p "$PGDATA"
    find "$PGDATA" /var/run/postgresql ! -user postgres -exec chown postgres:postgres {} +
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$BASH_SOURCE" "$@"
  fi
  if [[ ! -s "$PGDATA/PG_VERSION" ]]; then
    create_cluster
  fi
  rm -rf "$staging"
  # The server does not need them any more, and they would stand in /proc/1/environ.
  unset POSTGRES_PASSWORD PGPASSWORD
fi

exec "$@"
