#!/bin/sh
# Applies the manifests of an environment, one layer after the other, and waits for each. kubectl must lead to the right cluster.
set -eu
environment=${1:?name of the environment}
for file in "build/$environment/manifests"/*.yaml; do
  kubectl apply --server-side -f "$file"
  # What a file has none of is no mistake.
  kubectl get -f "$file" -o jsonpath='{range .items[*]}{.kind} {.metadata.namespace} {.metadata.name}{"\n"}{end}' |
    while read -r kind namespace name; do
      case $kind in
        Job) kubectl -n "$namespace" wait --for=condition=complete --timeout=10m "job/$name" ;;
        Deployment | StatefulSet) kubectl -n "$namespace" rollout status --timeout=15m "$kind/$name" ;;
      esac
    done
done
