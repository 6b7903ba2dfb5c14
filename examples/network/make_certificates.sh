#!/bin/sh
# Makes certificates for bridges: a certificate authority of your own, and a certificate for each name.
#
#     examples/network/make_certificates.sh certificates robot office=office.example.org,192.0.2.7
#
# writes into the folder ca.pem and ca.key, then robot.pem, robot.key, office.pem and office.key. A name is the bridge's
# name. Behind = are the host names and addresses that others connect to it by, if it listens: a bridge refuses to connect
# to one whose certificate lacks them. An authority that is in the folder already is used again, so that more names can
# be added later; DAYS=30 makes certificates that end after 30 days instead of a year.
#
# Keep ca.key off the machines: whoever has it can make certificates for any name. A machine needs ca.pem, and its own two.
# docs/network-security.md says how bridges use them.
set -eu

if [ $# -lt 2 ]; then
    echo "usage: $0 FOLDER NAME[=HOST,...]..." >&2
    exit 2
fi
if ! command -v openssl >/dev/null; then
    echo "$0: found no program openssl; install the package of that name" >&2
    exit 1
fi
folder=$1
shift
umask 077
mkdir -p "$folder"
request=$(mktemp -d)
trap 'rm -r "$request"' EXIT

# sign NAME HOSTS: signs NAME.key for use as a client's and as a listener's.
sign() {
    names="DNS:$1"
    for host in $(echo "$2" | tr , ' '); do
        case $host in
        *:* | *.*.*.*[0-9]) names="$names,IP:$host" ;;
        *) names="$names,DNS:$host" ;;
        esac
    done
    {
        echo "basicConstraints = critical, CA:FALSE"
        echo "keyUsage = critical, digitalSignature"
        echo "extendedKeyUsage = serverAuth, clientAuth"
        echo "subjectAltName = $names"
    } >"$request/extensions"
    openssl req -new -key "$folder/$1.key" -config "$request/config" -subj "/CN=$1" -out "$request/request"
    openssl x509 -req -in "$request/request" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" -days "${DAYS:-365}" \
        -set_serial "0x$(openssl rand -hex 15)" -extfile "$request/extensions" -out "$folder/$1.pem" 2>"$request/log" ||
        { cat "$request/log" >&2; exit 1; }
}

make_key() {
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"
}

cat >"$request/config" <<'CONFIG'
[req]
distinguished_name = name
x509_extensions = authority
[name]
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
CONFIG

if [ ! -e "$folder/ca.key" ]; then
    make_key "$folder/ca.key"
    openssl req -x509 -new -key "$folder/ca.key" -config "$request/config" -subj "/CN=bridges" -days 3650 -out "$folder/ca.pem"
fi
for word in "$@"; do
    name=${word%%=*}
    hosts=${word#"$name"}
    case $name in
    ca | "" | *[!A-Za-z0-9._-]*)
        echo "$0: found the name '$name'; expected letters, digits, . _ and -, other than ca" >&2
        exit 2
        ;;
    esac
    make_key "$folder/$name.key"
    sign "$name" "${hosts#=}"
    chmod 644 "$folder/$name.pem" "$folder/ca.pem"
    echo "$folder/$name.pem"
done
