#!/bin/bash
HOST_IP=$(hostname -I | cut -d" " -f1)
exec flanneld --iface ${HOST_IP} "$@"
