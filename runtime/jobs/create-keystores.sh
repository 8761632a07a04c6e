#!/bin/sh
# Creates the environment's certificate authority, the stores that all nodes share, and the load balancer's certificate. Keys that
# exist are kept. A certificate that signs is never issued again: a token's "kid" is its thumbprint. Those of TLS are issued again
# when names or the revision have changed, or they end within 30 days. Prints what clients of the load balancer trust (the CA
# certificate, or the supplied chain) and nothing else.
#   ENVIRONMENT           name of the environment, for the subjects
#   HOSTNAME_PUBLIC       the load balancer's name
#   NODE_NAMES            comma-separated host names of the nodes
#   REVISION              number that a person raises to have the certificates of TLS issued again
#   SIGNING_KEYS          numbers of the keys that are published, such as "2 1"; the first one signs
#   KEYSTORE, TLS_KEYSTORE, INTERNAL_KEYSTORE, TRUSTSTORE  file names: signing keys, Tomcat's key, the key of stored data, trust
#   STORE_TYPE            PKCS12 or JKS
#   SERVER_OWNER, LOAD_BALANCER_OWNER  uid:gid of the readers
#   CERTIFICATE           "supplied" where the load balancer's certificate and key are somebody else's; unset where they are
#                         issued here
set -eu
umask 077

authority=/certificate-authority
stores=/keystores
balancer=/load-balancer-certificates
password=/identity-server-secrets/KEYSTORE_PASSWORD
original="$WSO2_SERVER_HOME/repository/resources/security/$TRUSTSTORE"
log=$(mktemp)
# keytool runs a dozen times, each for less than a second.
export JAVA_TOOL_OPTIONS='-XX:TieredStopAtLevel=1 -XX:+UseSerialGC'

# The tools are talkative; their words matter only when something fails.
quietly() {
  "$@" >>"$log" 2>&1 || {
    echo "failed: $1 $2" >&2
    cat "$log" >&2
    exit 1
  }
}

alternative_names() {
  printf 'DNS:%s' "$1"
  shift
  for name in "$@"; do printf ',DNS:%s' "$name"; done
}

# key FILE ALGORITHM: a private key, unless it is there.
key() {
  [ ! -s "$1" ] || return 0
  # shellcheck disable=SC2086
  quietly openssl genpkey -algorithm $2 -out "$1.new"
  mv "$1.new" "$1"
}

# Certificates of TLS serve for a year at most; ones of the first release, with 825 days, end early.
YEAR=31622400
MONTH=2592000

# issue NAME DIRECTORY ALGORITHM HOST...: key and certificate NAME.key, NAME.crt; leaves them where they still serve. The public name
# before stays in the certificate until the next one, so that whoever still uses it is served while the change rolls.
issue() {
  name=$1 directory=$2 algorithm=$3
  shift 3
  names=$(alternative_names "$@")
  issued=$(cat "$directory/$name.issued" 2>/dev/null || true)
  if [ -s "$directory/$name.crt" ] && [ "$issued" = "$REVISION $names" ] &&
    openssl x509 -checkend "$MONTH" -noout -in "$directory/$name.crt" >>"$log" &&
    ! openssl x509 -checkend "$((YEAR + 86400))" -noout -in "$directory/$name.crt" >>"$log"; then
    return 0
  fi
  key "$directory/$name.key" "$algorithm"
  # What the first release issued for TLS is the certificate that signs today.
  [ "$directory/$name" != "$authority/node-tls" ] || issued=${issued:-$(cat "$authority/server.issued" 2>/dev/null || true)}
  before=$(echo "$issued" | sed -n 's/^[0-9]* DNS:\([^,]*\).*/\1/p')
  san=$names
  [ -z "$before" ] || [ "$before" = "$1" ] || san=$names,DNS:$before
  quietly openssl req -new -key "$directory/$name.key" -subj "/CN=$1" -out /tmp/request.pem
  printf 'subjectAltName=%s\nbasicConstraints=CA:FALSE\nkeyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth,clientAuth\n' \
    "$san" >/tmp/extensions
  quietly openssl x509 -req -in /tmp/request.pem -CA "$authority/ca.crt" -CAkey "$authority/ca.key" \
    -days "$((YEAR / 86400))" -sha256 -extfile /tmp/extensions -out "$directory/$name.crt.new"
  mv "$directory/$name.crt.new" "$directory/$name.crt"
  printf '%s' "$REVISION $names" >"$directory/$name.issued"
}

