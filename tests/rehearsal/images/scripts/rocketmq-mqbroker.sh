#!/bin/sh
HEAP_OPTS=${HEAP_OPTS:--Xms2g -Xmx2g -Xmn1g -XX:MaxDirectMemorySize=1g} sh "$ROCKETMQ_HOME/bin/runserver.sh" org.apache.rocketmq.broker.BrokerStartup "$@"
