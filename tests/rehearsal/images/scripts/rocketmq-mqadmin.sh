#!/bin/sh
# What `mqadmin` and `tools.sh` do: a JVM with a GiB of its own, behind what JAVA_OPT says.
opens='--add-exports java.base/jdk.internal.ref=ALL-UNNAMED --add-opens java.base/java.nio=ALL-UNNAMED --add-opens java.base/sun.nio.ch=ALL-UNNAMED'
# shellcheck disable=SC2086 # flags
java ${JAVA_OPT:-} -server -Xms1g -Xmx1g -Xmn256m $opens -cp ".:../conf:../lib/*" org.apache.rocketmq.tools.command.MQAdminStartup "$@"
