#!/bin/bash
# What `zkServer.sh start-foreground` comes to: one JVM that takes the shell's place.
set -e
[[ $1 == start-foreground ]] || { echo "here it is only started" >&2 && exit 2; }
# shellcheck disable=SC2086 # flags
exec java "-Dzookeeper.log.dir=$ZOO_LOG_DIR" -XX:+HeapDumpOnOutOfMemoryError '-XX:OnOutOfMemoryError=kill -9 %p' \
  -cp "/apache-zookeeper/lib/*:$ZOO_CONF_DIR" "-Xmx${ZK_SERVER_HEAP:-1000}m" $SERVER_JVMFLAGS $JVMFLAGS \
  org.apache.zookeeper.server.quorum.QuorumPeerMain "$ZOO_CONF_DIR/zoo.cfg"