# lasting NAME SUBJECT: key and certificate of its own in the authority's folder, for 20 years, once.
lasting() {
  [ ! -s "$authority/$1.crt" ] || return 0
  key "$authority/$1.key" "$RSA"
  quietly openssl req -new -key "$authority/$1.key" -subj "/O=wso2-is-active-active/CN=$2" -out /tmp/request.pem
  printf 'basicConstraints=CA:FALSE\nkeyUsage=digitalSignature,keyEncipherment,dataEncipherment\n' >/tmp/extensions
  quietly openssl x509 -req -in /tmp/request.pem -signkey "$authority/$1.key" \
    -days 7300 -sha256 -extfile /tmp/extensions -out "$authority/$1.crt.new"
  mv "$authority/$1.crt.new" "$authority/$1.crt"
}

# Number 1 has the files of the first release, whose only certificate it is.
signing_name() {
  if [ "$1" = 1 ]; then echo server; else echo "signing-$1"; fi
}

signing_alias() {
  if [ "$1" = 1 ]; then echo wso2carbon; else echo "wso2carbon-$1"; fi
}

refuse() {
  echo "$1" >&2
  exit 1
}

# A token must verify at every node at every moment, so a key is published before it signs, and signs no more before it goes.
require_step() {
  installed=$(cat "$stores/signing-keys" 2>/dev/null) || installed=
  # The first release had this one, and no list.
  [ "$installed" ] || [ ! -s "$stores/$KEYSTORE" ] || installed=1
  [ "$installed" ] || return 0
  case " $installed " in
    *" ${SIGNING_KEYS%% *} "*) ;;
    *) refuse "key ${SIGNING_KEYS%% *} cannot sign before the nodes publish it: put it behind the others in identity_server.signing_keys first" ;;
  esac
  case " $SIGNING_KEYS " in
    *" ${installed%% *} "*) ;;
    *) refuse "key ${installed%% *} still signs and cannot go: put another one before it in identity_server.signing_keys first" ;;
  esac
}

# The load balancer's certificate, chain and key as somebody else has issued them, unless they cannot serve.
take_supplied() {
  chain=$balancer/LOAD_BALANCER_CERTIFICATE key=$balancer/LOAD_BALANCER_PRIVATE_KEY
  for file in "$chain" "$key"; do
    [ -s "$file" ] || refuse "load_balancer.certificate is \"supplied\", and there is no ${file##*/}; supply it with: \
make import-secret ENVIRONMENT=$ENVIRONMENT NAME=${file##*/} < file.pem"
  done
  again="import the right one with make import-secret ENVIRONMENT=$ENVIRONMENT"
  public=$(openssl x509 -in "$chain" -noout -pubkey 2>>"$log") ||
    refuse "LOAD_BALANCER_CERTIFICATE does not begin with a certificate in PEM; $again"
  # An empty passphrase, or it would ask for one.
  own=$(openssl pkey -in "$key" -passin pass: -pubout 2>>"$log") ||
    refuse "LOAD_BALANCER_PRIVATE_KEY is no private key in PEM without a passphrase; $again"
  [ "$public" = "$own" ] || refuse "LOAD_BALANCER_PRIVATE_KEY is not the key of LOAD_BALANCER_CERTIFICATE; $again"
  openssl x509 -in "$chain" -noout -checkend 0 >>"$log" ||
    refuse "LOAD_BALANCER_CERTIFICATE has ended ($(openssl x509 -in "$chain" -noout -enddate)); $again"
  openssl x509 -in "$chain" -noout -checkhost "$HOSTNAME_PUBLIC" | grep -q 'does match' ||
    refuse "LOAD_BALANCER_CERTIFICATE is not for $HOSTNAME_PUBLIC; $again"
  cp "$key" "$balancer/tls.key.new"
  cp "$chain" "$balancer/tls.crt.new"
  mv "$balancer/tls.key.new" "$balancer/tls.key"
  mv "$balancer/tls.crt.new" "$balancer/tls.crt"
}

