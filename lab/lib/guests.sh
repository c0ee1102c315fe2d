# Guests: systemd in systemd-nspawn. All their mounts are in a mount namespace of their own and go with it.

make_run_dir() {
  mkdir -p "$RUN"
  mount -t tmpfs -o mode=755 "$LAB_NAME-run" "$RUN"
  seq -f 'node%g' 1 "$1" >"$RUN/nodes.part"
  if [ -n "${LAB_FLANNELD:-}" ]; then install -D -m 755 "$LAB_FLANNELD" "$RUN/real/usr/local/bin/flanneld"; fi
}

start_guests() {
  local n=$1 k
  for ((k = 1; k <= n; k++)); do
    seed_guest "$k" "$n"
    start_guest "node$k"
  done
  mv "$RUN/nodes.part" "$RUN/nodes"
  in_each_node wait_for_guest
}

# What a guest has of its own before it boots; becomes the overlay's upper layer.
seed_guest() {
  local k=$1 n=$2 seed=$RUN/seed/node$1 members=$(($2 < 3 ? $2 : 3)) i
  mkdir -p "$seed/etc/ssh" "$seed/etc/kubernetes/ssl" "$seed/etc/systemd/system/multi-user.target.wants"
  cp -a "$LAB_HOME/guest/root/." "$seed/"
  chown -R 0:0 "$seed"
  chmod -R go+rX "$seed"
  echo "node$k" >"$seed/etc/hostname"
  od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$seed/etc/machine-id"
  { echo '127.0.0.1 localhost'; for ((i = 1; i <= n; i++)); do echo "10.0.0.$((110 + i)) node$i"; done; } >"$seed/etc/hosts"
  install -m 600 "$RUN/ssh/host_node$k" "$seed/etc/ssh/ssh_host_ed25519_key"
  install -m 644 "$RUN/ssh/host_node$k.pub" "$seed/etc/ssh/ssh_host_ed25519_key.pub"
  install -m 644 "$RUN/ssh/id_ed25519.pub" "$seed/etc/ssh/authorized_keys"
  cp -p "$RUN"/ssl/{ca,kubernetes,kubernetes-key,expired,expired-key,nameless,nameless-key}.pem "$seed/etc/kubernetes/ssl/"
  if [ "$k" -gt "$members" ]; then
    ln -s /dev/null "$seed/etc/systemd/system/etcd.service"
    return
  fi
  etcd_unit "$k" "$members" >"$seed/etc/systemd/system/etcd.service"
  ln -s ../etcd.service "$seed/etc/systemd/system/multi-user.target.wants/etcd.service"
}

