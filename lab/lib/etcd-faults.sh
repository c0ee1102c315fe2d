# What can be wrong with etcd alone.

break_quorum() { local node; for node in $(nodes | tail -n +2); do stop_etcd "$node"; done; }

show_expired_certificate() {
  in_guest "$1" sh -c "sed -i -e 's#  --cert-file=[^ ]*#  --cert-file=/etc/kubernetes/ssl/expired.pem#' /etc/systemd/system/etcd.service
    systemctl daemon-reload && systemctl kill -s KILL etcd; systemctl stop etcd; systemctl reset-failed etcd; systemctl start --no-block etcd"
}

# A user for flanneld, who may use its prefix only; nobody else may do anything. flanneld is told by its command line.
require_user() {
  local node
  if [ "$(in_guest node1 cat /etc/lab-flannel-version)" = v0.11.0 ]; then v2_users; else v3_users; fi >/dev/null 2>&1 ||
    fail 'etcd takes no users'
  for node in $(nodes); do
    in_guest "$node" sh -c "sed -i 's#  -etcd-prefix=#  -etcd-username=flannel -etcd-password=flannel-secret &#; s#ssl/kubernetes#ssl/nameless#' \
      /etc/systemd/system/flanneld.service && systemctl daemon-reload && systemctl restart flanneld docker"
  done
}

v2_users() {
  etcd2 user add root:lab-password || true
  etcd2 user add flannel:flannel-secret || true
  etcd2 role add flannel || true
  etcd2 role grant flannel --path '/kubernetes/network*' --readwrite || true
  etcd2 user grant flannel --roles flannel || true
  etcd2 auth enable
  echo root:lab-password >"$RUN/etcd-user"
  etcd2 role revoke guest --path '/*' --readwrite || etcd2 role remove guest
}

v3_users() {
  etcd3 user add root:lab-password || true
  etcd3 user grant-role root root || true
  etcd3 user add flannel:flannel-secret || true
  etcd3 role add flannel || true
  etcd3 role grant-permission flannel --prefix=true readwrite /kubernetes/network || true
  etcd3 user grant-role flannel flannel || true
  etcd3 auth enable
  echo root:lab-password >"$RUN/etcd-user"
}

require_no_user() {
  [ -e "$RUN/etcd-user" ] || return 0
  etcd2 auth disable >/dev/null 2>&1 || true
  etcd3 auth disable >/dev/null 2>&1 || true
  rm -f "$RUN/etcd-user"
}

# many_leases VERSION N: a network that has room for them, and N leases of nodes that are elsewhere.
many_leases() {
  MANY=$2
  NETWORK_CONFIG='{"Network":"10.128.0.0/9","SubnetLen":24,"Backend":{"Type":"vxlan"}}' FILL_STORE=fill_store \
    cluster plan_seed "$1"
}

fill_store() { in_ctl node "$LAB_HOME/fill-leases.mjs" "$1" "$MANY" "$(etcd_endpoints)" "$RUN/ssl"; }
