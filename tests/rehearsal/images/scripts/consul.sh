#!/bin/sh
# What the entrypoint of the consul image does: folders for an agent, and root gives itself up.
set -e
data=${CONSUL_DATA_DIR:-/consul/data}
config=${CONSUL_CONFIG_DIR:-/consul/config}
[ -z "$CONSUL_LOCAL_CONFIG" ] || echo "$CONSUL_LOCAL_CONFIG" >"$config/local.json"
case ${1:-} in -*) set -- consul "$@" ;; esac
if [ "$1" = agent ]; then
  shift
  set -- consul agent "-data-dir=$data" "-config-dir=$config" "$@"
elif consul --help "$1" 2>&1 | grep -q "consul $1"; then
  set -- consul "$@"
fi
if [ "$1" = consul ] && [ -z "${CONSUL_DISABLE_PERM_MGMT+x}" ] && [ "$(id -u)" = 0 ]; then
  chown -R 100:1000 "$data" "$config"
  exec setpriv --reuid=100 --regid=1000 --clear-groups "$@"
fi
exec "$@"
