# Namespaces, all named fflab-* (LAB_NAME-*). The root namespace gets nothing: every cable is made inside.
#   fflab-lan        the bridges br1 (10.0.0.0/24) and br2 (172.16.0.0/24)
#   fflab-ctl        the control node, 10.0.0.1
#   fflab-NODE       a node: eth0 10.0.2.15, eth1 10.0.0.11x
#   fflab-nat-NODE   the far end of its eth0, 10.0.2.2: a NAT network of its own, as VirtualBox makes them

make_network() {
  local n=$1 k
  add_namespace "$LAB_NAME-lan"
  add_namespace "$LAB_NAME-ctl"
  ip -n "$LAB_NAME-lan" link add br1 type bridge
  ip -n "$LAB_NAME-lan" link set br1 up
  plug "$LAB_NAME-ctl" eth1 ctl br1
  ip -n "$LAB_NAME-ctl" addr add 10.0.0.1/24 dev eth1
  for ((k = 1; k <= n; k++)); do make_node_network "$k"; done
}

make_node_network() {
  local k=$1 ns=$LAB_NAME-node$1 nat=$LAB_NAME-nat-node$1
  add_namespace "$ns"
  add_namespace "$nat"
  ip -n "$ns" link add eth0 type veth peer name far netns "$nat"
  ip -n "$nat" addr add 10.0.2.2/24 dev far
  ip -n "$nat" link set far up
  ip -n "$ns" addr add 10.0.2.15/24 dev eth0
  ip -n "$ns" link set eth0 up
  plug "$ns" eth1 "node$k" br1
  ip -n "$ns" addr add "10.0.0.$((110 + k))/24" dev eth1
  ip -n "$ns" route add default via 10.0.2.2 dev eth0
  in_netns "$ns" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
}

add_namespace() {
  ip netns add "$1"
  ip -n "$1" link set lo up
}

# plug NAMESPACE INTERFACE NAME BRIDGE: a cable from the namespace to the bridge.
plug() {
  ip -n "$1" link add "$2" type veth peer name "$3" netns "$LAB_NAME-lan"
  ip -n "$LAB_NAME-lan" link set "$3" master "$4" up
  ip -n "$1" link set "$2" up
}

# A second shared network on every node (eth2), or none.
second_network() {
  local k
  if ! ip -n "$LAB_NAME-lan" link show br2 >/dev/null 2>&1; then
    ip -n "$LAB_NAME-lan" link add br2 type bridge
    ip -n "$LAB_NAME-lan" link set br2 up
  fi
  for node in $(nodes); do
    k=${node#node}
    ip -n "$LAB_NAME-$node" link show eth2 >/dev/null 2>&1 && continue
    plug "$LAB_NAME-$node" eth2 "second$k" br2
    ip -n "$LAB_NAME-$node" addr add "172.16.0.$((110 + k))/24" dev eth2
  done
}

no_second_network() {
  local node
  for node in $(nodes); do ip -n "$LAB_NAME-$node" link del eth2 2>/dev/null || true; done
}

# Only the network is another: files, processes and mounts stay those of the caller.
in_netns() { nsenter --net="/run/netns/$1" -- "${@:2}" 9>&-; }
in_ctl() { nsenter --net="/run/netns/$LAB_NAME-ctl" -- "$@" 9>&-; }

lab_namespaces() { ip netns list 2>/dev/null | awk -v name="$LAB_NAME-" 'index($1, name) == 1 { print $1 }'; }
