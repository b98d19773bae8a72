#!/usr/bin/env bash
# Ends with 0 if the node in this container answers /health/live or /health/ready with 200. The base image has no HTTP client.
set -euo pipefail

case ${1:-} in
    live | ready) ;;
    *)
        echo "usage: health live|ready" >&2
        exit 2
        ;;
esac
exec 3<>"/dev/tcp/127.0.0.1/${DISTEMBED_METRICS_PORT:?}"
printf 'GET /health/%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$1" >&3
read -r -t 4 _ status _ <&3
[ "$status" = 200 ]
