"""The local cloud: what stands in for AWS on this machine, for rehearsals, CI and `make deploy-local`."""
