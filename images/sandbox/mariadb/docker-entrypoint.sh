#!/usr/bin/env bash
# Starts MariaDB and, on an empty volume, first creates the database that the MYSQL_* variables describe,
# or MARIADB_*: the official image of MariaDB takes both.
set -Eeuo pipefail

# The volume is mounted at the data directory itself, so it cannot be renamed as a whole. The database is therefore made in a
# subdirectory and moved up, the system tables last: they alone decide whether a database exists, so a container killed in its
# first seconds starts again from nothing.
readonly data=/var/lib/mysql
readonly staging="$data/.initialising"
readonly socket=/var/run/mysqld/initialising.sock

fail() {
  echo "docker-entrypoint: $*" >&2
  exit 1
}

# Sets NAME from the file that NAME_FILE names, or to a default: secrets then need not stand in the container's environment.
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

# A text as an SQL literal, in a session that takes backslashes as they are.
quoted() {
  printf "'%s'" "${1//\'/\'\'}"
}

run_sql() {
  mariadb --protocol=socket --socket="$socket" --user=root --init-command="SET SESSION sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES')" "$@"
}

create_database() {
  local variable
  for variable in "${!MARIADB_@}"; do
    printf -v "MYSQL_${variable#MARIADB_}" '%s' "${!variable}"
  done
  read_setting MYSQL_ROOT_PASSWORD
  read_setting MYSQL_ROOT_HOST %
  read_setting MYSQL_DATABASE
  read_setting MYSQL_USER
  read_setting MYSQL_PASSWORD
  [[ -n "$MYSQL_ROOT_PASSWORD" ]] || fail 'set MYSQL_ROOT_PASSWORD or MYSQL_ROOT_PASSWORD_FILE: root must have a password'

  # Only what an interrupted attempt left is removed. Anything else without system tables is not ours to delete.
  if [[ -d "$staging" ]]; then
    echo 'docker-entrypoint: an earlier initialisation was interrupted; starting it again'
    find "$data" -mindepth 1 -maxdepth 1 ! -name lost+found -exec rm -rf {} +
  fi
  if [[ -n "$(find "$data" -mindepth 1 -maxdepth 1 ! -name lost+found -print -quit)" ]]; then
    fail "$data holds files but no system tables; mount an empty volume or one with a MariaDB database"
  fi
  mkdir -m 0700 "$staging"
  mariadb-install-db --datadir="$staging" --auth-root-authentication-method=normal --skip-test-db >/dev/null

  # Socket only: nobody can connect from outside before the database is complete, so an open port means a usable database.
  "$@" --datadir="$staging" --socket="$socket" --pid-file=/var/run/mysqld/initialising.pid --skip-networking &
  local server=$!
  for _ in $(seq 1 300); do
    run_sql --execute='SELECT 1' >/dev/null 2>&1 && break
    kill -0 "$server" 2>/dev/null || fail 'the server ended while the database was being created'
    sleep 0.1
  done

  {
    [[ -z "$MYSQL_DATABASE" ]] || echo "CREATE DATABASE \`${MYSQL_DATABASE//\`/\`\`}\`;"
    if [[ -n "$MYSQL_USER" ]]; then
      echo "CREATE USER $(quoted "$MYSQL_USER")@'%' IDENTIFIED BY $(quoted "$MYSQL_PASSWORD");"
      [[ -z "$MYSQL_DATABASE" ]] ||
        echo "GRANT ALL ON \`${MYSQL_DATABASE//\`/\`\`}\`.* TO $(quoted "$MYSQL_USER")@'%';"
    fi
  } | run_sql
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    case "$file" in
      *.sh) if [[ -x "$file" ]]; then "$file"; else source "$file"; fi ;;
      *.sql) run_sql ${MYSQL_DATABASE:+"$MYSQL_DATABASE"} <"$file" ;;
      *.sql.gz) gunzip --stdout "$file" | run_sql ${MYSQL_DATABASE:+"$MYSQL_DATABASE"} ;;
    esac
  done
  # The installation makes further root accounts, for the container's own names and without a password.
  run_sql --batch --skip-column-names --execute="SELECT CONCAT('DROP USER ', QUOTE(User), '@', QUOTE(Host), ';')
    FROM mysql.user WHERE (User = 'root' AND Host <> 'localhost') OR User = ''" | run_sql
  # Root's password last: until then the init files need none.
  {
    [[ "$MYSQL_ROOT_HOST" == localhost ]] ||
      echo "CREATE USER 'root'@$(quoted "$MYSQL_ROOT_HOST") IDENTIFIED BY $(quoted "$MYSQL_ROOT_PASSWORD");
            GRANT ALL ON *.* TO 'root'@$(quoted "$MYSQL_ROOT_HOST") WITH GRANT OPTION;"
    echo "ALTER USER 'root'@'localhost' IDENTIFIED BY $(quoted "$MYSQL_ROOT_PASSWORD");"
  } | run_sql
  kill -TERM "$server"
  wait "$server"

  find "$staging" -mindepth 1 -maxdepth 1 ! -name mysql -exec mv --target-directory="$data" {} +
  sync --file-system "$data"
  mv "$staging/mysql" "$data/mysql"
  echo 'docker-entrypoint: the database is complete'
}

if [[ "${1:-}" == -* ]]; then
  set -- mysqld "$@"
fi

if [[ "${1:-}" == mysqld || "${1:-}" == mariadbd ]]; then
  if [[ "$(id -u)" == 0 ]]; then
    find "$data" /var/run/mysqld ! -user mysql -exec chown mysql:mysql {} +
    exec setpriv --reuid=mysql --regid=mysql --init-groups "${BASH_SOURCE[0]}" "$@"
  fi
  [[ -d "$data/mysql" ]] || create_database "$@"
  rm -rf "$staging"
  # The server does not need them any more, and they would stand in /proc/1/environ.
  unset MYSQL_ROOT_PASSWORD MYSQL_PASSWORD MARIADB_ROOT_PASSWORD MARIADB_PASSWORD
fi

exec "$@"
