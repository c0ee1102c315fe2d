#!/bin/sh
# Without _meta each host is asked for.
case $1 in
  --list) echo '{"app": {"hosts": ["a1", "a2"], "vars": {"x": 1}}, "both": {"children": ["app"]}}' ;;
  --host) echo "{\"asked\": \"$2\", \"x\": 2}" ;;
esac
