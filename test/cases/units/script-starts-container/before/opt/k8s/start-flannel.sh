#!/bin/sh
exec docker run --net=host quay.io/coreos/flannel:v0.11.0 /opt/bin/flanneld -ip-masq
