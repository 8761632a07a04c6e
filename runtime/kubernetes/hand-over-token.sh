# Goes before the job that issues certificates: gives the load balancers the token, as the line that Nginx includes.
#   TOKEN_HEADER  header that has it
token=$(load_balancer_token /identity-server-secrets/KEYSTORE_PASSWORD) || exit 1
printf 'proxy_set_header %s %s;\n' "$TOKEN_HEADER" "$token" >/load-balancer-certificates/nodes.conf.new
mv /load-balancer-certificates/nodes.conf.new /load-balancer-certificates/nodes.conf
