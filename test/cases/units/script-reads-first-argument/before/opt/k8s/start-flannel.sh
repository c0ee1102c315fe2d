#!/bin/sh
NAME=$1
shift
exec flanneld "$@"
