#!/usr/bin/env bash
# Makes an authority and a certificate for every node name. See README.md beside it.
set -euo pipefail

usage() {
    cat <<'TEXT'
Usage: deploy/tls/make-certificates.sh DIR NAME[,NAME...] ... [--days N]

Writes into DIR, as PEM: authority.pem and authority.key, and for each argument a certificate FIRST-NAME.pem with its key FIRST-NAME.key.
The names (DNS names, *.DOMAIN, IP addresses) are those that other nodes reach the node at; localhost, 127.0.0.1 and ::1 are always among them.
An authority that is in DIR already signs further certificates; a certificate that is there already is refused.

  --days N   how long certificates made now are good for (default 825)

Example: deploy/tls/make-certificates.sh certificates coordinator,coordinator.example.org server-1,10.0.0.7 worker-1
TEXT
}

refuse() {
    printf 'error: %s\n' "$1" >&2
    printf "'deploy/tls/make-certificates.sh --help' shows what there is.\n" >&2
    exit 2
}

days=825 directory='' nodes=()
while [ $# -gt 0 ]; do
    case $1 in
        --help | -h) usage; exit 0 ;;
        --days)
            [[ ${2:-} =~ ^[1-9][0-9]{0,4}$ ]] || refuse "--days takes a whole number from 1."
            days=$2
            shift
            ;;
        -*) refuse "there is no option '$1'." ;;
        *) if [ -z "$directory" ]; then directory=$1; else nodes+=("$1"); fi ;;
    esac
    shift
done
[ -n "$directory" ] || refuse "the folder is missing."
[ ${#nodes[@]} -gt 0 ] || refuse "the names of the nodes are missing."
command -v openssl >/dev/null || refuse "there is no 'openssl' on PATH."

names_of() { # NAME[,NAME...] as an extension
    local list='DNS:localhost,IP:127.0.0.1,IP:::1' name
    local -a names
    IFS=, read -ra names <<<"$1"
    for name in "${names[@]}"; do
        if [[ $name =~ ^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$ || $name == *:* ]]; then
            list+=",IP:$name"
        else
            list+=",DNS:$name"
        fi
    done
    printf '%s' "$list"
}

for node in "${nodes[@]}"; do
    [[ $node =~ ^[A-Za-z0-9*:][A-Za-z0-9.*:_-]*(,[A-Za-z0-9*:][A-Za-z0-9.*:_-]*)*$ ]] || refuse "'$node' is not a list of names."
    file=$directory/${node%%,*}
    [[ ${node%%,*} != *'*'* ]] || refuse "the first name of '$node' names the files, so it cannot have a '*'."
    [[ ! -e $file.pem && ! -e $file.key ]] || refuse "there is a certificate '$file.pem' already; remove it and its key to make another."
done

umask 077 # keys are for their owner alone
mkdir -p "$directory"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
printf '[req]\ndistinguished_name = subject\n[subject]\n' >"$scratch/configuration" # none of the machine's own extensions
quiet() { "$@" >"$scratch/out" 2>&1 || { cat "$scratch/out" >&2; exit 3; }; }

if [ ! -e "$directory/authority.pem" ]; then
    quiet openssl req -x509 -config "$scratch/configuration" -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -days "$days" -subj "/CN=DistEmbed authority" \
        -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign" \
        -keyout "$directory/authority.key" -out "$directory/authority.pem"
    chmod 644 "$directory/authority.pem"
    echo "$directory/authority.pem"
fi
[ -e "$directory/authority.key" ] || refuse "'$directory/authority.key' is missing: without it the authority cannot sign."

for node in "${nodes[@]}"; do
    name=${node%%,*}
    # Every node listens and connects, so its certificate is good for both sides.
    cat >"$scratch/extensions" <<END
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth,clientAuth
subjectAltName=$(names_of "$node")
END
    quiet openssl req -config "$scratch/configuration" -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -subj "/CN=${name:0:64}" -keyout "$scratch/key" -out "$scratch/request"
    quiet openssl x509 -req -in "$scratch/request" -sha256 -days "$days" -CA "$directory/authority.pem" -CAkey "$directory/authority.key" \
        -set_serial "0x$(openssl rand -hex 16)" -extfile "$scratch/extensions" -out "$scratch/certificate"
    mv "$scratch/key" "$directory/$name.key"
    mv "$scratch/certificate" "$directory/$name.pem"
    chmod 644 "$directory/$name.pem"
    echo "$directory/$name.pem"
done
