#!/usr/bin/env bash
# Sorts the built jars for the image: into OUT/cluster what a Flink cluster lacks and the jobs need, into OUT/tools what only
# the freshet command needs besides. Flink's own jars are in the base image and are left out.
#
#   sort-jars.sh TARGET OUT
set -euo pipefail
target="$1"
out="$2"
mkdir -p "$out/cluster" "$out/tools"

cp "$target"/flink-jobs-*.jar "$out/cluster/"
for jar in "$target"/lib/*.jar; do
  case "$(basename "$jar")" in
    flink-connector-base-* | flink-connector-kafka-*) cp "$jar" "$out/cluster/" ;;
    flink-* | frocksdbjni-* | log4j-* | slf4j-*) ;; # the base image has them
    serde-* | feature-store-* | model-* | kafka-clients-* | lz4-java-* | snappy-java-* | zstd-jni-* | avro-* | jackson-* | \
      snakeyaml-* | fastutil-core-* | tribuo-util-onnx-* | protobuf-java-* | onnxruntime-* | commons-compress-* | \
      commons-csv-* | jspecify-*) cp "$jar" "$out/cluster/" ;;
    *) cp "$jar" "$out/tools/" ;;
  esac
done