etcd_unit() {
  local k=$1 members=$2 i cluster='' ssl=/etc/kubernetes/ssl me=https://10.0.0.$((110 + $1))
  for ((i = 1; i <= members; i++)); do cluster+=",node$i=https://10.0.0.$((110 + i)):2380"; done
  cat <<TEXT
[Unit]
Description=etcd key-value store
After=network.target

[Service]
Type=notify
ExecStart=/usr/bin/etcd --name=node$k --data-dir=/var/lib/etcd/default --enable-v2 \\
  --listen-client-urls=$me:2379,https://127.0.0.1:2379 --advertise-client-urls=$me:2379 \\
  --listen-peer-urls=$me:2380 --initial-advertise-peer-urls=$me:2380 \\
  --initial-cluster=${cluster#,} --initial-cluster-token=lab --initial-cluster-state=new \\
  --cert-file=$ssl/kubernetes.pem --key-file=$ssl/kubernetes-key.pem \\
  --trusted-ca-file=$ssl/ca.pem --client-cert-auth \\
  --peer-cert-file=$ssl/kubernetes.pem --peer-key-file=$ssl/kubernetes-key.pem \\
  --peer-trusted-ca-file=$ssl/ca.pem --peer-client-cert-auth
Environment=ETCD_UNSAFE_NO_FSYNC=true
Restart=on-failure
RestartSec=1

[Install]
WantedBy=multi-user.target
TEXT
}

start_guest() {
  local node=$1
  setsid unshare --mount --propagation private bash "$LAB_HOME/lib/guest-main.sh" "$node" "$RUN" "$LAB_NAME" \
    "$(flanneld_layer):$(base_dir)" >"$RUN/$node.log" 2>&1 </dev/null 9>&- &
  echo $! >"$RUN/$node.pid"
}

wait_for_guest() {
  local node=$1
  wait_until 20 find_leader "$node" || { tail -5 "$RUN/$node.log" >&2; fail "$node does not start: $RUN/$node.log"; }
  wait_until 10 has_systemd "$node" || fail "$node has no systemd after ten seconds"
  wait_until 30 is_ready "$node" || fail "$node has no sshd or no etcd after half a minute"
}

# The guest's own pid 1: what is 1 in its own namespace of processes. Another one after each boot.
find_leader() {
  local pid
  for pid in $(ip netns pids "$LAB_NAME-$1" 2>/dev/null); do
    if awk '$1 == "NSpid:" { found = NF > 2 && $NF == 1 } END { exit !found }' "/proc/$pid/status" 2>/dev/null; then
      echo "$pid" >"$RUN/$1.leader"
      return 0
    fi
  done
  return 1
}

has_systemd() { in_guest "$1" test -S /run/dbus/system_bus_socket 2>/dev/null; }
is_ready() {
  local wanted=(ssh.service)
  ! in_guest "$1" test -s /etc/systemd/system/etcd.service || wanted+=(etcd.service)
  in_guest "$1" systemctl is-active --quiet "${wanted[@]}" 2>/dev/null &&
    [ "$(in_guest "$1" systemctl is-active "${wanted[@]}" | sort -u)" = active ]
}

in_guest() {
  [ -d "/proc/$(cat "$RUN/$1.leader")" ] || find_leader "$1" || true
  nsenter --all --target "$(cat "$RUN/$1.leader")" -- \
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 "${@:2}" 9>&-
}

lab_exec() {
  local node=${1:-}
  grep -qsx "$node" "$RUN/nodes" || fail "no such node: '$node' ($(nodes | tr '\n' ' '))"
  shift
  in_guest "$node" "$@"
}

# Everything of ours, by what it is: also what a crash or a half-done `up` has left.
teardown() {
  local ns pid
  for ns in $(lab_namespaces); do
    [ "$ns" = "$LAB_NAME-ctl" ] && continue
    kill_all "$(ip netns pids "$ns" 2>/dev/null)"
  done
  for pid in "$RUN"/node*.pid; do
    [ -s "$pid" ] && is_ours "$(cat "$pid")" && kill_all "$(cat "$pid")"
  done
  for ns in $(lab_namespaces); do ip netns del "$ns" || true; done
  remove_cgroups
  while mountpoint -q "$RUN"; do umount -l "$RUN"; done
  while mountpoint -q "$LAB_DIR/build"; do umount -l "$LAB_DIR/build"; done
  rm -rf "$RUN" "$LAB_DIR/build" "$LAB_DIR/ssh" "$LAB_DIR/inventory.yaml" "$CACHE"/*.part
}

is_ours() { { tr '\0' ' ' <"/proc/$1/cmdline" | grep -qF "$RUN"; } 2>/dev/null; }

kill_all() {
  local pid
  for pid in $1; do kill -KILL "$pid" 2>/dev/null || true; done
  for pid in $1; do wait_until 5 is_gone "$pid" || say "process $pid does not end"; done
}

is_gone() { [ ! -d "/proc/$1" ] || grep -qs '^State:[[:space:]]*[ZX]' "/proc/$1/status"; }

remove_cgroups() {
  local root dir
  while read -r root; do
    for dir in "$root/$LAB_NAME"-node*; do
      [ -d "$dir" ] && find "$dir" -depth -type d -exec rmdir {} + 2>/dev/null
    done
  done < <(awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/self/mounts)
  return 0
}
