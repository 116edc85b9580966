# Each target calls the program or a script; none holds logic of its own. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: setup build test test-all check generated bench bench-peers bench-real demo lab release release-sums package full-setup up service down health data-inventory \
	pre-destroy-check destroy backup-full storage-status help

bun := ./scripts/bun.sh
contextcore := ./dist/contextcore

setup: ## Install the tool chain (needs Node.js with npm, or Bun)
	./scripts/setup.sh

build: setup ## Compile dist/contextcore
	$(bun) run --bun build

dist/contextcore:
	$(MAKE) build

test: setup ## Format, lint, types and all tests but the longest
	$(bun) run --bun test

test-all: setup ## Format, lint, types and every test, as CI runs them
	$(bun) run --bun test --all

generated: setup ## Write anew what is made from declarations: help texts, tables in the docs, the manifest's schema
	$(bun) run --bun generated

check: setup ## Format, lint and types
	$(bun) run --bun check

bench: build ## Start-up, throughput and memory against the lab
	$(bun) run --bun bench

bench-peers: build ## Copies to S3, SQLite and Redis beside rclone, sqlite3 and redis-cli, which it installs
	$(bun) run --bun bench-peers

bench-real: build ## Exports of real servers beside what people use instead: LOKI=URL TEMPO=URL TEMPO_STORAGE=PLACE PROMETHEUS=URL
	$(bun) run --bun bench-real

demo: build ## Inventory, export, check, a destroy and the audit trail, against the lab
	$(bun) run --bun demo

lab: setup ## Start the stack's look-alike and print its URLs
	$(bun) run --bun lab

release: setup ## Every target with sums, bill of materials and licences, each built twice and compared
	$(bun) run --bun release

release-sums: setup ## Sums and bill of materials of dist/release anew, once its files were signed
	$(bun) run --bun release-sums

package: setup ## The types and helpers for plugins as an npm package, in dist/package
	$(bun) run --bun package

full-setup: build up ## Build, start the stack of compose.yaml, provision the dashboards
	$(contextcore) dashboards provision

up: ## Start the stack of compose.yaml and wait until it is healthy
	docker compose up --detach --wait

service: build ## Start the service of compose.yaml in its container
	docker compose --profile service up --detach --build contextcore

down: ## Stop the stack; its data stays
	docker compose down

health: dist/contextcore ## Does every server answer?
	$(contextcore) inventory --timeout 5s

data-inventory: dist/contextcore ## What the stack holds, and what no snapshot holds yet
	$(contextcore) inventory

pre-destroy-check: dist/contextcore ## Would a destroy lose anything?
	$(contextcore) persistence check-destroy

destroy: dist/contextcore ## Destroy the stack, after offering to save what it holds
	$(contextcore) destroy

backup-full: dist/contextcore ## Export everything, from the oldest data to now
	$(contextcore) export --all

storage-status: dist/contextcore ## Where the data and the snapshots are, and how big
	$(contextcore) persistence show

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
