#!/bin/sh
# Goes before create-keystores.sh: the certificate of the environment's own authority, which people and programs trust.
#
# It holds for the names that certificates have here, and for no further authority: whoever gets hold of its key can pose as nobody
# else to those who trust it. Where a name comes that is not below those, the certificate is issued again, with the same key, the same
# subject and the names before it, so nothing that was issued becomes invalid, and who trusts an older one trusts what is issued for
# the names in that. One of an earlier release, without these bounds, stays until somebody raises the revision.
# create-keystores.sh sets the folders "authority" and "balancer".
# shellcheck disable=SC2154
set -eu

# dns_names FILE EXTENSION: those in an extension of a certificate, a line each.
dns_names() {
  openssl x509 -in "$1" -noout -ext "$2" 2>/dev/null | tr ', ' '\n\n' | sed -n 's/^DNS://p'
}

# names_in_use NAME...: these, what is permitted, and what issued certificates have beside.
names_in_use() {
  printf '%s\n' "$@"
  [ -s "$authority/ca.crt" ] || return 0
  dns_names "$authority/ca.crt" nameConstraints
  for certificate in "$authority/node-tls.crt" "$authority/server.crt" "$balancer"/*.crt; do
    # Others have issued what was supplied, and the first release's key may have a certificate of its own.
    ! openssl verify -CAfile "$authority/ca.crt" "$certificate" >/dev/null 2>&1 || dns_names "$certificate" subjectAltName
  done
}

# issue_authority NAME...: for these names; leaves the certificate where it holds for them.
issue_authority() {
  # Whoever still uses the name before is served while a change rolls, also when an older authority was restored meanwhile.
  for list in "$authority/node-tls.issued" "$balancer"/*.issued; do
    # shellcheck disable=SC2046
    [ ! -s "$list" ] || set -- "$@" $(tr ', ' '\n\n' <"$list" | sed -n 's/^DNS://p')
  done
  if [ -s "$authority/ca.crt" ]; then
    permitted=$(dns_names "$authority/ca.crt" nameConstraints)
    if [ -z "$permitted" ]; then
      issued=$(cat "$authority/node-tls.issued" 2>/dev/null || cat "$authority/server.issued" 2>/dev/null || true)
      [ "${issued%% *}" != "$REVISION" ] || return 0
    else
      outside=
      for name in "$@"; do
        above=
        for each in $permitted; do case .$name in *".$each") above=$each ;; esac; done
        [ -n "$above" ] || outside=$name
      done
      [ -n "$outside" ] || return 0
    fi
  fi
  {
    printf '%s\n' '[req]' distinguished_name=subject '[subject]' '[authority]' basicConstraints=critical,CA:TRUE,pathlen:0 \
      keyUsage=critical,keyCertSign,cRLSign extendedKeyUsage=serverAuth,clientAuth subjectKeyIdentifier=hash \
      nameConstraints=critical,@names '[names]'
    names_in_use "$@" | sort -u | sed 's/.*/permitted;DNS.&=&/'
    # Kinds of names of which none is permitted are unbounded unless they are excluded.
    printf '%s\n' 'excluded;IP.4=0.0.0.0/0.0.0.0' 'excluded;IP.6=0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0'
  } >/tmp/authority.cnf
  key "$authority/ca.key" 'EC -pkeyopt ec_paramgen_curve:P-256'
  quietly openssl req -x509 -new -config /tmp/authority.cnf -extensions authority -key "$authority/ca.key" -sha256 -days 3650 \
    -subj "/O=wso2-is-active-active/CN=$ENVIRONMENT certificate authority" -out "$authority/ca.crt.new"
  # Off the list first: one that is not as it is listed would be taken for lost.
  unseal "$authority" ca.crt
  mv "$authority/ca.crt.new" "$authority/ca.crt"
}
