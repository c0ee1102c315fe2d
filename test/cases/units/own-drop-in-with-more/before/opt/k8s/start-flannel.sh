#!/bin/sh
exec flanneld -ip-masq
