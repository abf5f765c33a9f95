#!/bin/bash
# What Kafka's `kafka-run-class.sh` comes to: one JVM that takes the shell's place.
set -e
while [[ ${1:-} == -* ]]; do
  [[ $1 != -name ]] || shift
  shift
done
tuning='-server -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35 -XX:+ExplicitGCInvokesConcurrent -Djava.awt.headless=true'
# shellcheck disable=SC2086 # flags
exec java ${KAFKA_HEAP_OPTS:--Xmx256M} ${KAFKA_JVM_PERFORMANCE_OPTS:-$tuning} ${KAFKA_JMX_OPTS:-} \
  "-Dkafka.logs.dir=${LOG_DIR:-/opt/kafka/logs}" ${KAFKA_LOG4J_OPTS:-} -cp '/opt/kafka/libs/*' ${KAFKA_OPTS:-} "$@"
