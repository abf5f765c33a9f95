#!/bin/bash
# What Kafka's `kafka-server-start.sh` does: a heap of one GB unless told otherwise, then the server.
set -e
export KAFKA_HEAP_OPTS=${KAFKA_HEAP_OPTS:--Xmx1G -Xms1G}
# shellcheck disable=SC2086 # flags
exec "$(dirname "$0")/kafka-run-class.sh" ${EXTRA_ARGS:--name kafkaServer} kafka.Kafka "$@"
