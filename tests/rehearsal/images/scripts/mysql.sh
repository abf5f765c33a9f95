#!/bin/bash
# What the entrypoint of the mysql image does: an empty data folder is prepared by a server that only its socket reaches,
# then the real one takes the shell's place. Accounts and scripts are made that once, never again.
set -eo pipefail
case ${1:-} in -*) set -- mysqld "$@" ;; esac
[[ $1 == mysqld ]] || exec "$@"
for name in MYSQL_ROOT_PASSWORD MYSQL_ROOT_HOST MYSQL_DATABASE MYSQL_USER MYSQL_PASSWORD; do
  file=${name}_FILE
  [[ -z ${!name:-} || -z ${!file:-} ]] || { echo "both $name and $file are set" >&2 && exit 1; }
  [[ -z ${!file:-} ]] || export "$name=$(cat "${!file}")"
done
# A configuration that the server does not understand ends here, on every start.
if ! told=$("$@" --verbose --help 2>&1 >/tmp/.variables); then
  printf 'mysqld failed while attempting to check config\n%s\n' "$told" >&2
  exit 1
fi
# From the table at the end of what it said, not from the descriptions above it.
variable() { awk -v name="$1" '/^-----/ { table = 1 } table && $1 == name { print $2; exit }' /tmp/.variables; }
datadir=$(variable datadir)
socket=$(variable socket)
rm -f /tmp/.variables
if [[ $(id -u) == 0 ]]; then
  find "$datadir" "${socket%/*}" \! -user mysql -exec chown mysql {} +
  exec setpriv --reuid=999 --regid=999 --clear-groups "$0" "$@"
fi

client() { mysql --defaults-extra-file=<(printf '[client]\npassword="%s"\n' "$password") --protocol=socket --socket="$socket" -uroot -hlocalhost --comments "$@"; }
# What init scripts that are sourced may call.
docker_process_sql() { client --database="${MYSQL_DATABASE:-mysql}" "$@"; }

prepare() {
  [[ -n ${MYSQL_ROOT_PASSWORD:-}${MYSQL_ALLOW_EMPTY_PASSWORD:-}${MYSQL_RANDOM_ROOT_PASSWORD:-} ]] || {
    echo 'Database is uninitialized and password option is not specified' >&2
    exit 1
  }
  [[ ${MYSQL_USER:-} != root ]] || { echo 'MYSQL_USER="root": root has its own variables' >&2 && exit 1; }
  "$@" --initialize-insecure --default-time-zone=SYSTEM --autocommit=1
  "$@" --daemonize --skip-networking --default-time-zone=SYSTEM --socket="$socket" --autocommit=1 --log-error="$datadir/first-start.log"
  password=
  [[ -n ${MYSQL_INITDB_SKIP_TZINFO:-} ]] || mysql_tzinfo_to_sql /usr/share/zoneinfo 2>/dev/null | client --database=mysql
  [[ -z ${MYSQL_RANDOM_ROOT_PASSWORD:-} ]] || MYSQL_ROOT_PASSWORD=$(openssl rand -base64 24)
  host=${MYSQL_ROOT_HOST:-%}
  {
    echo "SET @@SESSION.SQL_LOG_BIN=0;"
    echo "ALTER USER 'root'@'localhost' IDENTIFIED BY '$MYSQL_ROOT_PASSWORD';"
    echo "GRANT ALL ON *.* TO 'root'@'localhost' WITH GRANT OPTION;"
    if [[ $host != localhost ]]; then
      echo "CREATE USER 'root'@'$host' IDENTIFIED BY '$MYSQL_ROOT_PASSWORD';"
      echo "GRANT ALL ON *.* TO 'root'@'$host' WITH GRANT OPTION;"
    fi
    echo "FLUSH PRIVILEGES;"
    echo "DROP DATABASE IF EXISTS test;"
  } | client --database=mysql
  password=${MYSQL_ROOT_PASSWORD:-}
  [[ -z ${MYSQL_DATABASE:-} ]] || client --database=mysql -e "CREATE DATABASE IF NOT EXISTS \`$MYSQL_DATABASE\`;"
  if [[ -n ${MYSQL_USER:-} && -n ${MYSQL_PASSWORD:-} ]]; then
    docker_process_sql -e "CREATE USER '$MYSQL_USER'@'%' IDENTIFIED BY '$MYSQL_PASSWORD';"
    [[ -z ${MYSQL_DATABASE:-} ]] || docker_process_sql -e "GRANT ALL ON \`${MYSQL_DATABASE//_/\\_}\`.* TO '$MYSQL_USER'@'%';"
  fi
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sh)
        if [[ -x $file ]]; then
          "$file"
        else
          # shellcheck source=/dev/null
          . "$file"
        fi
        ;;
      *.sql) docker_process_sql <"$file" ;;
      *.sql.gz) gunzip -c "$file" | docker_process_sql ;;
      /docker-entrypoint-initdb.d/\*) ;;
      *) echo "ignoring $file" ;;
    esac
  done
  mysqladmin --defaults-extra-file=<(printf '[client]\npassword="%s"\n' "$password") --socket="$socket" -uroot shutdown
}
# This folder alone says that all was done, even where it was not.
[[ -d $datadir/mysql ]] || prepare "$@"
unset MYSQL_ROOT_PASSWORD_FILE
exec "$@"
