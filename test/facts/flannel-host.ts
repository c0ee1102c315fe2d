/** What stands on a host in a namespace, to be laid out there by `readInNamespace`. */
export const NETWORK = `
ip link set lo up
ip link add eth1 type veth peer name far
ip addr add 10.0.0.111/24 dev eth1
ip link set eth1 up
ip link set far up
ip link add docker0 type bridge
ip addr add 10.1.31.1/24 dev docker0
ip link add veth9 type veth peer name veth8
ip link set veth9 master docker0
ip link add flannel.1 type vxlan id 1 local 10.0.0.111 dev eth1 dstport 8472 nolearning
ip addr add 10.1.31.0/32 dev flannel.1
ip link set flannel.1 address 0e:11:53:fe:04:df mtu 1450 up
ip route add default via 10.0.0.2
ip route add 10.1.6.0/24 via 10.1.6.0 dev flannel.1 onlink
ip route add blackhole 10.9.0.0/16
bridge fdb add d6:d4:f2:31:5e:0f dev flannel.1 dst 10.0.0.112 self permanent
ip neigh add 10.1.6.0 lladdr d6:d4:f2:31:5e:0f dev flannel.1 nud permanent
`;

// A stand-in that answers as systemctl does; its files are below /run, which is the test's own.
export const SYSTEMD = `
mkdir -p /run/systemd/system /run/bin "/run/etc/flanneld.service.d" /run/usr
cat >/run/etc/flanneld.service <<'EOF'
[Service]
EnvironmentFile=-/run/etc/flanneld.env
ExecStart=/run/bin/wrapper $FLANNEL_OPTIONS
file 3
EOF
printf '[Service]\\r\\nRestart=always' >/run/etc/flanneld.service.d/10-restart.conf
printf 'FLANNEL_OPTIONS="-etcd-prefix=/n"\\n' >/run/etc/flanneld.env
printf '#!/bin/sh\\nexec /usr/bin/flanneld "$@"\\n' >/run/bin/wrapper
chmod 640 /run/etc/flanneld.service.d/10-restart.conf
mount -t tmpfs tmpfs /run/usr
cp /run/etc/flanneld.service /run/usr/vendor.service
mount -o remount,ro /run/usr
cat >/run/bin/systemctl <<'EOF'
#!/bin/sh
for unit; do :; done
case "$unit:$*" in
  flanneld.service:*RequiredBy*) printf 'RequiredBy=docker.service\\nWantedBy=multi-user.target kubelet.service\\nBoundBy=\\nConsistsOf=\\n' ;;
  docker.service:*) printf 'Id=docker.service\\nActiveState=active\\nSubState=running\\nUnitFileState=enabled\\n' ;;
  kubelet.service:*) printf 'Id=kubelet.service\\nActiveState=inactive\\nSubState=dead\\nUnitFileState=disabled\\n' ;;
  flanneld.service:*) cat <<'END'
Id=flanneld.service
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
MainPID=77
NeedDaemonReload=no
FragmentPath=/run/etc/flanneld.service
DropInPaths=/run/etc/flanneld.service.d/10-restart.conf
EnvironmentFiles=/run/etc/flanneld.env (ignore_errors=yes)
EnvironmentFiles=/run/etc/missing.env (ignore_errors=no)
ExecStart={ path=/run/bin/wrapper ; argv[]=/run/bin/wrapper $FLANNEL_OPTIONS ; ignore_errors=no ; pid=77 }
END
  ;;
  vendor.service:*) printf 'Id=vendor.service\\nLoadState=loaded\\nActiveState=inactive\\nFragmentPath=/run/usr/vendor.service\\n' ;;
  masked.service:*) printf 'Id=masked.service\\nLoadState=masked\\nActiveState=inactive\\nFragmentPath=/dev/null\\n' ;;
  gone.service:*) printf 'Id=gone.service\\nLoadState=loaded\\nActiveState=inactive\\nFragmentPath=/run/etc/gone.service\\n' ;;
  broken.service:*) echo 'Failed to get properties: Connection timed out' >&2; exit 1 ;;
  *) printf 'Id=%s\\nLoadState=not-found\\nActiveState=inactive\\nSubState=dead\\n' "$unit" ;;
esac
EOF
chmod +x /run/bin/systemctl /run/bin/wrapper
mount --bind /run/bin/systemctl "$(command -v systemctl)"
`;

export const FILES = `
mkdir -p /run/flannel/networks
printf 'FLANNEL_NETWORK=10.1.0.0/16\\nFLANNEL_SUBNET=10.1.31.1/24\\n' | tee /run/flannel/subnet.env >/run/flannel/networks/blue.env
printf 'DOCKER_NETWORK_OPTIONS=" --bip=10.1.31.1/24"\\n' >/run/flannel/docker
printf 'FLANNELD_IFACE=10.0.2.15\\nFLANNELD_ETCD_PASSWORD=x\\n' >/run/flannel/options.env
echo other >/run/flannel/note
printf 'KEY\\n\\n' >/run/key.pem
printf 'DAEMON_ARGS=""' >/run/flanneld && chmod 600 /run/flanneld
`;
