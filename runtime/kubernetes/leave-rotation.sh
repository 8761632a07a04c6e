#!/bin/sh
# Runs in a node's container before it is asked to stop, whoever has asked for that: a roll, a drained machine, a person. Waits until
# another node takes traffic, tells every load balancer to send nothing more, and waits for what is under way.
#   LOAD_BALANCERS  name behind which every load balancer is
#   CONTROL_PORT    port of their status and of drain requests
#   NODE_NAME       this node's name there
#   LEAVE_CHECKS    how often load balancers are asked whether another node serves; there is one a second
#   SETTLED_CHECKS  how often in a row the answer must be yes: the names of a node that has just started may come and go
#   DRAIN_SECONDS   how long requests that are under way may take
set -eu

# Those that are about to stop are among them: they still have connections.
addresses() {
  getent ahosts "$LOAD_BALANCERS" | sed 's/ .*//; /:/s/.*/[&]/' | sort -u
}

# another_serves STATUS
another_serves() {
  case $(printf '%s' "$1" | sed "s/\"name\":\"$NODE_NAME\",\"rotation\":\"in\"//") in
    *'"rotation":"in"'*) return 0 ;;
  esac
  return 1
}

checks=0
for address in $(addresses); do
  settled=0
  # One that does not answer sends nothing.
  while status=$(curl -fsS -g --connect-timeout 1 -m 2 "http://$address:$CONTROL_PORT/status" 2>/dev/null); do
    if another_serves "$status"; then settled=$((settled + 1)); else settled=0; fi
    [ "$settled" -lt "$SETTLED_CHECKS" ] && [ "$checks" -lt "$LEAVE_CHECKS" ] || break
    checks=$((checks + 1))
    sleep 1
  done
done

told=
for address in $(addresses); do
  if curl -fsS -g -o /dev/null --connect-timeout 1 -m 2 -X POST "http://$address:$CONTROL_PORT/drain/$NODE_NAME"; then told=true; fi
done
if [ -n "$told" ]; then sleep "$DRAIN_SECONDS"; fi
