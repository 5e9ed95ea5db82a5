# A `systemd --user` of a person without privileges, with a journal, in namespaces of its own.
# sh session.sh UID CHECKOUT PYTHON PACKAGES   (as root, below unshare; started by session.py)
#
# The person's home is /home/someone; the checkout is /srv/ai-code, what it needs /srv/packages:
# neither has to be readable for others where it lies. The network is a loopback of its own.
# Nothing of the machine is written.
set -eu
uid=$1
mount --make-rprivate /
mount -t tmpfs tmpfs /srv
mkdir /srv/ai-code /srv/python /srv/packages
mount --bind "$2" /srv/ai-code
mount --bind "$3" /srv/python
mount --bind "$4" /srv/packages
/srv/python/bin/python3 -c '
import fcntl, socket, struct
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
fcntl.ioctl(socket.socket(), SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))'
# A Python knows where it was built to be: what hides it from others is covered.
if ! setpriv --reuid "$uid" --regid "$uid" --clear-groups test -x "$3/bin/python3"; then
    hidden=/$(printf %s "$3" | cut -d/ -f2)
    mount -t tmpfs tmpfs "$hidden" -o mode=755
    mkdir -p "$3"
    mount --bind /srv/python "$3"
fi
mount -t tmpfs tmpfs /home
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp -o mode=1777
mount -t tmpfs tmpfs /var/log
mkdir -p /run/systemd/system /run/systemd/journal /run/user/"$uid" /var/log/journal /home/someone
chmod 700 /run/user/"$uid" /home/someone
chown "$uid:$uid" /run/user/"$uid" /home/someone
printf 'root:x:0:0::/root:/bin/sh\nsomeone:x:%s:%s::/home/someone:/bin/sh\n' "$uid" "$uid" >/run/passwd
printf 'root:x:0:\nsomeone:x:%s:\n' "$uid" >/run/group
mount --bind /run/passwd /etc/passwd
mount --bind /run/group /etc/group
[ -s /etc/machine-id ] || {
    echo 0123456789abcdef0123456789abcdef >/run/machine-id
    touch /etc/machine-id 2>/dev/null || :
    mount --bind /run/machine-id /etc/machine-id
}
umount -l /sys/fs/cgroup || :
mount -t cgroup2 cgroup2 /sys/fs/cgroup
# Where journald looks for the unit's and the person's name.
group=/sys/fs/cgroup/user.slice/user-$uid.slice/user@$uid.service
mkdir -p "$group"
chown "$uid:$uid" "$group" "$group/cgroup.procs" "$group/cgroup.subtree_control" "$group/cgroup.threads"
touch /run/systemd/journal/flushed
/usr/lib/systemd/systemd-journald &
tries=0
until [ -S /run/systemd/journal/stdout ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || exit 98
    sleep 0.1
done
(
    sh -c 'echo $PPID' >"$group/cgroup.procs"
    exec setpriv --reuid "$uid" --regid "$uid" --clear-groups \
        env -i PATH=/usr/local/bin:/usr/bin:/bin HOME=/home/someone USER=someone \
        XDG_RUNTIME_DIR=/run/user/"$uid" /usr/lib/systemd/systemd --user --log-target=journal
) &
wait $!
