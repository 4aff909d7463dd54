# SPDX-License-Identifier: GPL-2.0

enter := tests/qemu/enter.sh
export MEM CPUS LIMIT

.PHONY: setup image guest shell

setup:
	@tests/qemu/setup.sh $(RELEASE)

image: setup
	@mkdir -p build/guest
	@$(enter) tests/qemu/build.sh module >build/module.log 2>&1 || { tail -n 30 build/module.log; exit 1; }
	@$(enter) tests/qemu/build.sh programs >build/programs.log 2>&1 || { tail -n 30 build/programs.log; }
	@$(enter) tests/qemu/image.sh '$(CURDIR)/build/guest/base.cpio'

guest: image
	@tests/qemu/guest.sh '$(subst ','\'',$(RUN))' '$(ADD)'

shell: image
	@tests/qemu/guest.sh --shell '$(ADD)'
