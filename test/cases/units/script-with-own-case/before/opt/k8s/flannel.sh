#!/bin/sh
case "$1" in
start) shift ;;
esac
exec flanneld "$@"
