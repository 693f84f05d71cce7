#!/bin/sh
# Which GPUs this machine has, as Spark wants to be told (spark.executor.resource.gpu.discoveryScript).
set -eu
addresses=$(nvidia-smi --query-gpu=index --format=csv,noheader | sed 's/.*/"&"/' | paste -sd, -)
echo "{\"name\": \"gpu\", \"addresses\": [$addresses]}"
