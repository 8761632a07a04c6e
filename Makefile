# Thin wrappers: each target is one visible command. ENVIRONMENT names a file in config/ (default: sandbox).
ENVIRONMENT ?= sandbox
# Tests and generators choose their environments themselves. As it stands: make would run what looks like one of its functions.
setup up plan apply adopt status acceptance credentials import-secret rotate-secret backup restore diagram manifests network-rules down upgrade: export ENVIRONMENT := $(value ENVIRONMENT)
# Who types the old name must not reach another environment by it. A shell may have set it for itself.
ifeq ($(origin ENV),command line)
$(error ENV is called ENVIRONMENT now: make $(MAKECMDGOALS) ENVIRONMENT=$(ENV))
endif

# The folder of this file, quoted for the shell. Make takes a path with spaces for several, so it is one word while make works on it.
space := $(subst ,, )
this_file := $(abspath $(patsubst <space>%,%,$(subst $(space),<space>,$(MAKEFILE_LIST))))
folder := $(subst <space>,$(space),$(patsubst %/,%,$(dir $(subst $(space),<space>,$(this_file)))))
quoted = '$(subst ','\'',$(1))'
ROOT := $(call quoted,$(folder))
NODE := node --require $(ROOT)/typescript.cjs
# No file, as its path may have spaces.
MODULES := modules

.DEFAULT_GOAL := help
.PHONY: help setup up plan apply adopt status acceptance credentials import-secret rotate-secret backup restore diagram manifests network-rules down upgrade lock check test benchmark docs differences templates lint

# A line that begins with "#: " is a variable of the target above it.
help: ## Show this list
	@sed -n -e 's/^\([a-z-]*\):.*## /  make \1\t/p' -e 's/^#: /\t  /p' $(ROOT)/Makefile | expand -t 22
	@echo
	@echo 'ENVIRONMENT names a file in config/, such as "make up ENVIRONMENT=local"; without it, sandbox.'
	@echo 'For all commands: TERRAFORM_BINARY_NAME=tofu uses OpenTofu also where Terraform is there; DEBUG=1 shows where an unexpected error happened.'

setup: $(MODULES) ## Install what is missing: engine, Terraform or OpenTofu, providers, images
	@$(NODE) $(ROOT)/cli/setup.ts

up: $(MODULES) ## Create or update the environment and wait until a client is served
	@$(NODE) $(ROOT)/cli/up.ts

plan: $(MODULES) ## Save a plan for every stack and show what would change
#: CHECK=1  exit code 1 also where a rule of the policy is broken
#: DESTROY=1  plans to destroy the environment instead
	@$(NODE) $(ROOT)/cli/plan.ts

apply: $(MODULES) ## Apply exactly the saved plans, in order
#: PLAN=    digest of the approved plan, or its first 12 digits or more; any other plan is refused
	@$(NODE) $(ROOT)/cli/apply.ts

adopt: $(MODULES) ## Take what runs into Terraform's state, where that was lost; changes nothing that runs
	@$(NODE) $(ROOT)/cli/adopt.ts

status: $(MODULES) ## How every component is, and what a client sees; exit code 1 unless all is well
#: JSON=1   the same for programs
	@$(NODE) $(ROOT)/cli/status.ts

acceptance: $(MODULES) ## Prove as a client that the pair is active-active; exit code 1 unless every promise holds that applies
#: DRY_RUN=1  says what would be done, and sends nothing
#: CHECKS=  ids, or words of their promises, separated by commas: only those
#: FAILOVER=1  also what stops, kills and freezes nodes, one after the other, under load
#: ADMIN_USERNAME=  and ADMIN_PASSWORD in the environment: an administrator, instead of the one on the Docker host
#: ADMIN_PASSWORD=  see there; in the environment, as other users see command lines
#: ADDRESS=  where to connect, instead of where the load balancer is published
#: CA=      file with the authority of its certificate, where Node.js does not know it
#: BACK_CHANNEL=  address of this machine that the nodes reach, and a port: also back-channel log-out
#: CONSENTS=1  with the accelerator, also consents, whose rows stay
#: CLEANUP=  id of a run that was cut off elsewhere: removes what it left, checks nothing
#: YES=1    does not ask, where the environment is protected
	@$(NODE) $(ROOT)/cli/acceptance.ts

