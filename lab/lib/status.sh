# What there is: nodes, leases, and the inventory for the tool.

lab_status() {
  echo "fault: $(cat "$RUN/fault" 2>/dev/null)"
  local node
  for node in $(nodes); do
    in_guest "$node" sh -c "$(cat "$LAB_HOME/guest/status.sh")" status "$node"
  done | awk -F'\t' '{ printf "%-7s %-11s %-12s %-18s %-14s %-11s %-14s %s\n", $1, $2, $3, $4, $5, $6, $7, $8 }'
  echo 'v2 leases:'
  etcd2 ls --recursive -p /kubernetes/network/subnets 2>/dev/null | grep -v '/$' | while read -r key; do
    echo "  ${key##*/}  $(etcd2 get "$key")"
  done || true
  echo 'v3 leases:'
  etcd3 get --prefix /kubernetes/network/subnets/ 2>/dev/null | paste -d' ' - - | sed 's/^.*subnets./  /' || true
}

write_inventory() {
  local n=$1 k
  {
    echo 'flannel:'
    echo '  hosts:'
    for ((k = 1; k <= n; k++)); do printf '    node%d:\n      ansible_host: 10.0.0.%d\n' "$k" $((110 + k)); done
    echo '  vars:'
    echo '    ansible_user: vagrant'
    echo '    ansible_become: true'
    echo "    ansible_ssh_private_key_file: $LAB_DIR/ssh/id_ed25519"
    echo "    ansible_ssh_common_args: -o UserKnownHostsFile=$LAB_DIR/ssh/known_hosts"
  } >"$RUN/inventory.yaml"
  ln -sfn run/inventory.yaml "$LAB_DIR/inventory.yaml"
}
