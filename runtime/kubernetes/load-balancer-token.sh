# Goes before what needs the token by which a node knows the load balancers. It is made of the password of the keystores, so it is in
# every backup, differs between environments, and never changes: load balancers and nodes are not started at the same time.

# load_balancer_token FILE: the token that belongs to the password in FILE.
load_balancer_token() {
  if [ ! -s "$1" ]; then
    echo "$1 is missing or empty, and by it a node knows the load balancers" >&2
    return 1
  fi
  printf 'load balancers %s' "$(cat "$1")" | sha256sum | cut -d ' ' -f 1
}