credentials: $(MODULES) ## Where the administrator's name and password are, and whether it is valid
	@$(NODE) $(ROOT)/cli/credentials.ts

import-secret: $(MODULES) ## Put a secret that somebody else chose (value on standard input) on the Docker host
#: NAME=    name of the secret, such as DATABASE_PASSWORD (required)
	@$(NODE) $(ROOT)/cli/import-secret.ts

rotate-secret: $(MODULES) ## A new password where one is in use, without an interruption
#: NAME=    DATABASE_PASSWORD or ADMIN_PASSWORD (required); generated, unless standard input has a value
	@$(NODE) $(ROOT)/cli/rotate-secret.ts

backup: $(MODULES) ## Passwords, keys and certificates as a tar archive on standard output
	@$(NODE) $(ROOT)/cli/backup.ts

restore: $(MODULES) ## Fill what is missing of them from such an archive on standard input
	@$(NODE) $(ROOT)/cli/restore.ts

diagram: $(MODULES) ## The environment as Mermaid and SVG, below build/
	@$(NODE) $(ROOT)/cli/diagram.ts

manifests: $(MODULES) ## Write an environment on Kubernetes as manifests, below build/
	@$(NODE) $(ROOT)/cli/manifests.ts

network-rules: $(MODULES) ## Print a script for the Docker host: its firewall lets nothing into the containers but what they need
	@$(NODE) $(ROOT)/cli/network-rules.ts

upgrade: $(MODULES) ## To a version with another schema: stops all nodes and says what to do before the next step
#: MIGRATED=1  the databases have the new schema: starts the new version
#: UNDO=1   before that: starts the nodes again as they were
#: FROM=    which version databases have that nobody has noted one for
	@$(NODE) $(ROOT)/cli/upgrade.ts

down: $(MODULES) ## Destroy the environment with its data; asks first
#: YES=1    does not ask
	@$(NODE) $(ROOT)/cli/down.ts

lock: $(MODULES) ## Rewrite config/terraform.lock.hcl: providers with their checksums, for several platforms
#: MIRROR=  folder or https:// address with the published packages, instead of the registry
#: PLATFORMS=  instead of Linux and macOS, such as "linux_amd64 linux_arm64"
	@$(NODE) $(ROOT)/cli/lock.ts

check: $(MODULES) ## All that needs no Docker Engine: lint, types, unit and synth tests (two to five minutes)
	@$(NODE) $(ROOT)/cli/check.ts

test: check ## That, and the end-to-end tests
	@$(NODE) $(ROOT)/__tests__/e2e/suite.ts

.PHONY: cluster
cluster: $(MODULES) ## Start a Kubernetes of three machines on this one, to try things on (Linux, root; first time 5 to 15 min)
#: KUBECONFIG=  a cluster of your own: it is used instead, none is started
	@$(NODE) $(ROOT)/cli/cluster.ts

.PHONY: cluster-images
cluster-images: export ENVIRONMENT := $(value ENVIRONMENT)
cluster-images: $(MODULES) ## Copy the images of an environment on Kubernetes into that cluster, or say how they get into another
	@$(NODE) $(ROOT)/cli/cluster-images.ts

.PHONY: cluster-down
cluster-down: $(MODULES) ## End that and remove it
	@$(NODE) $(ROOT)/cli/cluster-down.ts

.PHONY: cluster-test
cluster-test: $(MODULES) ## Prove that this cluster behaves as one: names, services, claims, machines that fail; and the commands on it (two and a half hours)
	@cd $(ROOT) && npx jest __tests__/cluster --runInBand

