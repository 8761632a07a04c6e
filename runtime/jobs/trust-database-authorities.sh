#!/bin/sh
# Goes before create-keystores.sh where the database server has a certificate of its own authority: puts that authority into a copy
# of the image's truststore, which the other script starts from. The drivers verify with the truststore of the server.
#   TRUSTSTORE, STORE_TYPE  file name and PKCS12 or JKS
set -eu

copy=$(mktemp -d)
mkdir -p "$copy/repository/resources/security"
cp "$WSO2_SERVER_HOME/repository/resources/security/$TRUSTSTORE" "$copy/repository/resources/security/"
for authority in /database-authorities/*.pem; do
  said=$(keytool -importcert -noprompt -alias "database-authority-$(basename "$authority" .pem)" -file "$authority" \
    -keystore "$copy/repository/resources/security/$TRUSTSTORE" -storetype "$STORE_TYPE" -storepass wso2carbon 2>&1) || {
    echo "the truststore does not take the database server's authority $authority: $said" >&2
    exit 1
  }
done
WSO2_SERVER_HOME=$copy
