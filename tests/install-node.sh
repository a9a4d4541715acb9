#!/usr/bin/env bash
# The tests of signing in run a real OpenID provider, those of the pages the rules of axe: both come from npm.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/node"
if ! command -v npm >/dev/null; then
  command -v apt-get >/dev/null || { echo "Installeer Node.js 20 of nieuwer: de tests van het aanmelden hebben 'node' en 'npm' nodig."; exit 1; }
  sudo=""
  [ "$(id -u)" -eq 0 ] || sudo="sudo"
  echo "Node.js installeren (pakket van Debian) ..."
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null
fi
# Once per lock file: this stands before every test run.
cmp -s package-lock.json node_modules/.installed-from && exit 0
echo "Node-pakketten voor de tests installeren ..."
npm ci --ignore-scripts --no-audit --no-fund --silent
cp package-lock.json node_modules/.installed-from
