# Goes before what runs Nginx: it asks the servers of this container's resolv.conf for names, and does not read that file itself.
awk '$1 == "nameserver" { all = all " " ($2 ~ /:/ ? "[" $2 "]" : $2) }
  END { if (all == "") exit 1; print "resolver" all " valid=2s;" }' /etc/resolv.conf >/tmp/resolver.conf
