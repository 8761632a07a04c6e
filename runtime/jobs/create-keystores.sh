#!/bin/sh
# Creates the environment's certificate authority, the keystore and truststore that all nodes share, and the load balancer's
# certificate. Private keys that exist are kept: tokens signed before stay valid. Certificates are issued again when their
# names or the revision have changed, or they end within 30 days. Prints the CA certificate and nothing else.
#   ENVIRONMENT           name of the environment, for the CA's subject
#   HOSTNAME_PUBLIC       the load balancer's name
#   NODE_NAMES            comma-separated host names of the nodes
#   REVISION              number that a person raises to have the certificates issued again
#   KEYSTORE, TRUSTSTORE  file names, such as wso2carbon.p12 and client-truststore.p12
#   STORE_TYPE            PKCS12 or JKS
#   SERVER_OWNER, LOAD_BALANCER_OWNER  uid:gid of the readers
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
issue tls "$balancer" "$HOSTNAME_PUBLIC" "$(alternative_names "$HOSTNAME_PUBLIC")" 'EC -pkeyopt ec_paramgen_curve:P-256'
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
trust "$ENVIRONMENT-load-balancer" "$balancer/tls.crt"
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

cat "$authority/ca.crt"
