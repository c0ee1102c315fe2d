#!/bin/sh
# Says every few seconds that this node is alive.
while :; do
  echo "alive on $NODE" >/run/heartbeat
  sleep "$BEAT"
done