.PHONY: fuzz
fuzz: $(MODULES) ## Reads 10,000 mutated configurations: each is accepted or refused with a message (about 5 min)
	@cd $(ROOT) && MUTATIONS=10000 npx jest __tests__/unit/fuzzed-configurations.test.ts

.PHONY: malformed
malformed: $(MODULES) ## Sends 20,000 malformed requests through a real load balancer (about 3 min)
#: SEED=    a number, for others than the last time
	@cd $(ROOT) && MALFORMED=20000 npx jest __tests__/e2e/malformed-traffic.test.ts

.PHONY: scan
scan: $(MODULES) ## Scans nginx.conf, Dockerfiles, workflows, shell scripts, and a running load balancer's TLS (needs Python with pip)
	@$(NODE) $(ROOT)/__tests__/scanners/scan.ts

.PHONY: chaos
chaos: $(MODULES) ## Fault suite under load; writes docs/faults.md (about an hour)
#: FAULTS=  parts of names, between "|": only those faults; the other rows of the page stay
	@$(NODE) $(ROOT)/__tests__/chaos/suite.ts

.PHONY: cluster-faults
cluster-faults: $(MODULES) ## Fault suite on the cluster of "make cluster", under load; writes docs/faults.md (about an hour; Linux, root)
#: FAULTS=  parts of names, between "|": only those faults; the other rows of the page stay
#: KEEP=1   the pair stays for the next run
	@$(NODE) $(ROOT)/__tests__/chaos/cluster/suite.ts

.PHONY: mistakes
mistakes: $(MODULES) ## What operators do wrong, under load; writes docs/mistakes.md (about half an hour)
#: MISTAKES=  parts of names, between "|": only those mistakes; the others stay on the page
	@$(NODE) $(ROOT)/__tests__/mistakes/suite.ts

.PHONY: acceptance-proof
acceptance-proof: $(MODULES) ## The acceptance suite against its stand-in, with every defect that a running pair can have (about 12 min)
	@cd $(ROOT) && npx jest __tests__/acceptance --runInBand

benchmark: $(MODULES) ## Measures the commands, the load balancer and growth beside their peers; writes docs/benchmarks.md (about an hour)
#: PARTS=   commands, growth, data-path, synth, between "|": only those; the others keep their figures
#: RUNS=    rounds, instead of five
	@$(NODE) $(ROOT)/__tests__/benchmarks/suite.ts

docs: $(MODULES) ## Rewrite the generated pages, pictures and atlantis.yaml
	@cd $(ROOT) && for tool in write-schema write-configuration-reference write-constructs-reference write-distributions write-policy write-diagram write-atlantis; do \
	  $(NODE) tools/$$tool.ts || exit 1; done

differences: $(MODULES) ## List where deployment.toml differs from the accelerator's templates on purpose
	@$(NODE) $(ROOT)/tools/list-differences.ts

templates: $(MODULES) ## Rebuild the parity test's tables from a folder of the accelerator's templates
#: FROM=    the folder (required)
#: RELEASE=  release of the accelerator that they are of, such as 4.0.1 (required)
	@$(NODE) $(ROOT)/tools/flatten-templates.ts "$(RELEASE)" "$(FROM)"

lint: $(MODULES) ## Format, lint, types and the order of the floors
	@cd $(ROOT) && npx biome check && npx tsc --noEmit && npx depcruise --config dependency-cruiser.config.js .

.PHONY: $(MODULES)
$(MODULES):
	@cd $(ROOT) && if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then \
	  command -v npm >/dev/null || { echo "Node.js 20 or later with npm is needed: install it and run make again" >&2; exit 1; }; \
	  echo "npm ci --ignore-scripts --no-audit --no-fund" >&2; npm ci --ignore-scripts --no-audit --no-fund >&2; fi
