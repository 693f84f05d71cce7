#!/bin/sh
# Builds Kubernetes' API server from its Go modules into the user's cache: some five minutes on two cores, 93 MB.
# etcd comes from Debian: apt-get install etcd-server
set -eu
version=v1.31.4
staging=v0.31.4
folder=${XDG_CACHE_HOME:-$HOME/.cache}/finerweb-kubernetes
command -v go >/dev/null || PATH=$PATH:/usr/local/go/bin
command -v go >/dev/null || { echo "building the API server needs Go: install it, or put it on PATH" >&2; exit 1; }
[ -x "$folder/kube-apiserver" ] && exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
go mod init apiserver 2>/dev/null
place=$(go mod download -json "k8s.io/kubernetes@$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
# Kubernetes' own requirements; its parts, which lie beside it in its repository, come as the modules that they are too.
sed -e 's/^module .*/module apiserver/' -e '/ => \.\/staging\//d' \
    -e "s#^\(\tk8s\.io/[a-z-]* \)v0\.0\.0\$#\1$staging#" "$place/go.mod" >go.mod
echo "require k8s.io/kubernetes $version" >>go.mod
printf 'package main\n\nimport _ "k8s.io/kubernetes/cmd/kube-apiserver/app"\n\nfunc main() {}\n' >main.go
mkdir -p "$folder"
nice go build -mod=mod -trimpath -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=$version" \
    -o "$folder/kube-apiserver" k8s.io/kubernetes/cmd/kube-apiserver
