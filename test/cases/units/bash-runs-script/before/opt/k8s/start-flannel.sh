exec flanneld "$@"
