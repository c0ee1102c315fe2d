# The states that the cluster can be brought into, each from whatever state it is in.

list_faults() {
  cat <<'TEXT'
healthy          every node publishes its eth1 address and has a subnet of its own
seed             no -iface: all nodes share the lease of 10.0.2.15
iface-kept-run   -iface=eth1 and a restart, subnet.env left in place: all still share one lease
two-hosts        the first two nodes share a lease, the others never had the fault
one-fixed        all shared, then the first node was fixed
two-candidates   seed, and a second shared network on eth2 (172.16.0.11x)
stopped          seed, and flanneld is stopped on the second node
v3               seed with flannel 0.20.2: the leases are in etcd's v3 store
masked           seed, and the second node's unit is masked
no-flanneld      seed, and the last node has neither unit nor program
no-systemd-unit  seed, and the last node runs flanneld from /etc/init.d with /etc/default/flanneld
iface-missing    every unit names an interface that does not exist: flanneld is down everywhere
expired-cert     seed, and every unit names a client certificate that has expired since
reservation      seed, and etcd holds an administrator's reservation (no TTL) of 10.1.200.0/24
etcd-down        seed, and etcd is stopped on every member
etcd-member-down seed, and etcd is stopped on the second node
no-quorum        seed, and etcd runs on the first node only
expired-server   seed, and every etcd shows a certificate that has expired since
auth, v3-auth    seed, and etcd wants a name and a password (v2 store; v3 store and flannel 0.20.2)
many-leases [N], v3-many-leases [N]   seed, in a network of 10,000 (N) other nodes' leases
flanneld-exits [NODE]  seed, and flanneld ends at once when it is next started there (the second node)
flanneld-dies [NODE]   the same, but it ends after three seconds
flanneld-mute [NODE]   the same, but it runs and never gets to be ready; systemd gives it six seconds
disk-full [NODE]       seed, and /etc/systemd/system is a file system without a free byte there
sudo-refuses [NODE]    seed, and from flanneld's next start on sudo refuses there
form NAME [NODE...]  seed, with a unit of that form on those nodes (all); `lab forms` names them
forms NAME...          seed, with a unit of the first form on the first node, of the second on the second, ...
TEXT
}

lab_break() {
  local fault=${1:-seed} what=${*:-seed} begun=$SECONDS
  case $fault in
  healthy) cluster plan_healthy ;;
  seed) cluster plan_seed ;;
  iface-kept-run) cluster plan_seed && in_each_in_turn iface_without_clearing ;;
  two-hosts) cluster plan_two_hosts ;;
  one-fixed) cluster plan_seed && fix_node node1 ;;
  two-candidates) cluster plan_seed && second_network ;;
  stopped) cluster plan_seed && in_guest "$(second_node)" systemctl stop flanneld ;;
  v3) cluster plan_seed v0.20.2 ;;
  masked) cluster plan_masked ;;
  no-flanneld) cluster plan_no_flanneld ;;
  no-systemd-unit) cluster plan_no_systemd ;;
  iface-missing) cluster plan_iface_missing ;;
  expired-cert) cluster plan_seed && in_each_node name_expired_certificate ;;
  reservation) cluster plan_seed && reserve ;;
  etcd-down) cluster plan_seed && in_each_node stop_etcd ;;
  etcd-member-down) cluster plan_seed && stop_etcd "$(second_node)" ;;
  no-quorum) cluster plan_seed && break_quorum ;;
  expired-server) cluster plan_seed && in_each_node show_expired_certificate ;;
  auth) cluster plan_seed && require_user ;;
  v3-auth) cluster plan_seed v0.20.2 && require_user ;;
  many-leases) many_leases v0.11.0 "${2:-10000}" ;;
  v3-many-leases) many_leases v0.20.2 "${2:-10000}" ;;
  flanneld-exits | flanneld-dies | flanneld-mute | disk-full | sudo-refuses)
    cluster plan_seed && on_one_node "${2:-$(second_node)}" "${fault//-/_}" ;;
  form) shift && break_form "$@" ;;
  forms) shift && break_forms "$@" ;;
  *) list_faults >&2 && fail "no such fault: $fault" ;;
  esac
  echo "$what" >"$RUN/fault"
  say "the cluster is now: $what ($((SECONDS - begun)) s)"
}

# A plan says for a node: its form, and the interface that its unit names.
plan_healthy() { echo seed eth1; }
plan_seed() { echo seed; }
plan_two_hosts() { case $1 in node1 | node2) echo seed ;; *) echo seed eth1 ;; esac; }
plan_masked() { if [ "$1" = "$(second_node)" ]; then echo masked; else echo seed; fi; }
plan_no_flanneld() { if [ "$1" = "$(last_node)" ]; then echo none; else echo seed; fi; }
plan_no_systemd() { if [ "$1" = "$(last_node)" ]; then echo no-systemd-unit; else echo seed; fi; }
plan_iface_missing() { echo seed eth9; }
plan_form() { case " $FORM_NODES " in *" $1 "*) echo "$FORM" ;; *) echo seed ;; esac; }

second_node() { nodes | sed -n '2p;$p' | head -1; }
last_node() { nodes | tail -1; }

