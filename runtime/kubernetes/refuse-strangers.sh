# Goes before a node's entry point in a pod. Addresses of pods are not known beforehand, and a network may enforce no rules: so the server
# answers who has the load balancers' token, and itself, and gives others 403. Tomcat's first valve looks at that.
#   SECRETS       directory with a file for each secret
#   TOKEN_HEADER  header that has the token
#   LOOPBACK      regular expression of the addresses by which the server calls itself
#   POD_IP        the pod's own address
#   arguments     the entry point
set -eu

token=$(load_balancer_token "$SECRETS/KEYSTORE_PASSWORD") || exit 1
itself="$LOOPBACK|$(printf %s "$POD_IP" | sed 's/[.]/[.]/g')"

first_valve '<Valve className="org.apache.catalina.valves.rewrite.RewriteValve"/>'

# Where Tomcat looks for it, by the names of engine and host in the template. A wrong token is refused whoever has it: by that the pod's
# start sees that the server refuses at all. A path may have a line break, which "." alone does not match.
rules=$WSO2_SERVER_HOME/lib/tomcat/conf/Catalina/localhost
mkdir -p "$rules"
(
  umask 077
  cat >"$rules/rewrite.config" <<END
RewriteCond %{HTTP:$TOKEN_HEADER} !^($token)?\$
RewriteRule (?s).* - [F]
RewriteCond %{HTTP:$TOKEN_HEADER} !^$token\$
RewriteCond %{REMOTE_ADDR} !^($itself)\$
RewriteRule (?s).* - [F]
END
)

exec /bin/sh "$@"