# What was changed by hand is not worked with, and no new key is made in its place. What is not in use any more may go.
restore_all="Put the volume back from a backup: docker rm $ENVIRONMENT-keystores-job && docker volume rm\
 $ENVIRONMENT-certificate-authority && make restore ENVIRONMENT=$ENVIRONMENT < keys.tar && make up ENVIRONMENT=$ENVIRONMENT"
in_use='ca|internal|node-tls'
for number in $SIGNING_KEYS; do in_use="$in_use|$(signing_name "$number")"; done
for file in $(changed_in "$authority" | grep -xE "($in_use)\.(key|crt)"); do
  case $file in
    # With another key goes its certificate; either is made again below.
    node-tls.*) rm -f "$authority/$file" "$authority/node-tls.crt" ;;
    *)
      not_to_be_made_again certificate-authority "$file" "$restore_all"
      lost=true
      ;;
  esac
done
for file in $(changed_in "$balancer"); do
  case ${CERTIFICATE:-issued}/$file in
    issued/"$HOSTNAME_PUBLIC".*) rm -f "$balancer/$file" "$balancer/$HOSTNAME_PUBLIC.crt" ;;
    supplied/LOAD_BALANCER_*)
      copy=tls.key
      [ "$file" = LOAD_BALANCER_PRIVATE_KEY ] || copy=tls.crt
      take_from "$balancer/$copy" "$balancer" "$file" || {
        not_to_be_made_again load-balancer-certificates "$file" "Supply it again: make import-secret ENVIRONMENT=$ENVIRONMENT NAME=$file < file.pem"
        lost=true
      }
      ;;
  esac
done
[ -z "${lost:-}" ] || exit 1

# The whole volume was lost, as by a prune: with other keys the load balancer would not know the nodes that run.
if [ ! -s "$authority/ca.crt" ] && [ -s "$stores/$KEYSTORE" ]; then
  refuse "the volume $ENVIRONMENT-certificate-authority is empty, and what runs was made with the keys that were in it; nothing was \
changed. $restore_all. Without a backup, docs/operations.md says how to begin with new keys"
fi

# shellcheck disable=SC2046
issue_authority "$HOSTNAME_PUBLIC" localhost $(echo "$NODE_NAMES" | tr ',' ' ')

RSA='RSA -pkeyopt rsa_keygen_bits:3072'
require_step
for number in $SIGNING_KEYS; do
  name=$(signing_name "$number")
  [ ! -s "$authority/$name.crt" ] || [ -s "$authority/$name.key" ] ||
    refuse "signing key $number was destroyed, and its number cannot be used again: take one that is new"
  lasting "$name" "$ENVIRONMENT signing key $number"
done
# What the first release encrypted with its only key must stay readable.
if [ ! -s "$authority/internal.crt" ] && [ -s "$authority/server.issued" ]; then
  cp "$authority/server.key" "$authority/internal.key"
  cp "$authority/server.crt" "$authority/internal.crt"
fi
lasting internal "$ENVIRONMENT stored data"
# shellcheck disable=SC2046
issue node-tls "$authority" "$RSA" "$HOSTNAME_PUBLIC" localhost $(echo "$NODE_NAMES" | tr ',' ' ')
if [ "${CERTIFICATE:-issued}" = supplied ]; then
  take_supplied
  served=$balancer/tls.crt
else
  # A file a name: the one that Nginx has before it loads another name's configuration stays as its clients know it.
  issue "$HOSTNAME_PUBLIC" "$balancer" 'EC -pkeyopt ec_paramgen_curve:P-256' "$HOSTNAME_PUBLIC"
  served=$balancer/$HOSTNAME_PUBLIC.crt
fi

