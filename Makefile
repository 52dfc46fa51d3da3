# make demo: set up, build, train FM-16 with and without nowcasting, write a report.  make test: set up, build, run all tests.
.PHONY: demo test build bench clean setup

PACKAGES = libopenblas-dev libffi-dev libzip-dev zlib1g-dev pkg-config dataset-fashion-mnist
NINO = .build/release/nino
# A checkpoint of NiNo (safetensors or .pt); without one the line fit is used.
NINO_CHECKPOINT ?=
DEMO_OUT ?= runs/demo
DEMO_STEPS ?= 10000

demo: build
	@mkdir -p $(DEMO_OUT)
	@if [ -n "$(NINO_CHECKPOINT)" ]; then \
	  echo "Nowcasting with $(NINO_CHECKPOINT)."; \
	else \
	  echo "No checkpoint ships with this version, so the demo nowcasts with the line fit."; \
	  echo "For NiNo itself: make demo NINO_CHECKPOINT=path/to/nino.pt"; \
	fi
	$(NINO) compare --task fm-16 --nowcasters none,$(or $(NINO_CHECKPOINT),linefit) --seeds 1000 --steps $(DEMO_STEPS) --report $(DEMO_OUT)

test: build
	OPENBLAS_NUM_THREADS=1 swift test -c release --disable-xctest

build: setup
	swift build -c release

bench: build
	$(NINO) bench

# Installs what is missing, and nothing when all is there.
setup:
	@command -v swift >/dev/null || { echo "nino needs a Swift 6.3 toolchain: https://www.swift.org/install/linux" >&2; exit 1; }
	@missing=""; for p in $(PACKAGES); do dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then \
	  echo "installing$$missing"; \
	  sudo=""; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  $$sudo apt-get update -q && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q $$missing; \
	fi

clean:
	rm -rf .build runs
