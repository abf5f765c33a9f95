#!/bin/sh
# What the entrypoint of the redis and valkey images does: flags and files belong to the server, root gives itself up.
set -eu
server=redis-server
command -v valkey-server >/dev/null && server=valkey-server
case ${1:-} in
  -* | *.conf) set -- "$server" "$@" ;;
esac
case $1 in
  *-server)
    if [ "$(id -u)" = 0 ]; then
      find . \! -user 999 -exec chown 999 {} +
      exec setpriv --reuid=999 --regid=999 --clear-groups "$0" "$@"
    fi
    umask 0077
    ;;
esac
exec "$@"