break_form() {
  FORM=${1:-}
  [ -n "$FORM" ] && [ -n "$(form_column "$FORM" 2)" ] || fail "no such form: '$FORM' (lab forms)"
  shift
  FORM_NODES=${*:-$(nodes | tr '\n' ' ')}
  cluster plan_form
}

break_forms() {
  local form
  for form in "$@"; do [ -n "$(form_column "$form" 2)" ] || fail "no such form: '$form' (lab forms)"; done
  FORM_LIST=$*
  cluster plan_forms
}

plan_forms() {
  local at
  at=$(nodes | grep -nx "$1" | cut -d: -f1)
  # shellcheck disable=SC2086
  set -- $FORM_LIST
  shift $((at - 1 < $# ? at - 1 : $#))
  echo "${1:-seed}"
}

form_column() { awk -F'\t' -v name="$1" -v n="$2" '$1 == name { print $n }' "$FORMS/index.tsv"; }

# cluster PLAN [VERSION]: stops everything, lays the files out anew, empties etcd, starts the first node, then the rest.
cluster() {
  local plan=$1 version=${2:-v0.11.0} first
  no_second_network
  all_powered
  in_each_node prepare_node "$plan" "$version" || fail 'a node could not be prepared'
  wait_until 20 etcd_answers || fail 'etcd does not answer: lab exec node1 journalctl -u etcd'
  require_no_user
  reset_etcd "$version"
  ${FILL_STORE:-true} "$version"
  first=$(nodes | head -1)
  start_node "$first" "$plan"
  in_each_node start_other_node "$first" "$plan"
}

prepare_node() {
  local node=$1 version=$3 form iface stage
  read -r form iface <<<"$($2 "$1")"
  stage=$RUN/stage-$node
  rm -rf "$stage"
  mkdir "$stage"
  cp -a "$LAB_HOME/guest/root/." "$stage/"
  rm -rf "$stage/etc/ssh"
  [ "$form" = none ] || cp -a "$FORMS/$form/." "$stage/"
  chmod -R go+rX "$stage"
  [ -z "$iface" ] || name_iface "$stage" "$iface"
  fewer_members "$stage"
  # Files only: the modes of directories are the guest's own.
  # shellcheck disable=SC2046
  (cd "$stage" && find . ! -type d -print0 | tar --null -T - --owner=0 --group=0 -cf -) |
    in_guest "$node" sh -c "$(cat "$LAB_HOME/guest/prepare.sh")" prepare "$version" "$form" \
      "$(form_column "$form" 2)" $(cd "$FORMS" && find . -mindepth 2 ! -type d | cut -d/ -f3- | sort -u)
  rm -rf "$stage"
}

name_iface() {
  sed -i "s#^ExecStart=/usr/local/bin/flanneld #&-iface=$2 #" "$1/etc/systemd/system/flanneld.service"
}

# The forms name three members; a smaller cluster has fewer.
fewer_members() {
  local have
  have=$(nodes | wc -l)
  [ "$have" -lt 3 ] || return 0
  find "$1" -type f -exec sed -i 's#,https://10.0.0.113:2379##' {} +
  [ "$have" -gt 1 ] || find "$1" -type f -exec sed -i 's#,https://10.0.0.112:2379##' {} +
}

start_other_node() { [ "$1" = "$2" ] || start_node "$1" "$3"; }

start_node() {
  local node=$1 form iface runs
  read -r form iface <<<"$($2 "$1")"
  runs=$(form_column "$form" 4)
  [ "$iface" = eth9 ] && runs=no
  case $runs in
  yes) in_guest "$node" systemctl start "$(form_column "$form" 2)" docker.service || fail "flanneld does not start on $node" ;;
  no) in_guest "$node" systemctl start --no-block flanneld.service docker.service 2>/dev/null || true ;;
  # As at boot: in pid 1's own control group, in no service's.
  init) in_guest "$node" sh -c 'for root in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
      [ -d $root/init.scope ] && echo $$ >$root/init.scope/cgroup.procs; done 2>/dev/null
      /etc/init.d/flanneld start && systemctl start docker' || fail "flanneld does not start on $node" ;;
  esac
}

in_each_in_turn() { local node; for node in $(nodes); do "$1" "$node"; done; }

iface_without_clearing() {
  in_guest "$1" sh -c "sed -i 's#^ExecStart=/usr/local/bin/flanneld #&-iface=eth1 #' /etc/systemd/system/flanneld.service
    systemctl daemon-reload && systemctl restart flanneld"
}

fix_node() {
  in_guest "$1" sh -c "sed -i 's#^ExecStart=/usr/local/bin/flanneld #&-iface=eth1 #' /etc/systemd/system/flanneld.service
    systemctl daemon-reload && systemctl stop docker flanneld && rm -rf /run/flannel && systemctl start flanneld docker"
}

name_expired_certificate() {
  in_guest "$1" sh -c "sed -i -e 's#ssl/kubernetes.pem#ssl/expired.pem#' -e 's#ssl/kubernetes-key.pem#ssl/expired-key.pem#' \
    /etc/systemd/system/flanneld.service && systemctl daemon-reload"
}

stop_etcd() { in_guest "$1" sh -c 'systemctl kill -s KILL etcd; systemctl stop etcd'; }

reserve() {
  etcd2 set /kubernetes/network/subnets/10.1.200.0-24 '{"PublicIP":"10.0.0.200"}' >/dev/null
}
