#!/bin/sh
cat <<'END'
{"cloud": {"hosts": ["c1", "c2"], "vars": {"zone": "eu", "n": 3}, "children": ["web"]},
 "plain": ["p1", "web1"],
 "lonely": {"note": "a host of this name"},
 "_meta": {"hostvars": {"c1": {"ansible_host": "10.0.0.7", "list": [1, "x"]}, "unknown": {"x": 1}}}}
END
