#!/bin/sh
# Runs once, when the database is made: a role that owns the tables and one for everyday work.
set -eu
psql --set ON_ERROR_STOP=1 --username postgres \
  --set owner_password="$POSTGRES_OWNER_PASSWORD" --set app_password="$POSTGRES_APP_PASSWORD" <<'SQL'
CREATE ROLE catalog_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE catalog LOGIN PASSWORD :'app_password';
CREATE DATABASE catalog OWNER catalog_owner;
SQL
