#!/bin/sh
exec /usr/bin/flanneld -etcd-prefix=/n $FLANNEL_OPTS
