#!/bin/sh
# What `mqshutdown` does: finds the JVM by its main class, and sends it the signal that the shell above it swallows.
case ${1:-} in
  broker) class=org.apache.rocketmq.broker.BrokerStartup ;;
  namesrv) class=org.apache.rocketmq.namesrv.NamesrvStartup ;;
  proxy) class=org.apache.rocketmq.proxy.ProxyStartup ;;
  *) echo 'Usage: mqshutdown broker|namesrv|proxy' >&2 && exit 1 ;;
esac
# shellcheck disable=SC2009 # as the original does it, with its weaknesses
found=$(ps ax | grep -F "$class" | grep java | grep -v grep | awk '{ print $1 }')
[ -n "$found" ] || { echo "No ${1} running." && exit 1; }
echo "The ${1} ($found) is running..."
# shellcheck disable=SC2086 # numbers
kill $found
