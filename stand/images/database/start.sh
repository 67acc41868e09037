#!/bin/sh
# Makes the cluster once, then becomes the server. READINESS_DATABASE_PASSWORD is the password of the user `readiness`.
set -eu
data=/var/lib/readiness/cluster
if [ ! -f "$data/PG_VERSION" ]; then
  rm -rf "$data" "$data.new"
  (umask 077 && printf '%s' "$READINESS_DATABASE_PASSWORD" > /tmp/password)
  # Under another name until it is whole: a kill in the middle leaves nothing that looks like a cluster.
  initdb --pgdata="$data.new" --username=readiness --pwfile=/tmp/password --auth-local=trust --auth-host=scram-sha-256 \
    --encoding=UTF8 --locale=C >/dev/null
  rm -f /tmp/password
  echo "host all all all scram-sha-256" >> "$data.new/pg_hba.conf"
  mv "$data.new" "$data"
fi
# A base of a rehearsal: what a power cut takes is taken from the backup again.
exec postgres -D "$data" -c listen_addresses='*' -c unix_socket_directories=/tmp -c synchronous_commit=off -c max_wal_size=2GB
