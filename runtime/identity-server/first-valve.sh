# Goes before what has the server refuse strangers.

# first_valve VALVE: has Tomcat ask this valve first, where deployment.toml can put none. The product authenticates, and forwards what is
# below /t/ and /o/, before it asks those that deployment.toml adds. Where there is no place for it, nothing is started.
first_valve() {
  template=$WSO2_SERVER_HOME/repository/resources/conf/templates/repository/conf/tomcat/catalina-server.xml.j2
  grep -qsF "$1" "$template" || sed -i ":more
/<Host [^>]*\$/{
N
b more
}
s#<Host [^>]*>#&\\
                $1#" "$template" || true
  if ! grep -qsF "$1" "$template"; then
    echo "the server is not started: $template has no <Host ...> to begin with a valve that refuses strangers; use an image of this distribution" >&2
    exit 1
  fi
}
