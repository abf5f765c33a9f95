#!/bin/sh
# What `runserver.sh` and `runbroker.sh` of the image do: a heap of their own, JAVA_OPT_EXT after it, and a JVM as a child.
heap=${HEAP_OPTS:--Xms1g -Xmx1g -Xmn512M}
opens='--add-exports java.base/jdk.internal.ref=ALL-UNNAMED --add-opens java.base/java.nio=ALL-UNNAMED --add-opens java.base/sun.nio.ch=ALL-UNNAMED'
# shellcheck disable=SC2086 # flags
java $heap -XX:+UseG1GC -XX:-OmitStackTraceInFastThrow $opens ${JAVA_OPT:-} ${JAVA_OPT_EXT:-} \
  -cp ".:../conf:../lib/*" "$@"
