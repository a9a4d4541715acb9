#!/usr/bin/env bash
# Write the secrets of docker-compose.yml to ./secrets: random, mode 600. What is there already is never changed.
#
# The containers run as the user that owns these files, because Compose mounts a secret with the owner it has on disk.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
umask 077

random() { head -c 24 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'; }

# put NAME VALUE: whole or not at all
put() {
  if [ -s "secrets/$1" ]; then return; fi
  printf '%s' "$2" > "secrets/.$1.part"
  mv "secrets/.$1.part" "secrets/$1"
  echo "gemaakt: secrets/$1"
}

mkdir -p secrets
# This folder ignores itself, whatever the ignore file above it says.
printf '*\n' > secrets/.gitignore

put postgres_password "$(random)"
put vis_database_url "postgresql://vis_admin:$(cat secrets/postgres_password)@postgres:5432/vis"
for name in loader transformer bi public signals relay dagster superset superset_admin; do
  put "vis_${name}_password" "$(random)"
done
put vis_superset_secret_key "$(random)$(random)"
put vis_signals_secret_key "$(random)$(random)"
# Makes pseudonyms of persons. Keep it: with another one every known person would come back as a new one.
put vis_suspect_key "$(random)$(random)"
# Stands in for what your OpenID Connect provider gave you, which is used with VIS_OIDC_ISSUER alone.
put vis_oidc_client_secret "$(random)"
# Makes the keys of persons on whom there is a signal; keep it as well, or no search finds them again.
put vis_person_key "$(random)$(random)"
# Stands in for the password of your mail server, which is used with VIS_SMTP_USER alone.
put vis_smtp_password "$(random)"

if [ "$(id -u)" -eq 0 ]; then
  uid=10001 gid=10001
  chown "$uid:$gid" secrets/*
else
  uid=$(id -u) gid=$(id -g)
fi
chmod 600 secrets/*

touch .env
for pair in "CONTAINER_UID=$uid" "CONTAINER_GID=$gid"; do
  grep -q "^${pair%%=*}=" .env || echo "$pair" >> .env
done
