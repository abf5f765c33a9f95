#!/bin/sh
sh "$ROCKETMQ_HOME/bin/runserver.sh" org.apache.rocketmq.namesrv.NamesrvStartup "$@"
