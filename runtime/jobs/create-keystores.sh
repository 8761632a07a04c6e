#!/bin/sh
# Creates the environment's certificate authority, the keystore and truststore that all nodes share, and the load balancer's
# certificate. Private keys that exist are kept: tokens signed before stay valid. Certificates are issued again when their
# names or the revision have changed, or they end within 30 days. Prints what clients of the load balancer trust (the CA
# certificate, or the supplied chain) and nothing else.
#   ENVIRONMENT           name of the environment, for the CA's subject
#   HOSTNAME_PUBLIC       the load balancer's name
#   NODE_NAMES            comma-separated host names of the nodes
#   REVISION              number that a person raises to have the certificates issued again
#   KEYSTORE, TRUSTSTORE  file names, such as wso2carbon.p12 and client-truststore.p12
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

# issue NAME DIRECTORY CN SAN ALGORITHM: key and certificate NAME.key, NAME.crt; leaves them where they still serve.
issue() {
  name=$1 directory=$2 cn=$3 san=$4 algorithm=$5
  if [ -s "$directory/$name.crt" ] && [ "$(cat "$directory/$name.issued" 2>/dev/null)" = "$REVISION $san" ] &&
    openssl x509 -checkend 2592000 -noout -in "$directory/$name.crt" >>"$log"; then
    return 0
  fi
  if [ ! -s "$directory/$name.key" ]; then
    # shellcheck disable=SC2086
    quietly openssl genpkey -algorithm $algorithm -out "$directory/$name.key.new"
    mv "$directory/$name.key.new" "$directory/$name.key"
  fi
  quietly openssl req -new -key "$directory/$name.key" -subj "/CN=$cn" -out /tmp/request.pem
  printf 'subjectAltName=%s\nbasicConstraints=CA:FALSE\nkeyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth,clientAuth\n' \
    "$san" >/tmp/extensions
  quietly openssl x509 -req -in /tmp/request.pem -CA "$authority/ca.crt" -CAkey "$authority/ca.key" \
    -days 825 -sha256 -extfile /tmp/extensions -out "$directory/$name.crt.new"
  mv "$directory/$name.crt.new" "$directory/$name.crt"
  printf '%s' "$REVISION $san" >"$directory/$name.issued"
}

refuse() {
  echo "$1" >&2
  exit 1
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
  echo supplied >"$balancer/tls.issued"
}

# A supplied key is not used for a certificate of our own.
issue_tls() {
  [ "$(cat "$balancer/tls.issued" 2>/dev/null)" != supplied ] || rm "$balancer/tls.key" "$balancer/tls.issued"
  issue tls "$balancer" "$HOSTNAME_PUBLIC" "$(alternative_names "$HOSTNAME_PUBLIC")" \
    'EC -pkeyopt ec_paramgen_curve:P-256'
}

if [ ! -s "$authority/ca.crt" ]; then
  quietly openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$authority/ca.key"
  quietly openssl req -x509 -new -key "$authority/ca.key" -sha256 -days 3650 \
    -subj "/O=wso2-is-active-active/CN=$ENVIRONMENT certificate authority" \
    -addext 'keyUsage=critical,keyCertSign,cRLSign' -out "$authority/ca.crt.new"
  mv "$authority/ca.crt.new" "$authority/ca.crt"
fi

# shellcheck disable=SC2046
issue server "$authority" "$HOSTNAME_PUBLIC" \
  "$(alternative_names "$HOSTNAME_PUBLIC" localhost $(echo "$NODE_NAMES" | tr ',' ' '))" \
  'RSA -pkeyopt rsa_keygen_bits:3072'
if [ "${CERTIFICATE:-issued}" = supplied ]; then take_supplied; else issue_tls; fi
cp "$authority/ca.crt" "$balancer/ca.crt"
cp "$authority/ca.crt" "$stores/ca.crt"

# Both stores are built anew beside the old ones and renamed: a node that starts meanwhile finds a whole store.
rm -f "$stores"/*.new
quietly openssl pkcs12 -export -name wso2carbon -inkey "$authority/server.key" -in "$authority/server.crt" \
  -certfile "$authority/ca.crt" -passout "file:$password" -out /tmp/keystore.p12
quietly keytool -importkeystore -noprompt -srckeystore /tmp/keystore.p12 -srcstoretype PKCS12 -srcstorepass:file "$password" \
  -destkeystore "$stores/$KEYSTORE.new" -deststoretype "$STORE_TYPE" -deststorepass:file "$password"
rm /tmp/keystore.p12

# The product's public CAs stay trusted; its own published certificate, whose private key everybody has, does not.
quietly keytool -importkeystore -noprompt -srckeystore "$original" -srcstoretype "$STORE_TYPE" -srcstorepass wso2carbon \
  -destkeystore "$stores/$TRUSTSTORE.new" -deststoretype "$STORE_TYPE" -deststorepass:file "$password"
keytool -delete -alias wso2carbon -keystore "$stores/$TRUSTSTORE.new" -storetype "$STORE_TYPE" \
  -storepass:file "$password" >>"$log" 2>&1 || true
trust() {
  quietly keytool -importcert -noprompt -alias "$1" -file "$2" \
    -keystore "$stores/$TRUSTSTORE.new" -storetype "$STORE_TYPE" -storepass:file "$password"
}
trust wso2carbon "$authority/server.crt"
trust "$ENVIRONMENT-certificate-authority" "$authority/ca.crt"
# Each certificate of a chain: the one after a renewal is by the same issuer, and nodes read the truststore only when they start.
rm -f /tmp/chain.*
awk '/BEGIN CERTIFICATE/ { n++ } n { print > ("/tmp/chain." n) }' "$balancer/tls.crt"
alias=$ENVIRONMENT-load-balancer
for certificate in /tmp/chain.*; do
  trust "$alias" "$certificate"
  alias=$ENVIRONMENT-load-balancer-issuer-${certificate##*.}
done
mv "$stores/$KEYSTORE.new" "$stores/$KEYSTORE"
mv "$stores/$TRUSTSTORE.new" "$stores/$TRUSTSTORE"
# By these a node knows whether the stores are whole, without opening them.
(cd "$stores" && sha256sum ca.crt "$KEYSTORE" "$TRUSTSTORE" >checksums.new && mv checksums.new checksums)

# Writable for their owner: the image's entry point copies them with their mode, and copies over them at every restart.
chown -R "$SERVER_OWNER" "$stores"
chmod 0600 "$stores"/*
chmod 0700 "$stores"
# Certificates last, key before them: the load balancer reloads when it sees a new certificate.
chown -R "$LOAD_BALANCER_OWNER" "$balancer"
chmod 0400 "$balancer"/*
chmod 0500 "$balancer"

if [ "${CERTIFICATE:-issued}" = supplied ]; then cat "$balancer/tls.crt"; else cat "$authority/ca.crt"; fi