# All stores are built anew beside the old ones and renamed: a node that starts meanwhile finds whole stores.
rm -f "$stores"/*.new
cp "$authority/ca.crt" "$balancer/ca.crt"
cp "$authority/ca.crt" "$stores/ca.crt.new"
cp "$authority/node-tls.crt" "$stores/tls.crt.new"
printf '%s\n' "$SIGNING_KEYS" >"$stores/signing-keys.new"

# entry STORE ALIAS NAME: puts key and certificate NAME of the authority's folder into a store.
entry() {
  # A chain is published with the certificate, so only who has issued it is in it.
  chain=
  ! openssl verify -CAfile "$authority/ca.crt" "$authority/$3.crt" >>"$log" 2>&1 || chain="-certfile $authority/ca.crt"
  made=/tmp/entry-$1.p12 strength=
  # The first entry is a store by itself, and needs no keytool, which takes most of a second. It is as strong as keytool would make it.
  if [ "$STORE_TYPE" = PKCS12 ] && [ ! -e "$stores/$1.new" ]; then
    made=$stores/$1.new strength='-keypbe AES-256-CBC -certpbe AES-256-CBC -macalg sha256 -iter 10000'
  fi
  # shellcheck disable=SC2086
  quietly openssl pkcs12 -export -name "$2" -inkey "$authority/$3.key" -in "$authority/$3.crt" $chain $strength \
    -passout "file:$password" -out "$made"
  [ "$made" != "$stores/$1.new" ] || return 0
  quietly keytool -importkeystore -noprompt -srckeystore "$made" -srcstoretype PKCS12 -srcstorepass:file "$password" \
    -destkeystore "$stores/$1.new" -deststoretype "$STORE_TYPE" -deststorepass:file "$password"
  rm "$made"
}
# The server publishes every key of this store, so it holds the signing keys alone.
fill_signing() {
  for number in $SIGNING_KEYS; do entry "$KEYSTORE" "$(signing_alias "$number")" "$(signing_name "$number")"; done
}

trust() {
  quietly keytool -importcert -noprompt -alias "$1" -file "$2" \
    -keystore "$stores/$TRUSTSTORE.new" -storetype "$STORE_TYPE" -storepass:file "$password"
}
# The product's public CAs stay trusted; its own published certificate, whose private key everybody has, does not.
fill_truststore() {
  quietly keytool -importkeystore -noprompt -srckeystore "$original" -srcstoretype "$STORE_TYPE" -srcstorepass wso2carbon \
    -destkeystore "$stores/$TRUSTSTORE.new" -deststoretype "$STORE_TYPE" -deststorepass:file "$password"
  keytool -delete -alias wso2carbon -keystore "$stores/$TRUSTSTORE.new" -storetype "$STORE_TYPE" \
    -storepass:file "$password" >>"$log" 2>&1 || true
  for number in $SIGNING_KEYS; do trust "$(signing_alias "$number")" "$stores/signing-$number.crt.new"; done
  trust "$ENVIRONMENT-certificate-authority" "$authority/ca.crt"
  # Each certificate of a chain: the one after a renewal is by the same issuer, and nodes read the truststore only when they start.
  alias=$ENVIRONMENT-load-balancer
  for certificate in /tmp/chain.*; do
    trust "$alias" "$certificate"
    alias=$ENVIRONMENT-load-balancer-issuer-${certificate##*.}
  done
}

for number in $SIGNING_KEYS; do
  cp "$authority/$(signing_name "$number").crt" "$stores/signing-$number.crt.new"
done
rm -f /tmp/chain.*
awk '/BEGIN CERTIFICATE/ { n++ } n { print > ("/tmp/chain." n) }' "$served"
# Most of the time keytool starts; the stores have nothing in common, so they are filled at the same time.
fillings=
for fill in fill_truststore fill_signing "entry $TLS_KEYSTORE tls node-tls" "entry $INTERNAL_KEYSTORE wso2carbon internal"; do
  $fill &
  fillings="$fillings $!"
done
for filling in $fillings; do wait "$filling" || exit 1; done
rm -f "$stores"/signing-*.crt
for file in "$stores"/*.new; do mv "$file" "${file%.new}"; done
# By these a node knows whether the stores are whole, without opening them.
(
  cd "$stores"
  sha256sum ./*.crt signing-keys "$KEYSTORE" "$TLS_KEYSTORE" "$INTERNAL_KEYSTORE" "$TRUSTSTORE" >checksums.new
  mv checksums.new checksums
)

seal "$authority" . "\./($in_use)\.(key|crt)\$"
seal "$balancer"
# Writable for their owner: the image's entry point copies them with their mode, and copies over them at every restart.
chown -R "$SERVER_OWNER" "$stores"
chmod 0600 "$stores"/*
chmod 0700 "$stores"
# Certificates last, key before them: the load balancer reloads when it sees a new certificate.
chown -R "$LOAD_BALANCER_OWNER" "$balancer"
chmod 0400 "$balancer"/*
chmod 0500 "$balancer"

if [ "${CERTIFICATE:-issued}" = supplied ]; then cat "$served"; else cat "$authority/ca.crt"; fi
