# A systemd --user of its own, in namespaces of its own, and one command beside it.
# sh user_manager.sh FOLDER COMMAND…   (as root; started by test_notices.py)
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system
umount -l /sys/fs/cgroup || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup
export HOME="$1/home" XDG_RUNTIME_DIR="$1/run"
mkdir -p -m 700 "$HOME" "$XDG_RUNTIME_DIR"
shift
/usr/lib/systemd/systemd --user --log-target=console --log-level=warning &
tries=0
until systemctl --user list-units >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || exit 99
    sleep 0.1
done
"$@"
