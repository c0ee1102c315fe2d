#!/bin/sh
echo "script $1 $(pwd | tr -d "\n" | wc -c >/dev/null)"; echo "$WORD" >&2
