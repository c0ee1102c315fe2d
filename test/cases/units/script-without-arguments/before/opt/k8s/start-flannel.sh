#!/bin/bash
# flanneld --iface=eth0 was here
modprobe vxlan
exec /usr/bin/flanneld -etcd-prefix=/n
