# etcd from the control namespace, with the cluster's own certificates.

NETWORK_CONFIG='{"Network":"10.1.0.0/16","SubnetLen":24,"Backend":{"Type":"vxlan"}}'

etcd_endpoints() { nodes | head -3 | sed 's/node/https:\/\/10.0.0.11/; s/$/:2379/' | paste -sd, -; }

lab_etcdctl() {
  local ssl=$RUN/ssl user=
  [ ! -e "$RUN/etcd-user" ] || user=$(cat "$RUN/etcd-user")
  if [ "${ETCDCTL_API:-3}" = 2 ]; then
    in_ctl env ETCDCTL_API=2 etcdctl --no-sync --endpoints "$(etcd_endpoints)" --ca-file "$ssl/ca.pem" \
      --cert-file "$ssl/kubernetes.pem" --key-file "$ssl/kubernetes-key.pem" ${user:+--username "$user"} "$@"
  else
    in_ctl env ETCDCTL_API=3 etcdctl --endpoints "$(etcd_endpoints)" --cacert "$ssl/ca.pem" \
      --cert "$ssl/kubernetes.pem" --key "$ssl/kubernetes-key.pem" ${user:+--user "$user"} "$@"
  fi
}

# Whatever the caller's ETCDCTL_API is.
etcd2() { ETCDCTL_API=2 lab_etcdctl "$@"; }
etcd3() { ETCDCTL_API=3 lab_etcdctl "$@"; }

etcd_answers() { etcd3 --command-timeout=2s get /kubernetes/network/config >/dev/null 2>&1; }

# Nothing but the network's configuration: in both stores, or for flannel 0.18 and later in the v3 store only.
reset_etcd() {
  local key
  for key in $(etcd2 ls /); do etcd2 rm --recursive "$key" >/dev/null; done
  etcd3 del '' --from-key >/dev/null
  etcd3 put /kubernetes/network/config "$NETWORK_CONFIG" >/dev/null
  case $1 in v0.1[0-7].*) etcd2 set /kubernetes/network/config "$NETWORK_CONFIG" >/dev/null ;; esac
}
