# Goes before a node's entry point in a pod. Addresses of pods are not known beforehand, and a network may enforce no rules: so the server
# answers who has the load balancers' token, and itself, and gives others 403. Tomcat's first valve looks at that, where deployment.toml
# can put none; the product authenticates before it asks those that deployment.toml adds.
#   SECRETS       directory with a file for each secret
#   TOKEN_HEADER  header that has the token
#   POD_IP        the pod's own address
#   arguments     the entry point
set -eu

token=$(load_balancer_token "$SECRETS/KEYSTORE_PASSWORD") || exit 1
itself="127[.][0-9]+[.][0-9]+[.][0-9]+|::1|0:0:0:0:0:0:0:1|$(printf %s "$POD_IP" | sed 's/[.]/[.]/g')"

template=$WSO2_SERVER_HOME/repository/resources/conf/templates/repository/conf/tomcat/catalina-server.xml.j2
valve='<Valve className="org.apache.catalina.valves.rewrite.RewriteValve"/>'
grep -qsF "$valve" "$template" || sed -i ":more
/<Host [^>]*\$/{
N
b more
}
s#<Host [^>]*>#&\\
                $valve#" "$template" || true
if ! grep -qsF "$valve" "$template"; then
  echo "the server is not started: $template has no <Host ...> to begin with a valve that refuses strangers; use an image of this distribution" >&2
  exit 1
fi

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
