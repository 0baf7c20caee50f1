# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# A throw-away virtual machine with a real ALSA sequencer for the end-to-end tests; sourced
# by them (bash), before anything else.
#
#   rig_vm "$@"     starts the script again inside the machine, and ends with its status
#
# The machine is Debian's kernel under qemu's emulator.  It sees this machine's files, at the
# same paths; what it writes goes to its memory and away with it.  The kernel is fetched with
# `apt-get download` and unpacked, never installed; once, into $MG_VM_CACHE (default
# ~/.cache/musicguru-vm).  Its clock counts emulated instructions (-icount) and leaps over
# idle time (sleep=off): what is measured by it does not depend on how busy this machine is,
# and waiting costs nothing.
#
# Exit status 77 where qemu, busybox or the kernel is not to be had.  RIG_VM_INSIDE=1 runs
# the script on this machine's own sequencer.

rig_vm_cache=${MG_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/musicguru-vm}
rig_vm_limit=${MG_VM_LIMIT:-300} # seconds until the machine is switched off

rig_vm_skip() {
    echo "$*"
    exit 77
}

# The folders whose modules are taken along, with all that they need themselves.
rig_vm_folders='drivers/virtio net/9p fs/9p fs/netfs fs/fscache fs/overlayfs sound/core
    sound/soundcore.ko'

# The guest's first program.  The script's output goes to the second serial line.
rig_vm_init() {
    cat <<'INIT'
#!/bin/busybox sh
B=/bin/busybox
$B mount -t proc proc /proc
$B mount -t sysfs sys /sys
$B mount -t devtmpfs dev /dev
$B depmod
$B modprobe -a virtio_pci 9pnet_virtio 9p overlay snd-seq snd-seq-dummy snd-hrtimer
$B mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=262144 host /host
$B mount -t tmpfs tmpfs /memory
$B mkdir /memory/upper /memory/work
$B mount -t overlay -o lowerdir=/host,upperdir=/memory/upper,workdir=/memory/work root /root
for folder in proc sys dev; do $B mount --move /$folder /root/$folder; done
$B mount -t tmpfs tmpfs /root/run
$B mkdir -p /root/dev/shm
$B mount -t tmpfs tmpfs /root/dev/shm
$B ln -s /proc/self/fd /root/dev/fd
$B stty -F /root/dev/ttyS1 raw
eval "$($B tr ' ' '\n' </root/proc/cmdline | $B grep '^rig_vm_command=')"
$B chroot /root /bin/bash -c "$($B echo "$rig_vm_command" | $B base64 -d)" \
    >/root/dev/ttyS1 2>&1 </root/dev/null
echo "rig_vm: status $?" >/root/dev/ttyS1
$B poweroff -f
INIT
}

# Fetches the kernel and packs what the machine boots from: $1/vmlinuz and $1/initrd.
rig_vm_build() { # FOLDER
    local package version folder into=$1 kernel=$1/kernel root=$1/root
    package=$(apt-cache depends linux-image-amd64 2>/dev/null |
        sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
    [ -n "$package" ] || return 1
    mkdir -p "$kernel" "$root"/{bin,proc,sys,dev,host,memory,root} || return 1
    (cd "$into" && apt-get -q -o APT::Sandbox::User=root download "$package" >&2) || return 1
    dpkg-deb --fsys-tarfile "$into/$package"_*.deb |
        tar -C "$kernel" -x ./boot ./lib/modules || return 1
    version=$(ls "$kernel/lib/modules")
    for folder in $rig_vm_folders; do
        (cd "$kernel" && cp -r --parents "lib/modules/$version/kernel/$folder" "$root") ||
            return 1
    done
    cp "$kernel"/lib/modules/"$version"/modules.{builtin,order} \
        "$root/lib/modules/$version" || return 1
    cp "$(command -v busybox)" "$root/bin/busybox" || return 1
    rig_vm_init >"$root/init" && chmod +x "$root/init" || return 1
    (cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null) >"$into/initrd" || return 1
    mv "$kernel/boot/vmlinuz-$version" "$into/vmlinuz" || return 1
    rm -rf "$kernel" "$root" "$into/$package"_*.deb
}

rig_vm_prepare() {
    local tool new
    [ -s "$rig_vm_cache/initrd" ] && return 0
    for tool in qemu-system-x86_64 busybox apt-get dpkg-deb; do
        command -v $tool >/dev/null || rig_vm_skip "no virtual machine: $tool is missing"
    done
    mkdir -p "$(dirname "$rig_vm_cache")"
    new=$(mktemp -d "$rig_vm_cache.XXXXXX") || exit 1
    if ! rig_vm_build "$new" || ! mv -T "$new" "$rig_vm_cache"; then
        rm -rf "$new"
        rig_vm_skip "no virtual machine: Debian's kernel cannot be fetched"
    fi
}

# What the guest is to run: this script, where it is, with the same arguments.
rig_vm_command() { # ARGUMENT...
    local name
    for name in BUILD MG_SOAK; do
        [ -z "${!name:-}" ] || printf 'export %s=%q; ' "$name" "${!name}"
    done
    printf 'export RIG_VM_INSIDE=1 HOME=/root LANG=C.UTF-8 PATH=%q; cd %q; exec bash' \
        "$PATH" "$PWD"
    printf ' %q' "$0" "$@"
}

rig_vm() { # ARGUMENT...: of the script
    [ -z "${RIG_VM_INSIDE:-}" ] || return 0
    local command said status
    rig_vm_prepare
    command=$(rig_vm_command "$@" | base64 -w 0)
    said=$(mktemp) || exit 1
    timeout -k 5 "$rig_vm_limit" qemu-system-x86_64 \
        -machine q35,accel=tcg -cpu max -icount shift=0,sleep=off -m 1024 \
        -nodefaults -no-user-config -display none -no-reboot \
        -kernel "$rig_vm_cache/vmlinuz" -initrd "$rig_vm_cache/initrd" \
        -append "console=ttyS0 quiet panic=-1 mitigations=off nokaslr audit=0 apparmor=0
            cryptomgr.notests random.trust_cpu=on rig_vm_command=$command" \
        -serial "file:$said.console" -serial stdio \
        -fsdev local,id=host,path=/,security_model=none,readonly=on,multidevs=remap \
        -device virtio-9p-pci,fsdev=host,mount_tag=host </dev/null |
        tee "$said"
    status=$(sed -n 's/^rig_vm: status \([0-9]*\)$/\1/p' "$said")
    if [ -z "$status" ]; then
        echo "rig_vm: the machine did not come to its end:"
        tail -n 20 "$said.console"
        status=1
    fi
    rm -f "$said" "$said.console"
    exit "$status"
}
