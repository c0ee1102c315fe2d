# Small things that every part needs.

say() { echo "lab: $*" >&2; }
fail() { say "$*"; exit 1; }

as_root() { [ "$(id -u)" = 0 ] || fail 'the lab needs root: it makes namespaces and mounts'; }

must_be_up() { [ -f "$RUN/nodes" ] || fail 'the lab is down: run `lab up` first'; }

# One command at a time. Nothing that stays behind may inherit the lock; if something does, its owner is dead.
locked() {
  local end=$(($(date +%s) + 300)) owner
  mkdir -p "$LAB_DIR"
  exec 9>>"$LAB_DIR/lock"
  until flock -w 2 9; do
    owner=$(cat "$LAB_DIR/lock")
    [ "$(date +%s)" -lt "$end" ] || fail "another lab command has been running for five minutes: process $owner"
    if [ -z "$owner" ] || [ ! -d "/proc/$owner" ]; then
      rm -f "$LAB_DIR/lock"
      exec 9>>"$LAB_DIR/lock"
    fi
  done
  echo $$ >"$LAB_DIR/lock"
  "$@"
}

# The names of the nodes that are up, in order.
nodes() { cat "$RUN/nodes"; }

# in_each_node FUNCTION ARGS: FUNCTION NODE ARGS for every node at once; fails if one fails.
in_each_node() {
  local pids=() node pid failed=0
  for node in $(nodes); do
    "$1" "$node" "${@:2}" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
  return $failed
}

# wait_until SECONDS CMD...: tries until the command succeeds.
wait_until() {
  local end=$(($(date +%s) + $1))
  shift
  until "$@"; do
    [ "$(date +%s)" -lt "$end" ] || return 1
    sleep 0.05
  done
}

column_table() { sed 's/^# //' | awk -F'\t' '{ printf "%-22s %-17s %-9s %-5s %s\n", $1, $2, $3, $4, $5 }'; }
