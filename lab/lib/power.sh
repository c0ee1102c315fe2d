# Power and cables. What a guest has on its disk lives in its mount namespace: something has to stay in there.

lab_power() {
  local node=${2:-}
  grep -qsx "$node" "$RUN/nodes" || fail "no such node: '$node' ($(nodes | tr '\n' ' '))"
  case ${1:-} in
  off) power_off "$node" ;;
  on) power_on "$node" ;;
  cycle) power_off "$node" && power_on "$node" ;;
  *) fail 'power takes off, on or cycle, and a node' ;;
  esac
}

# No word to anybody: the cable is out before the guest's processes end, so that no connection is closed.
power_off() {
  local node=$1 pid
  [ ! -e "$RUN/$node-disk.pid" ] || fail "$node is off already"
  lab_link "$node" down
  pid=$(cat "$RUN/$node.pid")
  nsenter --mount --target "$pid" tail -f "$RUN/nodes" >/dev/null 2>&1 </dev/null 9>&- &
  echo $! >"$RUN/$node-disk.pid"
  kill -KILL "$(cat "$RUN/$node.leader")"
  wait_until 10 is_gone "$pid" || fail "$node does not go off"
}

power_on() {
  local node=$1 disk
  [ -e "$RUN/$node-disk.pid" ] || return 0
  disk=$(cat "$RUN/$node-disk.pid")
  setsid nsenter --mount --target "$disk" bash "$LAB_HOME/lib/guest-main.sh" "$node" "$RUN" "$LAB_NAME" - \
    >>"$RUN/$node.log" 2>&1 </dev/null 9>&- &
  echo $! >"$RUN/$node.pid"
  lab_link "$node" up
  wait_for_guest "$node"
  kill -KILL "$disk"
  rm -f "$RUN/$node-disk.pid"
}

lab_link() {
  local node=${1:-} way=${2:-}
  grep -qsx "$node" "$RUN/nodes" || fail "no such node: '$node' ($(nodes | tr '\n' ' '))"
  case $way in up | down) ip -n "$LAB_NAME-lan" link set "$node" "$way" ;; *) fail 'link takes a node, and up or down' ;; esac
}

all_powered() {
  local node
  for node in $(nodes); do
    lab_link "$node" up
    power_on "$node"
  done
}
