"""The servers that `make run` and `make test` start by themselves when none are configured."""
