#!/bin/sh
# Runs once, when the database is made: a role that owns the tables and one for everyday work.
# psql reads the passwords from the environment: on its command line they would be in every list of processes.
set -eu
psql --set ON_ERROR_STOP=1 --no-psqlrc --username postgres <<'SQL'
\getenv owner_password POSTGRES_OWNER_PASSWORD
\getenv app_password POSTGRES_APP_PASSWORD
CREATE ROLE catalog_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE catalog LOGIN PASSWORD :'app_password';
ALTER ROLE catalog SET log_min_error_statement = 'panic';
ALTER ROLE catalog SET log_error_verbosity = 'terse';
CREATE DATABASE catalog OWNER catalog_owner;
REVOKE ALL ON DATABASE catalog FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE catalog TO catalog;
SQL
